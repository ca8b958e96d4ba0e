# SPDX-License-Identifier: Apache-2.0
"""`sansang maintenance`: declare that a site will be worked on, and list what was declared."""

from typing import Annotated

import msgspec
import typer

from sansang_collector import asking
from sansang_collector.command import Answer, Config, Json, Lang, Url, ask, group
from sansang_collector.config import DEFAULT_PATH
from sansang_collector.language import mark
from sansang_collector.ledger_tables import maintenance_table
from sansang_collector.views import MaintenanceView


def group_of_commands() -> typer.Typer:
    """`sansang maintenance add` and `list`."""
    return group(
        mark("when sites are worked on: nobody is told then, and nothing counts"),
        (
            ("add", add, mark("declare it before it begins")),
            ("list", list_all, mark("list what was declared, from the last 30 days on")),
        ),
    )


def add(  # noqa: PLR0913, PLR0917 - one parameter an option
    site: Annotated[str, typer.Option("--site", metavar="ID", help=mark("the site's id"))],
    first: Annotated[
        str,
        typer.Option("--from", metavar="TIME", help=mark('such as "2026-11-22 08:00", there')),
    ],
    last: Annotated[str, typer.Option("--to", metavar="TIME", help=mark("likewise"))],
    note: Annotated[str, typer.Option("--note", help=mark("what is done, and by whom"))] = "",
    config: Config = DEFAULT_PATH,
    url: Url = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Times are those of the site's clock."""
    answer = Answer(lang, as_json=as_json)
    wanted = {"site": site, "from": first, "to": last, "note": note}
    made = ask(
        lambda where: asking.post(where, "maintenance", wanted, MaintenanceView, answer.language),
        config,
        url,
        answer,
    )
    if as_json:
        answer.json(msgspec.to_builtins(made))
    else:
        answer.out.print(maintenance_table([made], answer.translate))


def list_all(
    config: Config = DEFAULT_PATH, url: Url = None, as_json: Json = False, lang: Lang = None
) -> None:
    """In time order."""
    answer = Answer(lang, as_json=as_json)
    found = ask(
        lambda where: asking.get(where, "maintenance", list[MaintenanceView]), config, url, answer
    )
    if as_json:
        answer.json(msgspec.to_builtins(found))
    elif found:
        answer.out.print(maintenance_table(found, answer.translate))
    else:
        answer.out.print(answer.translate("No maintenance was declared."))
