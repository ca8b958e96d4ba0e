# SPDX-License-Identifier: Apache-2.0
"""What stands beside an outage wherever it is shown: who was told, what its keeper answers, what
was noted.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from sansang_collector.language import Translation, mark
from sansang_collector.ledger_changes import OFFICER
from sansang_collector.ledger_words import ANSWERS
from sansang_collector.views import NoteView, OutageView, SentView
from sansang_collector.web.outage_words import sentence

ROLES: Mapping[str, str] = MappingProxyType(
    {
        "officer": mark("the officer"),
        "keeper": mark("the keeper"),
        "carrier": mark("the carrier"),
        "operator": mark("the operations centre"),
    }
)
NAMED_AT_MOST = 6


class Beside(NamedTuple):
    """Of the outage with this number, sentences in the order of what they tell."""

    number: int
    lasts: bool
    said: list[str]


def beside(view: OutageView, now: int, translate: Translation) -> Beside:
    """All of it."""
    said = [*_told(view, now, translate), *_answered(view, now, translate)]
    said += [_noted(each, now, translate) for each in view.notes]
    return Beside(view.number, view.end is None, [sentence(each) for each in said])


def _told(view: OutageView, now: int, translate: Translation) -> Iterator[str]:
    for each in view.sent[:NAMED_AT_MOST]:
        yield _sent(each, now, translate)
    if more := len(view.sent[NAMED_AT_MOST:]):
        yield translate.plural("and {count} more", "and {count} more", more)


def _sent(to: SentView, now: int, translate: Translation) -> str:
    channel = to.channel or translate("a channel that is not there any more")
    role = ROLES.get(to.role or "")
    whom = channel
    if role is not None:
        whom = translate("{whom} through {channel}", whom=translate(role), channel=channel)
    if to.at is not None:
        return translate("told {whom} at {when}", whom=whom, when=translate.when(to.at, now))
    if to.state == "failing":
        return translate("could not tell {whom} yet; it is tried again", whom=whom)
    return translate("still to tell {whom}", whom=whom)


def _answered(view: OutageView, now: int, translate: Translation) -> Iterator[str]:
    if (given := view.answer) is not None:
        said = translate(
            "{name} answered at {when}: {answer}",
            name=given.name,
            when=translate.when(given.at, now),
            answer=translate(ANSWERS[given.answer]),
        )
        yield f"{said} “{given.comment}”" if given.comment else said


def _noted(note: NoteView, now: int, translate: Translation) -> str:
    values = {
        "when": translate.when(note.at, now),
        "who": translate("the officer") if note.who == OFFICER else note.who,
    }
    match note.kind:
        case "ack":
            what = translate("acknowledged at {when} ({who})", **values)
        case "snooze":
            until = translate.when(note.until or 0, now)
            what = translate("put off at {when} until {until} ({who})", until=until, **values)
        case "comment":
            what = translate("noted at {when} ({who})", **values)
    return f"{what}: {note.text}" if note.text else what
