# SPDX-License-Identifier: Apache-2.0
"""`sansang`: run a collector, look after it, try it out.

Exit status: 0 all is well, 1 something is wrong, 2 wrong usage, 78 wrong settings (EX_CONFIG).
"""

import contextlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.text import Text

import sansang_collector
from sansang_collector import config as settings
from sansang_collector import doctor as doctors
from sansang_collector import fleet
from sansang_collector.config import DEFAULT_PATH, CollectorConfig
from sansang_collector.language import MissingCatalogueError, Translation, mark
from sansang_collector.settings_file import InvalidFileError
from sansang_wire.language import Language, wanted_language

Asked = TypeVar("Asked")
EXIT_WRONG = 1
EXIT_CONFIG = 78

Config = Annotated[Path, typer.Option("--config", help=mark("settings of the collector"))]
Url = Annotated[
    str | None, typer.Option("--url", help=mark("the collector, instead of asking the settings"))
]
Json = Annotated[bool, typer.Option("--json", help=mark("answer in JSON, for programs"))]
Lang = Annotated[Language | None, typer.Option("--lang", help=mark("Vietnamese or English"))]


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
        ("notify", notify, mark("send a trial message to everyone who would be told")),
        ("demo", demo, mark("a commune to look at: this machine and simulated sites")),
    ):
        application.command(name, help=what)(command)
    application.add_typer(_sites_group(), name="sites")
    command = typer.main.get_command(application)
    # What needs the texts says when they are missing; the help is there in English.
    with contextlib.suppress(MissingCatalogueError):
        _translate_help(command, Translation(language))
    command()
    raise AssertionError("typer ends the program")


def _sites_group() -> typer.Typer:
    """`sansang sites` lists them; it has commands of its own."""
    group = typer.Typer(context_settings={"help_option_names": ["-h", "--help"]})
    group.callback(
        invoke_without_command=True,
        help=mark("list the sites that the running collector knows"),
    )(sites)
    for name, command, what in (
        ("import", sites_import, mark("take sites and contacts from a sheet into the registry")),
        ("template", sites_template, mark("write an empty sheet to fill in")),
    ):
        group.command(name, help=what)(command)
    return group


def up(config: Config = DEFAULT_PATH, as_json: Json = False, lang: Lang = None) -> None:
    """Run until told to stop."""
    answer = _Answer(lang, as_json=as_json)
    loaded = _load(config, answer)
    # What a running collector needs takes a second to import; the other commands do without.
    from sansang_collector.app import run  # noqa: PLC0415

    try:
        sys.exit(run(loaded))
    except InvalidFileError as error:
        _refuse(error, answer)
    except MissingCatalogueError as error:
        answer.fail(EXIT_WRONG, str(error), "")


def doctor(config: Config = DEFAULT_PATH, as_json: Json = False, lang: Lang = None) -> None:
    """Every check is a line; what is not well says how to mend it."""
    answer = _Answer(lang, as_json=as_json)
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
        _refuse_options(context)
        return
    answer = _Answer(lang, as_json=as_json)
    found, services = _ask(fleet.sites, config, url, answer)
    if as_json:
        answer.json(msgspec.to_builtins({"sites": found, "services": services}))
    elif found:
        answer.out.print(fleet.sites_table(found, services, answer.translate))
    else:
        answer.out.print(
            answer.translate("There is no site yet: add the first one to the registry.")
        )


def _refuse_options(context: typer.Context) -> None:
    """An option before a command would say nothing to it, and nobody would notice."""
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if source is not None and source.name == "COMMANDLINE":
            context.fail(f"write {parameter.opts[0]} behind {context.invoked_subcommand}")


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
    answer = _Answer(lang, as_json=as_json)
    where = registry or _load(config, answer).registry
    # Opening workbooks is for this command alone.
    from sansang_collector.sheet import importing, report  # noqa: PLC0415
    from sansang_collector.sheet.words import SheetError  # noqa: PLC0415

    try:
        done = importing.import_file(file, where, agents=agents, dry_run=dry_run)
    except SheetError as error:
        answer.fail(EXIT_WRONG, f"{file}: {error.told(answer.translate)}", "")
    except InvalidFileError as error:
        _refuse(error, answer)
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
    answer = _Answer(lang, as_json=as_json)
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
    answer = _Answer(lang, as_json=as_json)
    found = _ask(fleet.agents, config, url, answer)
    if as_json:
        answer.json(msgspec.to_builtins(found))
    elif found:
        answer.out.print(fleet.agents_table(found, answer.translate))
    else:
        answer.out.print(
            answer.translate("There is no box yet: add the first one to the registry.")
        )


def _ask(ask: Callable[[str], Asked], config: Path, url: str | None, answer: "_Answer") -> Asked:
    """What the running collector answers; the program ends when it does not."""
    where = url or f"http://{_load(config, answer).web}"
    try:
        return ask(where)
    except fleet.NoAnswerError as error:
        what = answer.translate(
            "the collector at {url} does not answer: {error}", url=where, error=error
        )
        todo = answer.translate(
            "start it with `sansang up`; `sansang doctor` says what is missing."
        )
        answer.fail(EXIT_WRONG, what, todo)


def notify(config: Config = DEFAULT_PATH, as_json: Json = False, lang: Lang = None) -> None:
    """Says of each channel whether it took the message."""
    answer = _Answer(lang, as_json=as_json)
    loaded = _load(config, answer).notify
    translate = Translation(loaded.language)
    text = translate("A trial message: this is how you would be told.")
    took = [(channel.name, channel.send(text)) for channel in loaded.channels]
    if as_json:
        answer.json([{"channel": name, "ok": ok} for name, ok in took])
    elif not took:
        answer.out.print(answer.translate("Nobody is told: name an urls_file in [notify]."))
    else:
        for name, ok in took:
            shape, style = ("●", "green") if ok else ("◆", "bold red")
            word = answer.translate("sent") if ok else answer.translate("not taken")
            answer.out.print(Text(f"{shape} {word}  ", style=style) + Text(name))
    sys.exit(0 if took and all(ok for _, ok in took) else EXIT_WRONG)


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
    answer = _Answer(lang, as_json=as_json)
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


class _Answer:
    """How a command answers: in which language, in JSON or for people."""

    def __init__(self, lang: Language | None, *, as_json: bool) -> None:
        self.language: Language = lang or wanted_language(os.environ)
        self._as_json = as_json
        self.out = Console(highlight=False, soft_wrap=True, markup=False)
        try:
            self.translate = Translation(self.language)
        except MissingCatalogueError as error:
            self.fail(EXIT_WRONG, str(error), "")

    def json(self, content: Any) -> None:
        """One JSON document on standard output."""
        sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2, default=str) + "\n")

    def fail(self, status: int, what: str, todo: str, details: list[str] | None = None) -> NoReturn:
        """Says what is wrong and what to do, on standard error, and ends the program."""
        if self._as_json:
            self.json({"error": what, "details": details or [], "todo": todo})
        lines = [f"sansang: {what}", *(f"  {each}" for each in details or []), todo]
        Console(stderr=True, highlight=False, soft_wrap=True, markup=False).print(
            "\n".join(line for line in lines if line)
        )
        sys.exit(status)


def _load(path: Path, answer: _Answer) -> CollectorConfig:
    try:
        return settings.load(path)
    except InvalidFileError as error:
        _refuse(error, answer)


def _refuse(error: InvalidFileError, answer: _Answer) -> NoReturn:
    translate = answer.translate
    details = [str(mistake) for mistake in error.mistakes]
    what = translate.plural(
        "{file}: {count} mistake", "{file}: {count} mistakes", len(details), file=error.file
    )
    answer.fail(
        EXIT_CONFIG, what, translate("Mend the file, or name another with --config."), details
    )


def _translate_help(command: Any, translate: Callable[[str], str]) -> None:
    """Texts stand in the code in English; the tree of commands has them all."""
    for each in (command, *command.params):
        if english := getattr(each, "help", None):
            each.help = translate(english)
    for inner in getattr(command, "commands", {}).values():
        _translate_help(inner, translate)
