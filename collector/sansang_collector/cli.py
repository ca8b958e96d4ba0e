# SPDX-License-Identifier: Apache-2.0
"""`sansang`: run a collector, look after it, try it out.

Exit status: 0 all is well, 1 something is wrong, 2 wrong usage, 78 wrong settings (EX_CONFIG).
"""

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import msgspec
import typer
from rich.text import Text

import sansang_collector
from sansang_collector import doctor as doctors
from sansang_collector import (
    fleet,
    ispeed_commands,
    ledger_commands,
    maintenance_commands,
    notify_commands,
    readiness_commands,
    speed_commands,
    speed_server_commands,
)
from sansang_collector.command import (
    EXIT_CONFIG,
    EXIT_WRONG,
    Answer,
    Config,
    Json,
    Lang,
    Url,
    ask,
    group,
    load,
    refuse,
    refuse_options,
)
from sansang_collector.config import DEFAULT_PATH
from sansang_collector.language import MissingCatalogueError, Translation, mark
from sansang_collector.settings_file import InvalidFileError
from sansang_wire.language import wanted_language


def main() -> NoReturn:
    """The command `sansang`."""
    language = wanted_language(os.environ)
    application = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    application.callback(
        help=mark("Sẵn Sàng: is the Wi-Fi up, does IPv6 work, how fast is the line")
    )(_top)
    for name, command, what in (
        ("up", up, mark("run the collector with its page")),
        ("doctor", doctor, mark("look whether all that a collector needs is there")),
        ("agents", agents, mark("list the boxes that the running collector knows")),
        ("outages", ledger_commands.outages, mark("list what was not well, and what is not")),
        (
            "availability",
            ledger_commands.availability,
            mark("how much of the time each service worked"),
        ),
        (
            "readiness",
            readiness_commands.readiness,
            mark("how ready each site is for IPv6, and what to do first"),
        ),
        (
            "speed",
            speed_commands.speed,
            mark("how fast each site's line is, against its package and the plan"),
        ),
        ("demo", demo, mark("a commune to look at: this machine and simulated sites")),
    ):
        application.command(name, help=what)(command)
    application.add_typer(_sites_group(), name="sites")
    application.add_typer(ispeed_commands.group_of_commands(), name="ispeed")
    application.add_typer(notify_commands.group_of_commands(), name="notify")
    application.add_typer(maintenance_commands.group_of_commands(), name="maintenance")
    application.add_typer(speed_server_commands.group_of_commands(), name="speed-server")
    command = typer.main.get_command(application)
    # What needs the texts says when they are missing; the help is there in English.
    with contextlib.suppress(MissingCatalogueError):
        _translate_help(command, Translation(language))
    command()
    raise AssertionError("typer ends the program")


def _sites_group() -> typer.Typer:
    """`sansang sites` lists them; it has commands of its own."""
    return group(
        mark("list the sites that the running collector knows"),
        (
            (
                "import",
                sites_import,
                mark("take sites and contacts from a sheet into the registry"),
            ),
            ("template", sites_template, mark("write an empty sheet to fill in")),
        ),
        sites,
    )


def up(config: Config = DEFAULT_PATH, as_json: Json = False, lang: Lang = None) -> None:
    """Run until told to stop."""
    answer = Answer(lang, as_json=as_json)
    loaded = load(config, answer)
    # What a running collector needs takes a second to import; the other commands do without.
    from sansang_collector.app import run  # noqa: PLC0415

    try:
        sys.exit(run(loaded))
    except InvalidFileError as error:
        refuse(error, answer)
    except MissingCatalogueError as error:
        answer.fail(EXIT_WRONG, str(error), "")


def doctor(config: Config = DEFAULT_PATH, as_json: Json = False, lang: Lang = None) -> None:
    """Every check is a line; what is not well says how to mend it."""
    answer = Answer(lang, as_json=as_json)
    checks, mistakes = doctors.examine(config, answer.translate)
    well = all(check.ok for check in checks)
    if as_json:
        answer.json({"ok": well, "checks": [check._asdict() for check in checks]})
    else:
        for check in checks:
            shape, style = ("●", "green") if check.ok else ("◆", "bold red")
            word = answer.translate("ok") if check.ok else answer.translate("not ok")
            line = Text(f"{shape} {word}  ", style=style) + Text(f"{check.name}: ", style="bold")
            answer.out.print(line + Text(check.detail))
            if check.mend:
                answer.out.print(Text(f"    {answer.translate('To do:')} {check.mend}"))
    sys.exit(EXIT_CONFIG if mistakes else 0 if well else EXIT_WRONG)


def sites(
    context: typer.Context,
    config: Config = DEFAULT_PATH,
    url: Url = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Asks the collector's own API."""
    if context.invoked_subcommand:
        refuse_options(context)
        return
    answer = Answer(lang, as_json=as_json)
    found, services = ask(fleet.sites, config, url, answer)
    if as_json:
        answer.json(msgspec.to_builtins({"sites": found, "services": services}))
    elif found:
        answer.out.print(fleet.sites_table(found, services, answer.translate))
    else:
        answer.out.print(
            answer.translate("There is no site yet: add the first one to the registry.")
        )


def sites_import(  # noqa: PLR0913, PLR0917 - one parameter an option
    file: Annotated[Path, typer.Argument(metavar="FILE", help=mark("a .xlsx or .csv file"))],
    config: Config = DEFAULT_PATH,
    registry: Annotated[
        Path | None,
        typer.Option("--registry", help=mark("the registry, instead of asking the settings")),
    ] = None,
    agents: Annotated[
        bool,
        typer.Option(
            "--agents",
            help=mark("a box for each new site, with a password for the collector's own broker"),
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=mark("say what would change, and change nothing"))
    ] = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """All rows or none."""
    answer = Answer(lang, as_json=as_json)
    where = registry or load(config, answer).registry
    # Opening workbooks is for this command alone.
    from sansang_collector.sheet import importing, report  # noqa: PLC0415
    from sansang_collector.sheet.words import SheetError  # noqa: PLC0415

    try:
        done = importing.import_file(file, where, agents=agents, dry_run=dry_run)
    except SheetError as error:
        answer.fail(EXIT_WRONG, f"{file}: {error.told(answer.translate)}", "")
    except InvalidFileError as error:
        refuse(error, answer)
    written = bool(done.plan.changes) and not dry_run
    if as_json:
        answer.json(report.document(done, answer.translate, written=written))
    elif done.wrong:
        answer.fail(EXIT_WRONG, *report.mistakes(file, done, answer.translate))
    else:
        answer.out.print("\n".join(report.lines(where, done, answer.translate, written=written)))
    sys.exit(EXIT_WRONG if done.wrong else 0)


def sites_template(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=mark("where: a name in .xlsx or .csv"))
    ],
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Never over a file that is there."""
    answer = Answer(lang, as_json=as_json)
    from sansang_collector.sheet.template import write_template  # noqa: PLC0415
    from sansang_collector.sheet.words import SheetError  # noqa: PLC0415

    try:
        write_template(file)
    except SheetError as error:
        answer.fail(EXIT_WRONG, error.told(answer.translate), "")
    if as_json:
        answer.json({"file": str(file)})
    else:
        answer.out.print(
            answer.translate(
                "Written: {file}. Fill it in, then: sansang sites import {file}", file=file
            )
        )


def agents(
    config: Config = DEFAULT_PATH, url: Url = None, as_json: Json = False, lang: Lang = None
) -> None:
    """Asks the collector's own API."""
    answer = Answer(lang, as_json=as_json)
    found = ask(fleet.agents, config, url, answer)
    if as_json:
        answer.json(msgspec.to_builtins(found))
    elif found:
        answer.out.print(fleet.agents_table(found, answer.translate))
    else:
        answer.out.print(
            answer.translate("There is no box yet: add the first one to the registry.")
        )


def demo(  # noqa: PLR0913, PLR0917 - one parameter an option
    folder: Annotated[Path, typer.Option(help=mark("where it writes all that it writes"))] = Path(
        "demo-data"
    ),
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help=mark("of the page; another when it is taken"))
    ] = 8080,
    sites: Annotated[int, typer.Option(min=0, max=1000, help=mark("simulated sites"))] = 24,
    days: Annotated[
        int, typer.Option(min=0, max=365, help=mark("how much of a past they have"))
    ] = 14,
    exit_after: Annotated[
        float | None, typer.Option(min=0, help=mark("seconds after which it ends"))
    ] = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Nothing else needs to be installed."""
    answer = Answer(lang, as_json=as_json)
    # As with `up`.
    from sansang_collector.demo import Wishes, run_demo  # noqa: PLC0415

    sys.exit(run_demo(Wishes(folder, port, sites, days, exit_after), answer.language))


def _version(value: bool) -> None:
    if value:
        sys.stdout.write(f"sansang {sansang_collector.__version__}\n")
        raise typer.Exit


def _top(
    version: Annotated[
        bool,
        typer.Option("--version", help=mark("show the version"), is_eager=True, callback=_version),
    ] = False,
) -> None:
    """Options before the command."""


def _translate_help(command: Any, translate: Callable[[str], str]) -> None:
    """Texts stand in the code in English; the tree of commands has them all."""
    for each in (command, *command.params):
        if english := getattr(each, "help", None):
            each.help = translate(english)
    for inner in getattr(command, "commands", {}).values():
        _translate_help(inner, translate)
