# SPDX-License-Identifier: Apache-2.0
"""Readings as lines for the person who asked for them."""

from collections.abc import Iterator, Sequence

import msgspec

from sansang_wire import schema
from sansang_wire.language import Translate
from sansang_wire.readings import AnyReading, PathReading


def lines(kind: str, readings: Sequence[AnyReading], translate: Translate) -> Iterator[str]:
    """How each went, then every value by its name on the wire; of a path a sentence instead."""
    if not readings:
        sentence = translate("{kind}: with these settings there is nothing to measure")
        yield sentence.format(kind=kind)
    for reading in readings:
        yield from _lines(reading, translate)


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
    yield f"{title}: {words[reading.outcome]}" + (f" ({reading.reason})" if reading.reason else "")
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
