# SPDX-License-Identifier: Apache-2.0
"""`sansang speed-server`: a measuring server of one's own, and the tokens for it."""

from pathlib import Path
from typing import Annotated

import typer

from sansang_collector.command import (
    EXIT_WRONG,
    Answer,
    Json,
    Lang,
    group,
    refuse,
    refuse_options,
)
from sansang_collector.language import mark
from sansang_collector.settings_file import InvalidFileError
from sansang_collector.speed_server import settings, tokens
from sansang_collector.speed_server.server import CanNotListenError, serve

SpeedConfigPath = Annotated[
    Path, typer.Option("--config", help=mark("settings of the measuring server"))
]


def group_of_commands() -> typer.Typer:
    """`sansang speed-server` runs it; `sansang speed-server token NAME` lets a box in."""
    return group(
        mark("run a server for speed tests"),
        [("token", token, mark("make a token with which a box may test"))],
        speed_server,
    )


def speed_server(
    context: typer.Context,
    config: SpeedConfigPath = settings.DEFAULT_PATH,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Run until told to stop."""
    if context.invoked_subcommand:
        refuse_options(context)
        return
    answer = Answer(lang, as_json=as_json)
    try:
        serve(settings.load(config))
    except InvalidFileError as error:
        refuse(error, answer)
    except CanNotListenError as error:
        answer.fail(EXIT_WRONG, str(error), "")


def token(
    name: Annotated[str, typer.Argument(metavar="NAME", help=mark("of the box"))],
    config: SpeedConfigPath = settings.DEFAULT_PATH,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """It is shown this once; a running server takes it at once."""
    answer = Answer(lang, as_json=as_json)
    try:
        made = tokens.add(settings.tokens_file(config), name)
    except InvalidFileError as error:
        refuse(error, answer)
    except tokens.TokenError as error:
        answer.fail(EXIT_WRONG, str(error), "")
    if as_json:
        answer.json({"name": name, "token": made})
    else:
        answer.out.print(made)
