# SPDX-License-Identifier: Apache-2.0
"""The tests of a site as rows of a sheet, to be sent to a carrier: each with its evidence."""

from collections.abc import Iterable, Iterator

from sansang_collector.csv_text import Cell
from sansang_collector.language import Translation
from sansang_collector.speed_judgement import sample
from sansang_collector.speed_views import SpeedTestView
from sansang_collector.web.answers import FAMILIES
from sansang_collector.web.speed_words import LIMITS, PHASES, STOPS, STREAMS, evidence, why_missing
from sansang_wire.speed_readings import ThroughputReading


def rows_of_tests(tests: Iterable[SpeedTestView], translate: Translation) -> Iterator[list[Cell]]:
    """The headings, then a row a phase; `≥` stands before what the line can do at the least."""
    yield [
        translate("Time"),
        translate("Box"),
        translate("Server"),
        translate("Address family"),
        translate("Measured"),
        translate("Connections"),
        translate("Result (Mb/s)"),
        translate("Slow start included (Mb/s)"),
        translate("Limited by"),
        translate("What speaks for it"),
        translate("Delay (ms)"),
        translate("Delay under load (ms)"),
        translate("Jitter (ms)"),
        translate("Length (s)"),
        translate("Why it ended"),
        translate("Data used (MB)"),
        translate("Remark"),
    ]
    for each in tests:
        it = each.reading
        yield [
            translate.instant(it.at),
            translate("{name} (simulated)", name=each.agent) if each.simulated else each.agent,
            it.server,
            FAMILIES[it.family],
            translate(PHASES[it.phase]),
            translate(STREAMS[it.streams]),
            _rate(it, translate),
            it.raw_mbps,
            translate(LIMITS[it.limited_by].name) if it.limited_by else None,
            ", ".join(evidence(it, translate)) if it.phase != "idle" else None,
            it.idle_rtt_ms,
            it.loaded_rtt_ms,
            it.jitter_ms,
            None if it.duration_ms is None else it.duration_ms / 1000,
            translate(STOPS[it.stop_reason]) if it.stop_reason else None,
            None if it.used_bytes is None else it.used_bytes / 1e6,
            _remark(it, translate),
        ]


def _rate(test: ThroughputReading, translate: Translation) -> Cell:
    found = sample(test)
    if found is None:
        return None
    return f"≥ {translate.number(found.mbps, 2)}" if found.bound else found.mbps


def _remark(test: ThroughputReading, translate: Translation) -> Cell:
    if test.outcome == "broken":
        return translate("not made: {why}", why=why_missing(test.reason or "", translate))
    if test.outcome != "ok":
        return translate("failed: {why}", why=why_missing(test.reason or "", translate))
    return translate("tested again") if test.retest else None
