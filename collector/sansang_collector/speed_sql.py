# SPDX-License-Identifier: Apache-2.0
"""Every speed test, in SQL: a row for each phase, whole as JSON, with what is asked of many rows in
columns beside it; `migrations` makes the table. Rows are kept for ever: a plan lasts for years.
"""

import logging
from collections.abc import Collection, Sequence
from typing import NamedTuple, get_args

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from sansang_collector.hours import Span
from sansang_collector.record_sql import metadata, upsert
from sansang_collector.speed_judgement import Sample, sample
from sansang_wire.reading import Family
from sansang_wire.speed_readings import SpeedPhase, Streams, ThroughputReading

log = logging.getLogger(__name__)

tests_table = sa.Table(
    "speed_test",
    metadata,
    sa.Column("site", sa.String(63), primary_key=True),
    sa.Column("at", sa.BigInteger, primary_key=True),
    *(
        sa.Column(name, sa.String(64), primary_key=True)
        for name in ("agent", "server", "family", "phase", "streams")
    ),
    sa.Column("outcome", sa.String(16)),
    sa.Column("reason", sa.String(64)),
    sa.Column("mbps", sa.Float),
    sa.Column("bound", sa.Boolean),
    sa.Column("idle_rtt_ms", sa.Float),
    sa.Column("reading", sa.Text),
)


class SpeedTest(NamedTuple):
    """One phase of a test that a box made at a site."""

    site: str
    agent: str
    reading: ThroughputReading


class Found(NamedTuple):
    """What one phase came to: a rate, or the delay of the idle line."""

    family: Family
    phase: SpeedPhase
    streams: Streams
    sample: Sample | None
    idle_rtt_ms: float | None


class Newest(NamedTuple):
    """When (µs) a test was last made, and why one that was due was not since one of its phase was;
    of several the newest.
    """

    made: int | None
    missed: str | None


def save_tests(connection: Connection, tests: Sequence[SpeedTest]) -> None:
    """What is here already is written over: a batch that comes again changes nothing."""
    upsert(connection, tests_table, [_row(each) for each in tests])


def load_found(connection: Connection, site: str, span: Span, but: Collection[str]) -> list[Found]:
    """What the tests of a site came to in [start, end), but for those of some boxes."""
    columns = tests_table.c
    rows = connection.execute(
        sa.select(
            *(columns.family, columns.phase, columns.streams),
            *(columns.at, columns.mbps, columns.bound, columns.idle_rtt_ms),
        ).where(_within(site, span, but), columns.outcome == "ok")
    )
    return [
        Found(family, phase, streams, None if mbps is None else Sample(at, mbps, bound), rtt_ms)
        for family, phase, streams, at, mbps, bound, rtt_ms in rows.all()
    ]


def load_tests(
    connection: Connection,
    site: str,
    span: Span,
    but: Collection[str] = (),
    most: int | None = None,
) -> list[SpeedTest]:
    """The tests of a site in [start, end), the newest first, so many at most.

    What another version kept and nobody can read any more is left out.
    """
    columns = tests_table.c
    rows = connection.execute(
        sa.select(columns.agent, columns.at, columns.reading)
        .where(_within(site, span, but))
        .order_by(columns.at.desc(), *tests_table.primary_key.columns)
        .limit(most)
    )
    found: list[SpeedTest] = []
    for agent, at, text in rows:
        try:
            reading = msgspec.json.decode(text, type=ThroughputReading)
        except (msgspec.DecodeError, RecursionError) as error:
            log.warning("a speed test of %s at %s can't be read: %s", agent, at, error)
        else:
            found.append(SpeedTest(site, agent, reading))
    return found


def load_newest(connection: Connection, site: str, but: Collection[str]) -> Newest:
    """Of a site, but for some boxes."""
    columns = tests_table.c
    newest_first = (
        sa.select(columns.at, columns.reason)
        .where(columns.site == site, columns.agent.not_in(but))
        .order_by(columns.at.desc())
        .limit(1)
    )
    made: list[int] = []
    missed: list[tuple[int, str]] = []
    for phase in get_args(SpeedPhase):
        its = newest_first.where(columns.phase == phase)
        last = connection.execute(its.where(columns.outcome != "broken")).scalar()
        since = its.where(columns.outcome == "broken", columns.at > (-1 if last is None else last))
        made += [] if last is None else [last]
        missed += [(at, reason or "unknown") for at, reason in connection.execute(since)]
    return Newest(max(made, default=None), max(missed)[1] if missed else None)


def _within(site: str, span: Span, but: Collection[str]) -> sa.ColumnElement[bool]:
    columns = tests_table.c
    inside = sa.and_(columns.at >= span.start, columns.at < span.end)
    return sa.and_(columns.site == site, inside, columns.agent.not_in(but))


def _row(test: SpeedTest) -> dict[str, object]:
    reading = test.reading
    rated = sample(reading)
    return {
        "site": test.site,
        "at": reading.at,
        "agent": test.agent,
        "server": reading.server,
        "family": reading.family,
        "phase": reading.phase,
        "streams": reading.streams,
        "outcome": reading.outcome,
        "reason": reading.reason,
        "mbps": rated.mbps if rated else None,
        "bound": bool(rated and rated.bound),
        "idle_rtt_ms": reading.idle_rtt_ms,
        "reading": msgspec.json.encode(reading).decode(),
    }
