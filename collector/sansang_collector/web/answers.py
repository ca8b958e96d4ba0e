# SPDX-License-Identifier: Apache-2.0
"""How something answers through each address family: targets, systems, resolvers, services."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sansang_collector.language import Translation, mark
from sansang_collector.store.base import Latest
from sansang_collector.web.fields import Fields, is_broken, is_ok, number, word
from sansang_collector.web.reasons import UNREACHABLE, in_words
from sansang_collector.web.states import Line

SCOPES: Mapping[str, str] = {
    "international": mark("Internet, abroad"),
    "domestic": mark("Internet, in the country"),
    "gateway": mark("Gateway"),
}
FAMILIES: Mapping[str, str] = {"ipv4": "IPv4", "ipv6": "IPv6"}
CERTIFICATE_SOON_D = 14


class Row(NamedTuple):
    """What was measured of one thing: a cell for each address family, network port …"""

    label: str
    cells: list[Line]


def internet(reachability: Sequence[Latest]) -> dict[str, bool]:
    """Whether each family that was asked gets anywhere beyond the gateway."""
    beyond = [each for each in reachability if each.labels.get("scope") != "gateway"]
    return {
        family: any(is_ok(each.fields) for each in asked)
        for family in FAMILIES
        if (asked := _of(beyond, "family", family))
    }


def reaches(latest: Sequence[Latest], translate: Translation) -> list[Row]:
    """How far packets get, a row for each scope."""
    return [
        Row(translate(label), _families(_of(latest, "scope", scope), "rtt_avg_ms", translate))
        for scope, label in SCOPES.items()
    ]


def lookups(latest: Sequence[Latest], translate: Translation) -> list[Row]:
    """How the box's resolvers answer."""
    return [Row("DNS", _families(latest, "response_ms", translate))]


def systems(latest: Sequence[Latest], translate: Translation) -> list[Row]:
    """How good the way to each named system is."""
    names = sorted({each.labels.get("target", "") for each in latest})
    return [
        Row(name, _families(_of(latest, "target", name), "rtt_avg_ms", translate)) for name in names
    ]


def services(latest: Sequence[Latest], translate: Translation) -> list[Row]:
    """How each web service answers, and whether its certificate is about to end."""
    names = sorted({each.labels.get("service", "") for each in latest})
    rows: list[Row] = []
    for name in names:
        own = _of(latest, "service", name)
        left_d = [it for each in own if (it := number(each.fields, "certificate_left_d"))]
        cells = _families(own, "total_ms", translate)
        if left_d and min(left_d) < CERTIFICATE_SOON_D:
            days = max(0, int(min(left_d)))
            text = translate.plural(
                "certificate ends in {count} day", "certificate ends in {count} days", days
            )
            cells.append(Line("warn", text))
        rows.append(Row(translate("Web page {name}", name=name), cells))
    return rows


def _of(latest: Sequence[Latest], label: str, value: str) -> list[Latest]:
    return [each for each in latest if each.labels.get(label) == value]


def _families(latest: Sequence[Latest], time: str, translate: Translation) -> list[Line]:
    return [
        _family([each.fields for each in asked], name, time, translate)
        for family, name in FAMILIES.items()
        if (asked := _of(latest, "family", family))
    ]


def _family(asked: Sequence[Fields], family: str, time: str, translate: Translation) -> Line:
    """One address family; `time` names the value that says how long an answer took."""
    answered = [each for each in asked if is_ok(each)]
    if not answered:
        return _unanswered(asked, family, translate)
    times = [took for each in answered if (took := number(each, time)) is not None]
    shown = f" ({translate.milliseconds(min(times))})" if times else ""
    if len(answered) < len(asked):
        text = translate(
            "{family} is answered by {some} of {all}{time}",
            family=family,
            some=len(answered),
            all=len(asked),
            time=shown,
        )
        return Line("warn", text)
    loss = max(number(each, "loss_pct") or 0 for each in answered)
    if loss > 0:
        text = translate(
            "{family} loses {loss} of its packets{time}",
            family=family,
            loss=translate.percent(loss),
            time=shown,
        )
        return Line("warn", text)
    return Line("ok", translate("{family} good{time}", family=family, time=shown))


def _unanswered(asked: Sequence[Fields], family: str, translate: Translation) -> Line:
    told = [each for each in asked if not is_broken(each)]
    reason = word((told or asked)[0], "reason")
    why = f": {in_words(reason, UNREACHABLE, translate)}" if reason else ""
    if told:
        return Line("bad", translate("{family} not reachable{why}", family=family, why=why))
    return Line("none", translate("{family} could not be measured{why}", family=family, why=why))
