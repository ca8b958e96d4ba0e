# SPDX-License-Identifier: Apache-2.0
"""How ready each site is for IPv6, in SQL: the last assessment of each of its days, as JSON beside
the version of the formula and what it was made of; `migrations` makes the table.
"""

import logging
import zlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from sansang_collector.record_sql import metadata, upsert
from sansang_wire.readiness.assessment import FORMULA_VERSION, Assessment, Stability
from sansang_wire.readings import AnyReading

log = logging.getLogger(__name__)

readiness_table = sa.Table(
    "readiness",
    metadata,
    sa.Column("site", sa.String(63), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("at", sa.BigInteger),
    sa.Column("agent", sa.String(63)),
    sa.Column("formula", sa.Integer),
    sa.Column("assessment", sa.Text),
    sa.Column("basis", sa.LargeBinary),
)


class Assessed(NamedTuple):
    """What was said of a site at `at` (µs), by what this agent measured; `day` is the site's."""

    site: str
    day: str
    at: int
    agent: str
    assessment: Assessment


class Basis(msgspec.Struct, frozen=True):
    """What an assessment is made of: the newest reading of each series, and how the day was."""

    readings: tuple[AnyReading, ...]
    stability: Stability | None


def save_assessed(connection: sa.Connection, found: Sequence[tuple[Assessed, Basis]]) -> None:
    """Each in the place of what was said of its site on that day."""
    rows = [
        each._asdict() | _columns(each.assessment) | {"basis": _packed(basis)}
        for each, basis in found
    ]
    upsert(connection, readiness_table, rows)


def replay(connection: sa.Connection, assess: Callable[[Basis], Assessment], most: int) -> int:
    """Assess anew by the formula of now what an older one has assessed, so that days can be
    compared; how many rows it were, of `most` at a time.
    """
    columns = readiness_table.c
    older = sa.and_(columns.formula < FORMULA_VERSION, columns.basis.is_not(None))
    rows = connection.execute(
        sa.select(columns.site, columns.day, columns.basis).where(older).limit(most)
    ).all()
    for site, day, packed in rows:
        try:
            basis = msgspec.json.decode(zlib.decompress(packed), type=Basis)
        except (msgspec.MsgspecError, RecursionError, zlib.error) as error:
            log.warning("IPv6 readiness of %s, %s, stays as it was: %s", site, day, error)
            values: dict[str, object] = {"basis": None}
        else:
            values = _columns(assess(basis))
        this = sa.and_(columns.site == site, columns.day == day)
        connection.execute(sa.update(readiness_table).where(this).values(values))
    return len(rows)


def _columns(assessment: Assessment) -> dict[str, object]:
    return {
        "formula": assessment.formula,
        "assessment": msgspec.json.encode(assessment).decode(),
    }


def _packed(basis: Basis) -> bytes:
    return zlib.compress(msgspec.json.encode(basis))


def load_last_assessed(connection: sa.Connection) -> list[Assessed]:
    """The last of every site."""
    newer = readiness_table.alias()
    days = sa.select(sa.func.max(newer.c.day)).where(newer.c.site == readiness_table.c.site)
    return _load(connection, readiness_table.c.day == days.scalar_subquery())


def load_assessed_since(connection: sa.Connection, site: str, day: str) -> list[Assessed]:
    """The last of each day of a site since this one, oldest first."""
    columns = readiness_table.c
    return _load(connection, sa.and_(columns.site == site, columns.day >= day))


def _load(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[Assessed]:
    """What another version kept and nobody can read any more is left out."""
    columns = (readiness_table.c[name] for name in Assessed._fields)
    found: list[Assessed] = []
    for row in connection.execute(sa.select(*columns).where(which).order_by("day")):
        try:
            kept = msgspec.json.decode(row.assessment, type=Assessment)
        except (msgspec.DecodeError, RecursionError) as error:
            log.warning("IPv6 readiness of %s, %s, can't be read: %s", row.site, row.day, error)
            continue
        found.append(Assessed(row.site, row.day, row.at, row.agent, kept))
    return found
