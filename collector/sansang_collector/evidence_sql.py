# SPDX-License-Identifier: Apache-2.0
"""The evidence of the last 35 days in SQL, and the starts of boxes; `migrations` makes the tables.

A row holds what one agent said in ten minutes: of each key its facts, three bytes each (a tenth of
a second within the ten minutes, and the word's place in `WORDS`), packed and compressed.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from sansang_collector.record_sql import metadata, upsert
from sansang_collector.watch.evidence import TICK_US, UP, WORDS, Boot, Fact

PAGE_US = 600_000_000
KEPT_US = 35 * 86_400 * 1_000_000
FACT_BYTES = 3
_PLACES = {word: place for place, word in enumerate(WORDS)}
Page = dict[str, bytearray]
"""Facts by their key."""

evidence_table = sa.Table(
    "evidence",
    metadata,
    sa.Column("agent", sa.String(63), primary_key=True),
    sa.Column("page", sa.BigInteger, primary_key=True),
    sa.Column("facts", sa.LargeBinary),
)
_PAGES_SINCE = (
    sa.select(evidence_table.c.page, evidence_table.c.facts)
    .where(evidence_table.c.agent == sa.bindparam("its"))
    .where(evidence_table.c.page >= sa.bindparam("since"))
    .order_by(evidence_table.c.page)
)
_NEWEST_PAGE = sa.select(sa.func.max(evidence_table.c.page)).where(
    evidence_table.c.agent == sa.bindparam("its")
)
boots_table = sa.Table(
    "boot",
    metadata,
    sa.Column("agent", sa.String(63), primary_key=True),
    sa.Column("boot", sa.String(128), primary_key=True),
    sa.Column("started", sa.BigInteger),
    sa.Column("clean", sa.Boolean),
)


late_table = sa.Table(
    "late",
    metadata,
    sa.Column("site", sa.String(63), primary_key=True),
    sa.Column("start", sa.BigInteger),
)
"""From when on a site's evidence is to be judged anew."""


class PageName(NamedTuple):
    """Whose ten minutes, and which since the Unix epoch."""

    agent: str
    number: int


def pages_of(facts: Sequence[Fact]) -> Iterable[tuple[int, Iterable[Fact]]]:
    """The facts, which are in time order, by the number of their page."""
    return groupby(facts, key=lambda fact: fact.at // PAGE_US)


def add(page: Page, facts: Iterable[Fact]) -> list[Fact]:
    """Write facts on a page, each once; returns those that were not there."""
    new: list[Fact] = []
    for fact in facts:
        at, key, says = fact
        written = ((at % PAGE_US) // TICK_US << 8 | _PLACES[says]).to_bytes(FACT_BYTES)
        held = page.get(key)
        if held is None:
            page[key] = bytearray(written)
        elif _holds(held, written):
            continue
        else:
            held += written
        new.append(fact)
    return new


def _holds(held: bytearray, written: bytes) -> bool:
    at = held.find(written)
    while at >= 0 and at % FACT_BYTES:
        at = held.find(written, at + 1)
    return at >= 0


def facts_on(page: Mapping[str, bytes | bytearray], number: int) -> list[Fact]:
    """All facts of a page."""
    start = number * PAGE_US
    return [
        Fact(start + (value >> 8) * TICK_US, key, WORDS[value & 0xFF])
        for key, held in page.items()
        for i in range(0, len(held), FACT_BYTES)
        for value in (int.from_bytes(held[i : i + FACT_BYTES]),)
    ]


def load_page(connection: Connection, name: PageName) -> Page:
    """Empty when nothing was written on it."""
    table = evidence_table.c
    its = sa.select(table.facts).where(table.agent == name.agent, table.page == name.number)
    packed = connection.execute(its).scalar()
    return {} if packed is None else {key: bytearray(held) for key, held in _unpack(packed).items()}


def all_up(page: Mapping[str, bytes]) -> bool:
    """Whether all that was said is that all works."""
    up = _PLACES[UP]
    return all(held[2::FACT_BYTES].count(up) * FACT_BYTES == len(held) for held in page.values())


def instants(held: bytes, number: int) -> list[int]:
    """When (µs) something was said on a page, in the order in which it was written."""
    start = number * PAGE_US
    return [
        start + int.from_bytes(held[i : i + 2]) * TICK_US for i in range(0, len(held), FACT_BYTES)
    ]


def load_pages(connection: Connection, agent: str, since: int) -> dict[int, dict[str, bytes]]:
    """What is kept of an agent, from the page on that `since` (µs) is in, in time order."""
    found = connection.execute(_PAGES_SINCE, {"its": agent, "since": since // PAGE_US})
    return {number: _unpack(packed) for number, packed in found}


def load_facts(connection: Connection, agent: str, since: int) -> list[Fact]:
    """The facts of these pages."""
    pages = load_pages(connection, agent, since)
    return [fact for number, page in pages.items() for fact in facts_on(page, number)]


def newest_page(connection: Connection, agent: str) -> int:
    """The number of the newest page that an agent has, -1 when it has none."""
    number = connection.execute(_NEWEST_PAGE, {"its": agent}).scalar()
    return -1 if number is None else number


def save_pages(connection: Connection, pages: Mapping[PageName, Page]) -> None:
    """Write pages as they are now."""
    rows = [
        {"agent": name.agent, "page": name.number, "facts": _pack(page)}
        for name, page in pages.items()
    ]
    upsert(connection, evidence_table, rows)


def forget_pages(connection: Connection, agents: Iterable[str], now: int) -> None:
    """Let go of what is too old."""
    table = evidence_table
    for agent in agents:
        old = table.c.page < (now - KEPT_US) // PAGE_US
        connection.execute(sa.delete(table).where(table.c.agent == agent, old))


def load_boots(connection: Connection) -> dict[str, dict[str, Boot]]:
    """Every start that is known, by agent and boot id."""
    found: dict[str, dict[str, Boot]] = {}
    for agent, boot, started, clean in connection.execute(sa.select(boots_table)):
        found.setdefault(agent, {})[boot] = Boot(boot, started, clean)
    return found


def save_boots(connection: Connection, boots: Sequence[tuple[str, Boot]]) -> None:
    """Write starts that are new."""
    rows = [
        {"agent": agent, "boot": boot.id, "started": boot.started, "clean": boot.clean}
        for agent, boot in boots
    ]
    upsert(connection, boots_table, rows)


def load_late(connection: Connection) -> dict[str, int]:
    """The sites whose evidence is to be judged anew, and from when on (µs)."""
    return {row.site: row.start for row in connection.execute(sa.select(late_table))}


def save_late(connection: Connection, late: Mapping[str, int | None]) -> None:
    """Write what is to be judged anew; None for what was."""
    for site in late:
        connection.execute(sa.delete(late_table).where(late_table.c.site == site))
    rows = [{"site": site, "start": start} for site, start in late.items() if start is not None]
    upsert(connection, late_table, rows)


def _pack(page: Page) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(page), 1)


_decode = msgspec.msgpack.Decoder(dict[str, bytes]).decode


def _unpack(packed: bytes) -> dict[str, bytes]:
    return _decode(zlib.decompress(packed))
