# SPDX-License-Identifier: Apache-2.0
"""Entries of the ledger in words: what they are about, what happened, why, when."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

from sansang_collector.causes import CAUSES, CauseWords
from sansang_collector.language import Translation, mark
from sansang_collector.stages import STAGES, Stage
from sansang_collector.views import OutageView
from sansang_collector.watch.cause import Cause, stage_of

SERVICES: Mapping[str, str] = MappingProxyType(
    {
        "power": mark("Power"),
        "internet": "Internet",
        "dns": "DNS",
        "ipv6": "IPv6",
        "wifi": "Wi-Fi",
        "box": mark("Box"),
        "area": mark("Many sites"),
        "collector": mark("The centre"),
    }
)
HAPPENED: Mapping[str, str] = MappingProxyType(
    {
        "power": mark("power cut"),
        "internet": mark("no Internet"),
        "dns": mark("names not found (DNS)"),
        "ipv6": mark("no IPv6"),
        "international": mark("servers abroad not reached"),
        "loss": mark("many packets lost"),
    }
)
BLIND: Mapping[str, str] = MappingProxyType(
    {
        "broker": mark("it had no connection to the message broker"),
        "line": mark("it had no line of its own"),
        "clock": mark("its clock jumped"),
        "stopped": mark("it was not running"),
    }
)
DEFAULT_LINE = "main"


def service(view: OutageView, translate: Translation) -> str:
    """What it is about, in a word or two."""
    name = translate(SERVICES.get(view.service, view.service))
    if view.service == "wifi":
        return f"{name} “{view.subject}”"
    if view.service == "box":
        return f"{name} {view.subject}"
    if view.service in {"internet", "dns", "ipv6"} and view.subject != DEFAULT_LINE:
        return f"{name} ({view.subject})"
    return name


def happened(view: OutageView, now: int, translate: Translation) -> str:
    """What is wrong, since when and for how long, as it stands behind the name of its site."""
    times = {
        "when": translate.when(view.start, now),
        "duration": translate.duration((view.end or now) - view.start),
    }
    if view.state == "unknown":
        name = service(view, translate)
        return translate("{what} not measured since {when} ({duration})", what=name, **times)
    if view.service == "wifi":
        if stage(view) is not None:
            text = "Wi-Fi “{ssid}” lets no guest in since {when} ({duration})"
            return translate(text, ssid=view.subject, **times)
        return translate("Wi-Fi “{ssid}” off since {when} ({duration})", ssid=view.subject, **times)
    if view.service == "box":
        since = translate(
            "since {instant} ({duration})", instant=times["when"], duration=times["duration"]
        )
        return translate("offline {since}", since=since)
    return translate("{what} since {when} ({duration})", what=short(view, translate), **times)


def short(view: OutageView, translate: Translation) -> str:
    """What is wrong in two or three words."""
    if view.service == "wifi":
        failing = stage(view)
        return translate(failing.failing) if failing else translate("Wi-Fi off")
    return translate(HAPPENED.get(view.cause or "", HAPPENED.get(view.service, view.service)))


def words(view: OutageView) -> CauseWords:
    """Of its cause; what nobody knows yet has words too."""
    return CAUSES.get(cast("Cause", view.cause), CAUSES["silent"])


def stage(view: OutageView) -> Stage | None:
    """Where guests were turned away from a Wi-Fi; None when it was simply off air."""
    found = stage_of(tuple(view.clues.items())) if view.service == "wifi" else None
    return None if found is None else STAGES[found]


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."
