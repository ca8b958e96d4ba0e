# SPDX-License-Identifier: Apache-2.0
"""An agent's newest readings, as sentences."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sansang_collector.language import MINUTE_US, NARROW, Translation, mark
from sansang_collector.store.base import Latest
from sansang_collector.web.reasons import UNREACHABLE, in_words
from sansang_collector.web.states import Line
from sansang_wire.readings import OUTCOME_CODES

OLD_AFTER_US = 15 * MINUTE_US
"""Three rounds of an agent on a metered line."""
KINDS = ("reachability", "link", "host")
SCOPES: Mapping[str, str] = {
    "international": mark("Internet, abroad"),
    "domestic": mark("Internet, in the country"),
    "gateway": mark("Gateway"),
}
FAMILIES: Mapping[str, str] = {"ipv4": "IPv4", "ipv6": "IPv6"}
INTERFACES_SHOWN = 3
LITTLE_PCT = 10
HOT_CELSIUS = 80

Fields = Mapping[str, float | str]


class Row(NamedTuple):
    """What was measured of one thing: a cell for each address family, network port …"""

    label: str
    cells: list[Line]


class Measured(NamedTuple):
    """What an agent last measured. `internet`: whether each family reaches beyond the gateway."""

    rows: list[Row]
    internet: Mapping[str, bool]
    at: int | None
    old: bool


def measured(latest: Sequence[Latest], now: int, translate: Translation) -> Measured:
    """`latest` are the newest readings of one agent; `now` is µs since the Unix epoch."""
    at = max((each.at for each in latest), default=None)
    of_kind = {kind: [each for each in latest if each.kind == kind] for kind in KINDS}
    fresh = [each for each in of_kind["reachability"] if now - each.at <= OLD_AFTER_US]
    rows = [
        *_reachability(of_kind["reachability"], translate),
        Row(translate("Network port"), _links(of_kind["link"], translate)),
        Row(
            translate("Box"),
            [cell for each in of_kind["host"] for cell in _host(each.fields, translate)],
        ),
    ]
    old = at is not None and now - at > OLD_AFTER_US
    if old:
        rows = [Row(row.label, [cell._replace(tone="none") for cell in row.cells]) for row in rows]
    return Measured([row for row in rows if row.cells], _internet(fresh), at, old)


def _internet(reachability: Sequence[Latest]) -> dict[str, bool]:
    beyond = [each for each in reachability if each.labels.get("scope") != "gateway"]
    return {
        family: any(_outcome(each.fields) == OUTCOME_CODES["ok"] for each in asked)
        for family in FAMILIES
        if (asked := [each for each in beyond if each.labels.get("family") == family])
    }


def _reachability(latest: Sequence[Latest], translate: Translation) -> list[Row]:
    rows: list[Row] = []
    for scope, label in SCOPES.items():
        of_scope = [each for each in latest if each.labels.get("scope") == scope]
        cells = [
            _family(asked, name, translate)
            for family, name in FAMILIES.items()
            if (asked := [it.fields for it in of_scope if it.labels.get("family") == family])
        ]
        rows.append(Row(translate(label), cells))
    return rows


def _family(asked: Sequence[Fields], family: str, translate: Translation) -> Line:
    """One address family towards the targets of one scope."""
    answered = [each for each in asked if _outcome(each) == OUTCOME_CODES["ok"]]
    if not answered:
        return _unreached(asked, family, translate)
    times = [rtt for each in answered if (rtt := _number(each, "rtt_avg_ms")) is not None]
    time = f" ({translate.milliseconds(min(times))})" if times else ""
    if len(answered) < len(asked):
        text = translate(
            "{family} reaches {some} of {all} targets{time}",
            family=family,
            some=len(answered),
            all=len(asked),
            time=time,
        )
        return Line("warn", text)
    loss = max(_number(each, "loss_pct") or 0 for each in answered)
    if loss > 0:
        text = translate(
            "{family} loses {loss} of its packets{time}",
            family=family,
            loss=translate.percent(loss),
            time=time,
        )
        return Line("warn", text)
    return Line("ok", translate("{family} good{time}", family=family, time=time))


def _unreached(asked: Sequence[Fields], family: str, translate: Translation) -> Line:
    told = [each for each in asked if _outcome(each) != OUTCOME_CODES["broken"]]
    fields = (told or asked)[0]
    reason = str(fields.get("reason", ""))
    why = f": {in_words(reason, UNREACHABLE, translate)}" if reason else ""
    if told:
        return Line("bad", translate("{family} not reachable{why}", family=family, why=why))
    return Line("none", translate("{family} could not be measured{why}", family=family, why=why))


def _links(latest: Sequence[Latest], translate: Translation) -> list[Line]:
    up = [each for each in latest if each.fields.get("up")]
    lines = [_link(each, translate) for each in up[:INTERFACES_SHOWN]]
    if more := len(up) - len(lines):
        text = translate.plural("and {count} more up", "and {count} more up", more)
        lines.append(Line("ok", text))
    if down := [each.labels.get("interface", "") for each in latest if not each.fields.get("up")]:
        names = ", ".join(down[:INTERFACES_SHOWN]) + (" …" if len(down) > INTERFACES_SHOWN else "")
        text = translate("not in use: {names}", names=names)
        lines.append(Line("none" if up else "bad", text))
    return lines


def _link(latest: Latest, translate: Translation) -> Line:
    fields = latest.fields
    parts = [translate("{interface} up", interface=latest.labels.get("interface", ""))]
    if speed := _number(fields, "speed_mbps"):
        parts.append(f"{translate.number(speed)}{NARROW}Mb/s")
    received, sent = _number(fields, "rx_mbps"), _number(fields, "tx_mbps")
    if received is not None and sent is not None:
        rates = f"{translate.number(received, 1)} / {translate.number(sent, 1)}{NARROW}Mb/s"
        parts.append(translate("in / out {rates}", rates=rates))
    return Line("ok", ", ".join(parts))


def _host(fields: Fields, translate: Translation) -> list[Line]:
    parts: list[str] = []
    scarce = False
    for what, free_name, total_name in (
        (mark("memory {share} free"), "memory_available_bytes", "memory_total_bytes"),
        (mark("disk {share} free ({size})"), "disk_free_bytes", "disk_total_bytes"),
    ):
        free, total = _number(fields, free_name), _number(fields, total_name)
        if free is None or not total:
            continue
        share = 100 * free / total
        scarce = scarce or share < LITTLE_PCT
        parts.append(translate(what, share=translate.percent(share), size=translate.size(free)))
    if (heat := _number(fields, "temperature_celsius")) is not None:
        scarce = scarce or heat >= HOT_CELSIUS
        parts.append(f"{translate.number(heat)}{NARROW}°C")
    if (uptime := _number(fields, "uptime_s")) is not None:
        up = translate.duration(int(uptime * 1e6))
        parts.append(translate("running for {duration}", duration=up))
    return [Line("warn" if scarce else "ok", ", ".join(parts))] if parts else []


def _outcome(fields: Fields) -> float:
    return _number(fields, "outcome") or 0


def _number(fields: Fields, name: str) -> float | None:
    value = fields.get(name)
    return value if isinstance(value, int | float) else None
