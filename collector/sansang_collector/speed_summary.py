# SPDX-License-Identifier: Apache-2.0
"""What the speed tests of one site come to over a period."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sansang_collector.hours import Span
from sansang_collector.speed_judgement import Judged, Rate, Sample, judge, rate, spread, telling
from sansang_collector.speed_sql import Connection, Found, Newest, load_found, load_newest
from sansang_wire.reading import Family
from sansang_wire.speed_readings import SpeedPhase, Streams


class Question(NamedTuple):
    """Of which site, over which period, and all else that the answer depends on. `but`: boxes that
    are left out; `enough_mbps`: what the package makes of it; `saved`: how often tests of the site
    were written, for an answer is good until there are more.
    """

    site: str
    span: Span
    but: tuple[str, ...]
    enough_mbps: float | None
    target_mbps: float | None
    least_tests: int
    saved: int


class Summary(NamedTuple):
    """As in `SiteSpeedView`; `newest` knows no period."""

    download: Rate | None
    upload: Rate | None
    idle_rtt_ms: float | None
    tests: int
    package: Judged | None
    target: Judged | None
    newest: Newest


def summarize(connection: Connection, question: Question) -> Summary:
    """Reads all tests of the period: some milliseconds for a quarter."""
    site, span, but, enough, target, least, _ = question
    found = load_found(connection, site, span, but)
    downloads, uploads = _groups(found, "download"), _groups(found, "upload")
    down, up = telling(downloads, least), telling(uploads, least)
    samples = downloads[down] if down else ()
    return Summary(
        download=rate(downloads, down) if down else None,
        upload=rate(uploads, up) if up else None,
        idle_rtt_ms=_idle_rtt_ms(found, down[0] if down else None),
        tests=len(samples),
        package=None if enough is None else judge(samples, enough, least),
        target=None if target is None else judge(samples, target, least),
        newest=load_newest(connection, site, but),
    )


def _groups(
    found: Iterable[Found], phase: SpeedPhase
) -> dict[tuple[Family, Streams], Sequence[Sample]]:
    groups: dict[tuple[Family, Streams], list[Sample]] = {}
    for each in found:
        if each.phase == phase and each.sample is not None:
            groups.setdefault((each.family, each.streams), []).append(each.sample)
    return {**groups}


def _idle_rtt_ms(found: Iterable[Found], family: Family | None) -> float | None:
    """Through this family; through either where no download tells which."""
    its = spread(
        each.idle_rtt_ms
        for each in found
        if each.phase == "idle" and each.idle_rtt_ms is not None
        if family in {None, each.family}
    )
    return its.median if its else None
