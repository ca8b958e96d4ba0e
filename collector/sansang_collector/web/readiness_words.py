# SPDX-License-Identifier: Apache-2.0
"""IPv6 readiness in words: what was measured, how good that is, and the first thing to do."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from sansang_collector.language import NARROW, Translation, mark
from sansang_collector.readiness_views import ReadinessView
from sansang_collector.web.reasons import UNREACHABLE, in_words
from sansang_collector.web.states import Line, Tone
from sansang_wire.readiness.assessment import Assessment, Evidence, ReasonCode
from sansang_wire.readiness.reasons import advice, sentence
from sansang_wire.readiness.words import VERDICTS, Name

TONES: Mapping[float | None, Tone] = MappingProxyType(
    {None: "none", 0: "bad", 0.5: "warn", 1: "ok"}
)
MARKS: Mapping[float | None, str] = MappingProxyType({None: "?", 0: "✗", 0.5: "½", 1: "✓"})
UNITS = {"_ms": "ms", "_pct": "%", "_s": "s", "_bytes": mark("bytes")}
EVIDENCE: Mapping[str, str] = MappingProxyType(
    {
        "link_local_addresses": mark("addresses of the link"),
        "tentative_addresses": mark("addresses in doubt"),
        "global_addresses": mark("addresses of the Internet"),
        "deprecated_addresses": mark("addresses that ran out"),
        "sixtofour_addresses": mark("addresses of 6to4"),
        "teredo_addresses": mark("addresses of Teredo"),
        "unique_local_addresses": mark("addresses of the site alone"),
        "prefix": mark("prefix"),
        "routers": mark("routers"),
        "unlisted_routers": mark("strange routers"),
        "router_lifetime_s": mark("announced for"),
        "default_routes": mark("ways out"),
        "next_hop_state": mark("state of the router"),
        "lans_with_prefix": mark("local networks with addresses"),
        "interface": mark("network port"),
        "dns_servers": mark("name servers announced"),
        "dns_servers_answering": mark("of them, those that answer"),
        "hosts": mark("devices"),
        "ipv6_share_pct": mark("of them, those with IPv6"),
        "ipv4_only_hosts": mark("devices with IPv4 alone"),
        "resolvers": mark("name servers"),
        "ipv6_resolvers": mark("name servers over IPv6"),
        "answering": mark("of them, those that answer"),
        "with_aaaa": mark("of them, those that give AAAA"),
        "with_ipv6_authority": mark("of them, those that know it"),
        "ipv6_asked": mark("servers asked over IPv6"),
        "ipv6_answered": mark("of them, those that answered"),
        "ipv6_name_ok": mark("page opened"),
        "ipv6_name_reason": mark("reason"),
        "preferred_family": mark("first choice"),
        "used_family": mark("used"),
        "ipv6_connect_ms": mark("connecting over IPv6"),
        "ipv4_connect_ms": mark("connecting over IPv4"),
        "whole": mark("fetched whole"),
        "stalled": mark("stopped half way"),
        "targets": mark("targets"),
        "black_holes": mark("of them, those that lose large packets"),
        "largest_bytes": mark("largest packet that passes"),
        "silent_from_bytes": mark("packets vanish from"),
        "ipv6_up_pct": mark("time with IPv6"),
        "ipv4_up_slots": mark("slots of five minutes with IPv4"),
        "pref64": mark("prefix of NAT64"),
        "option_108_s": mark("IPv4 may rest for"),
    }
)
"""Of what the checks found; what has no words yet is shown by its name."""
WORDS: Mapping[str, str] = MappingProxyType(
    {
        **UNREACHABLE,
        "ipv4": "IPv4",
        "ipv6": "IPv6",
        "reachable": mark("answers"),
        "stale": mark("answered earlier"),
        "failed": mark("does not answer"),
    }
)
"""Of words among the evidence."""


class Told(NamedTuple):
    """A reason in words, and what to do about it; empty when there is nothing to do."""

    reason: ReasonCode
    what: str
    todo: str


def said(name: Name, translate: Translation) -> str:
    """In the language of the reader."""
    return name.vi if translate.language == "vi" else name.en


def evidence_words(evidence: Evidence, translate: Translation) -> str:
    """Each value with its name and unit."""
    return ", ".join(
        f"{translate(EVIDENCE.get(name, name))}: {_value(name, value, translate)}"
        for name, value in evidence.items()
    )


def _value(name: str, value: float | str, translate: Translation) -> str:
    if isinstance(value, bool):
        return translate("yes") if value else translate("no")
    if isinstance(value, str):
        return in_words(value, WORDS, translate)
    amount = figure(value, translate)
    unit = next((unit for end, unit in UNITS.items() if name.endswith(end)), "")
    return f"{amount}{NARROW}{translate(unit)}" if unit else amount


def figure(value: float, translate: Translation) -> str:
    """With a decimal if it has any."""
    return translate.number(value, 0 if value == int(value) else 1)


def told(reason: ReasonCode, evidence: Evidence, translate: Translation) -> Told:
    """One reason; its figures are written as they are in the language."""
    language = translate.language
    written: Evidence = {
        name: figure(value, translate) if isinstance(value, float) else value
        for name, value in evidence.items()
    }
    return Told(reason, sentence(reason, written, language), advice(reason, written, language))


def reasons(found: Assessment, translate: Translation) -> list[Told]:
    """Every reason once, what counts first first; one that is told of several services stands for
    each of them.
    """
    known: dict[ReasonCode, list[Evidence]] = {each.reason: [{}] for each in found.caps}
    for check in found.checks:
        if check.reason:
            known[check.reason] = [check.evidence]
    for finding in found.blockers:
        others = [each for each in known.get(finding.reason, []) if "service" in each]
        known[finding.reason] = [*others, finding.evidence]
    return [
        told(reason, evidence, translate) for reason in found.reasons for evidence in known[reason]
    ]


def first_todo(found: Assessment, translate: Translation) -> str:
    """The one thing to begin with; empty when nothing is to be done."""
    return next((each.todo for each in reasons(found, translate) if each.todo), "")


def standing(view: ReadinessView, now: int, translate: Translation) -> Line:
    """The score, and how good that is: what is not well has a reason."""
    found = view.known(now)
    if found is None:
        return Line("none", translate("not measured"))
    lacks = found.caps or any(each.reason for each in found.checks)
    tone: Tone = "bad" if found.capable is False else "warn" if lacks else "ok"
    if found.score is None:
        return Line("none" if found.capable is None else tone, translate("too little is known"))
    return Line(tone, score_words(found.score, translate))


def score_words(score: float, translate: Translation) -> str:
    """82,5 / 100."""
    return f"{figure(score, translate)}{NARROW}/{NARROW}100"


def verdict(found: Assessment, translate: Translation) -> Line:
    """Whether the site could do without IPv4."""
    tone: Tone = (
        "none" if found.ready_for_only is None else "ok" if found.ready_for_only else "warn"
    )
    return Line(tone, said(VERDICTS[found.verdict], translate))
