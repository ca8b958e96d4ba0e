# SPDX-License-Identifier: Apache-2.0
"""Readings as lines for the person who asked for them."""

from collections.abc import Iterator, Sequence

import msgspec

from sansang_agent.net.nut import PORT as NUT_PORT
from sansang_wire import schema
from sansang_wire.language import Translate
from sansang_wire.readings import AnyReading, PathReading


def lines(kind: str, readings: Sequence[AnyReading], translate: Translate) -> Iterator[str]:
    """How each went, then every value by its name on the wire; of a path a sentence instead.

    Without readings: what is missing.
    """
    if not readings:
        yield _nothing(kind, translate)
    for reading in readings:
        yield from _lines(reading, translate)


def _nothing(kind: str, translate: Translate) -> str:
    if kind == "radio":
        return translate("{kind}: this box has no radio").format(kind=kind)
    if kind == "backup_line":
        return translate("{kind}: this box has no second line").format(kind=kind)
    if kind == "power":
        found = translate("{kind}: this box has no battery, and no UPS was named")
        todo = translate("name the upsd that has one: {key} under {table}")
        told = todo.format(key=f'nut = "127.0.0.1:{NUT_PORT}"', table="[probes.power]")
        return f"{found.format(kind=kind)} → {told}"
    sentence = translate("{kind}: with these settings there is nothing to measure").format(
        kind=kind
    )
    if kind in {"wifi", "wifi_scan", "wifi_journey"}:
        todo = translate("name the expected networks: {key} under {table}")
        key, table = 'ssids = ["…"]', f"[probes.{kind}]"
        return f"{sentence} → {todo.format(key=key, table=table)}"
    return sentence


def _lines(reading: AnyReading, translate: Translate) -> Iterator[str]:
    values = msgspec.to_builtins(reading)
    shape = schema.kind(values["kind"])
    title = " ".join(str(values[label.name]) for label in shape.labels) or shape.name
    words = {
        "ok": translate("ok"),
        "failed": translate("failed"),
        "unreachable": translate("unreachable"),
        "broken": translate("could not be measured"),
    }
    # Of what the box itself lacks the word on the wire says little to who stands before it.
    lacks = {
        "no_nl80211": translate("the kernel knows no Wi-Fi (nl80211)"),
        "no_wireless_interface": translate("there is no wireless interface"),
        "no_spare_radio": translate("no radio is spare"),
        "no_helper": translate("the agent's helper does not run"),
        "no_supplicant": translate("wpa_supplicant, which connects a guest, is not installed"),
        "box_routes": translate("this box is a router itself"),
        "wireless_link": translate("this box is on Wi-Fi: connect it by cable"),
        "not_ethernet": translate("this box is on no cable of the site"),
        "second_device_refused": translate("the network let no second device on this cable"),
        "no_macvlan": translate("the kernel can't put a second device on this cable"),
    }
    reason = lacks.get(reading.reason or "", reading.reason)
    yield f"{title}: {words[reading.outcome]}" + (f" ({reason})" if reason else "")
    if isinstance(reading, PathReading):
        if reading.received:
            yield f"  {_path_sentence(reading, translate)}"
        return
    for value in shape.values:
        if (shown := values.get(value.name)) is not None:
            text = f"{shown:.2f}" if isinstance(shown, float) else str(shown)
            yield f"  {value.name:24} {text} {value.unit}".rstrip()


def _path_sentence(reading: PathReading, translate: Translate) -> str:
    sentence = translate(
        "{received} of {sent} packets were answered, {loss} % were lost; there and back"
        " {average} ms on average, 19 of 20 within {p95} ms; variation {jitter} ms"
    )
    return sentence.format(
        received=reading.received,
        sent=reading.sent,
        loss=_short(reading.loss_pct),
        average=_short(reading.rtt_avg_ms),
        p95=_short(reading.rtt_p95_ms),
        jitter=_short(reading.jitter_ms),
    )


def _short(number: float | None) -> str:
    """Of a single answer there is no variation."""
    return "–" if number is None else f"{number:.1f}"
