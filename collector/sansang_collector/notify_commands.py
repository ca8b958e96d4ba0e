# SPDX-License-Identifier: Apache-2.0
"""`sansang notify`: trial messages to those who would be told."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.text import Text

from sansang_collector.command import (
    EXIT_WRONG,
    Answer,
    Config,
    Json,
    Lang,
    group,
    load,
    refuse_options,
)
from sansang_collector.config import DEFAULT_PATH, NotifyConfig
from sansang_collector.language import Translation, mark
from sansang_collector.notify.channels import Channel


def group_of_commands() -> typer.Typer:
    """`sansang notify` reaches everyone; `sansang notify test` one channel."""
    return group(
        mark("send a trial message to everyone who would be told"),
        [("test", notify_test, mark("send a trial message to one channel, or to everyone"))],
        notify,
    )


def notify(
    context: typer.Context,
    config: Config = DEFAULT_PATH,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Says of each channel whether it took the message."""
    if context.invoked_subcommand:
        refuse_options(context)
        return
    answer = Answer(lang, as_json=as_json)
    loaded = load(config, answer).notify
    _try_out(loaded.channels, loaded, answer, as_json=as_json)


def notify_test(
    channel: Annotated[
        str | None,
        typer.Argument(
            metavar="CHANNEL", help=mark("its name or its number in notify.urls; none: everyone")
        ),
    ] = None,
    config: Config = DEFAULT_PATH,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """The same, of one channel."""
    answer = Answer(lang, as_json=as_json)
    loaded = load(config, answer).notify
    chosen = loaded.channels if channel is None else _chosen(channel, loaded.channels, answer)
    _try_out(chosen, loaded, answer, as_json=as_json)


def _chosen(wanted: str, channels: Sequence[Channel], answer: Answer) -> list[Channel]:
    """The one channel of this name or number; the program ends when there is no such one."""
    found = [each for each in channels if wanted in {each.label, each.name}]
    found = found or [each for number, each in enumerate(channels, 1) if wanted == str(number)]
    if len(found) != 1:
        translate = answer.translate
        what = (
            translate("there are several channels named {name!r}: write the number", name=wanted)
            if found
            else translate("there is no channel {name!r}", name=wanted)
        )
        known = [f"{number}  {each.name}" for number, each in enumerate(channels, 1)]
        answer.fail(EXIT_WRONG, what, "", known)
    return found


def _try_out(
    channels: Sequence[Channel], loaded: NotifyConfig, answer: Answer, *, as_json: bool
) -> None:
    translate = Translation(loaded.language)
    text = translate("A trial message: this is how you would be told.")
    took = [(channel.name, channel.send(text)) for channel in channels]
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
