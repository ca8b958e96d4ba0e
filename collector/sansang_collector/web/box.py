# SPDX-License-Identifier: Apache-2.0
"""The box in words: its ports, its addresses, itself."""

from collections.abc import Sequence

from sansang_collector.language import NARROW, Translation, mark
from sansang_collector.store.base import Latest
from sansang_collector.web.answers import FAMILIES
from sansang_collector.web.fields import Fields, is_broken, is_ok, number, word
from sansang_collector.web.reasons import UNREACHABLE, in_words
from sansang_collector.web.states import Line

INTERFACES_SHOWN = 3
LITTLE_PCT = 10
HOT_CELSIUS = 80


def links(latest: Sequence[Latest], translate: Translation) -> list[Line]:
    """The ports that are up, and those that are not in use."""
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
    if speed := number(fields, "speed_mbps"):
        parts.append(f"{translate.number(speed)}{NARROW}Mb/s")
    received, sent = number(fields, "rx_mbps"), number(fields, "tx_mbps")
    if received is not None and sent is not None:
        rates = f"{translate.number(received, 1)} / {translate.number(sent, 1)}{NARROW}Mb/s"
        parts.append(translate("in / out {rates}", rates=rates))
    return Line("ok", ", ".join(parts))


def addresses(latest: Sequence[Latest], translate: Translation) -> list[Line]:
    """What the box has of each address family."""
    return [
        _addressing(each.fields, name, translate)
        for family, name in FAMILIES.items()
        for each in latest
        if each.labels.get("family") == family
    ]


def _addressing(fields: Fields, family: str, translate: Translation) -> Line:
    parts = _kept(fields, translate)
    if prefix := word(fields, "prefix"):
        parts.append(prefix)
    if reason := word(fields, "reason"):
        parts.insert(0, in_words(reason, UNREACHABLE, translate))
    text = f"{family}: {', '.join(parts)}" if parts else family
    return Line("ok" if is_ok(fields) else "none" if is_broken(fields) else "bad", text)


def _kept(fields: Fields, translate: Translation) -> list[str]:
    """How many addresses of which kind."""
    public, private, shared = (
        int(number(fields, f"{name}_addresses") or 0) for name in ("global", "private", "shared")
    )
    parts: list[str] = []
    if public:
        parts.append(translate.plural("{count} global address", "{count} global addresses", public))
    if private:
        parts.append(
            translate.plural("{count} private address", "{count} private addresses", private)
        )
    if shared:
        text = translate.plural(
            "{count} address shared by the carrier",
            "{count} addresses shared by the carrier",
            shared,
        )
        parts.append(text)
    return parts


def host(latest: Sequence[Latest], translate: Translation) -> list[Line]:
    """Memory, disk, heat, and since when it runs."""
    return [cell for each in latest for cell in _host(each.fields, translate)]


def _host(fields: Fields, translate: Translation) -> list[Line]:
    parts: list[str] = []
    scarce = False
    for what, free_name, total_name in (
        (mark("memory {share} free"), "memory_available_bytes", "memory_total_bytes"),
        (mark("disk {share} free ({size})"), "disk_free_bytes", "disk_total_bytes"),
    ):
        free, total = number(fields, free_name), number(fields, total_name)
        if free is None or not total:
            continue
        share = 100 * free / total
        scarce = scarce or share < LITTLE_PCT
        parts.append(translate(what, share=translate.percent(share), size=translate.size(free)))
    if (heat := number(fields, "temperature_celsius")) is not None:
        scarce = scarce or heat >= HOT_CELSIUS
        parts.append(f"{translate.number(heat)}{NARROW}°C")
    if (uptime := number(fields, "uptime_s")) is not None:
        up = translate.duration(int(uptime * 1e6))
        parts.append(translate("running for {duration}", duration=up))
    return [Line("warn" if scarce else "ok", ", ".join(parts))] if parts else []
