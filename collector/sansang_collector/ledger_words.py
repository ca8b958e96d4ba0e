# SPDX-License-Identifier: Apache-2.0
"""The ledger in words: of which kind an outage is, why, and where."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import get_args

from sansang_collector.answer_sql import AnswerKind
from sansang_collector.causes import CAUSES
from sansang_collector.language import Translation, mark
from sansang_collector.views import OutageView
from sansang_collector.watch.cause import Cause

SERVICES: Mapping[str, str] = MappingProxyType(
    {
        "power": mark("Power"),
        "internet": "Internet",
        "ipv6": "IPv6",
        "dns": "DNS",
        "wifi": "Wi-Fi",
        "box": mark("Measuring box"),
        "area": mark("Many sites"),
        "collector": mark("Centre"),
    }
)
STATES: Mapping[str, str] = MappingProxyType(
    {"down": mark("down"), "degraded": mark("poor"), "unknown": mark("not known")}
)
ANSWERS: Mapping[AnswerKind, str] = MappingProxyType(
    {
        "power_out": mark("the power is out"),
        "repairing": mark("it is being repaired"),
        "closed_today": mark("closed today"),
    }
)
"""Of keepers."""
_CAUSES: Mapping[str, Cause] = {cause: cause for cause in get_args(Cause)}


def service_word(service: str, translate: Translation) -> str:
    """Of one that only another version knows, its name."""
    return translate(SERVICES[service]) if service in SERVICES else service


def kind_words(outage: OutageView, translate: Translation) -> str:
    """What was not well, and how: Wi-Fi “NVH Dong”: down."""
    what = service_word(outage.service, translate)
    if outage.service in {"wifi", "box"}:
        what += f" “{outage.subject}”"
    return f"{what}: {translate(STATES[outage.state])}"


def cause_word(cause: str | None, translate: Translation) -> str:
    """In a few words; empty when there is none."""
    known = _CAUSES.get(cause or "")
    return translate(CAUSES[known].name) if known else cause or ""


def place(outage: OutageView, translate: Translation) -> str:
    """The site's name, and whether it is simulated; of many what they share; of the centre
    nothing.
    """
    shared, _, name = outage.subject.partition(":")
    if outage.service == "area" and shared == "commune":
        return translate("commune {code}", code=name)
    if outage.service == "area":
        return translate("carrier {name}", name=name)
    return translate("{name} (simulated)", name=outage.name) if outage.simulated else outage.name


def result_words(outage: OutageView, translate: Translation) -> str:
    """What became of it, and what was noted last."""
    result = translate("still lasts") if outage.end is None else translate("is over")
    return f"{result}: {outage.comment}" if outage.comment else result


def answer_words(outage: OutageView, translate: Translation) -> str:
    """What its keeper answered last, and when; empty when that was nothing."""
    given = outage.answer
    if given is None:
        return ""
    said = f"{translate.instant(given.at)}: {translate(ANSWERS[given.answer])}"
    return f"{said} – {given.comment}" if given.comment else said
