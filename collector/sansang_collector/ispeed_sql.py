# SPDX-License-Identifier: Apache-2.0
"""i-Speed results entered by hand, in SQL: rows are added and never changed; `migrations` makes the
table.
"""

from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from sansang_collector.hours import Span
from sansang_collector.ispeed_views import EvidenceView, ISpeedView, LineKind
from sansang_collector.record_sql import metadata

entries_table = sa.Table(
    "ispeed",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    *(sa.Column(name, sa.BigInteger) for name in ("at", "entered", "corrects")),
    *(sa.Column(name, sa.String(128)) for name in ("site", "place", "line_kind", "carrier")),
    *(sa.Column(name, sa.String(128)) for name in ("server", "who")),
    *(sa.Column(name, sa.Float) for name in ("download_mbps", "upload_mbps")),
    *(sa.Column(name, sa.Float) for name in ("ping_ms", "jitter_ms")),
    sa.Column("evidence", sa.Text),
)


class Entry(NamedTuple):
    """What was measured, when (µs), where, and by whom; the number of the entry it corrects."""

    at: int
    site: str | None
    place: str
    line_kind: LineKind
    carrier: str | None
    server: str | None
    download_mbps: float
    upload_mbps: float | None
    ping_ms: float | None
    jitter_ms: float | None
    who: str
    evidence: EvidenceView | None
    corrects: int | None


def find_entry(connection: Connection, entry: Entry) -> ISpeedView | None:
    """The one that says the same, corrected or not; None when there is none."""
    columns = entries_table.c
    same = (columns[name] == value for name, value in _values(entry).items())
    return next(iter(_load(connection, sa.and_(*same))), None)


def save_entry(connection: Connection, entry: Entry, now: int) -> ISpeedView:
    """As it is kept."""
    added = connection.execute(sa.insert(entries_table).values(**_values(entry), entered=now))
    [number] = added.inserted_primary_key or (0,)
    return _load(connection, entries_table.c.number == number)[0]


def load_entry(connection: Connection, number: int) -> ISpeedView | None:
    """One by its number."""
    return next(iter(_load(connection, entries_table.c.number == number)), None)


def load_entries(connection: Connection, span: Span) -> list[ISpeedView]:
    """What was measured in [start, end), the newest first; corrected ones among them."""
    at = entries_table.c.at
    return _load(connection, sa.and_(at >= span.start, at < span.end))


def _load(connection: Connection, which: sa.ColumnElement[bool]) -> list[ISpeedView]:
    columns = entries_table.c
    later = entries_table.alias()
    corrected_by = (
        sa.select(later.c.number).where(later.c.corrects == columns.number).scalar_subquery()
    )
    rows = connection.execute(
        sa.select(entries_table, corrected_by.label("corrected_by"))
        .where(which)
        .order_by(columns.at.desc(), columns.number.desc())
    )
    return [_view(dict(row)) for row in rows.mappings()]


def _values(entry: Entry) -> dict[str, Any]:
    evidence = entry.evidence
    told = msgspec.json.encode(evidence).decode() if evidence else None
    return {**entry._asdict(), "evidence": told}


def _view(row: dict[str, Any]) -> ISpeedView:
    told = row.pop("evidence")
    evidence = msgspec.json.decode(told, type=EvidenceView) if told else None
    return ISpeedView(**row, evidence=evidence)
