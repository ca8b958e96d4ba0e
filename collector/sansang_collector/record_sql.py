# SPDX-License-Identifier: Apache-2.0
"""Tables and statements of the record; `migrations` makes the tables."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from sansang_collector.agent_record import DAY_US, AgentRecord
from sansang_collector.numbers import EpochNumbers
from sansang_wire.batch import Batch, Hello, encode

UNDATED_KEPT_US = 35 * DAY_US
metadata = sa.MetaData()
agents_table = sa.Table(
    "agent",
    metadata,
    sa.Column("agent", sa.String(63), primary_key=True),
    *(sa.Column(name, sa.BigInteger) for name in ("batches", "readings", "duplicates", "undated")),
    *(sa.Column(name, sa.BigInteger) for name in ("last_seen", "last_reading", "cloned_at")),
    sa.Column("lost_before", sa.BigInteger),
    sa.Column("hello", sa.Text),
)
epochs_table = sa.Table(
    "epoch",
    metadata,
    sa.Column("agent", sa.String(63), primary_key=True),
    sa.Column("epoch", sa.String(16), primary_key=True),
    *(sa.Column(name, sa.BigInteger) for name in ("first", "next", "last_received")),
    sa.Column("received", sa.Text),
    sa.Column("declared", sa.Boolean),
)
rejected_table = sa.Table(
    "rejected",
    metadata,
    sa.Column("agent", sa.String(63), primary_key=True),
    sa.Column("reason", sa.String(64), primary_key=True),
    sa.Column("count", sa.BigInteger),
)
undated_table = sa.Table(
    "undated",
    metadata,
    sa.Column("agent", sa.String(63), primary_key=True),
    sa.Column("epoch", sa.String(16), primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("boot", sa.String(128)),
    sa.Column("received_at", sa.BigInteger),
    sa.Column("readings", sa.Text),
)


def upsert(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def save_agents(
    connection: sa.Connection, agents: Sequence[AgentRecord], epochs: Mapping[str, Collection[str]]
) -> None:
    """Write what is counted of agents, and some of their epochs by agent."""
    upsert(connection, agents_table, [_agent_row(each) for each in agents])
    its = [
        _epoch_row(each.agent, each.epochs[name])
        for each in agents
        for name in epochs.get(each.agent, ())
    ]
    upsert(connection, epochs_table, its)
    rejected = [
        {"agent": each.agent, "reason": reason, "count": count}
        for each in agents
        for reason, count in each.rejected.items()
    ]
    upsert(connection, rejected_table, rejected)


def save_hellos(connection: sa.Connection, hellos: Collection[Hello]) -> None:
    """Write what agents say of themselves: with every batch it would be most of what is written."""
    for hello in hellos:
        its = sa.update(agents_table).where(agents_table.c.agent == hello.agent)
        connection.execute(its.values(hello=encode(hello).decode()))


def save_undated(connection: sa.Connection, undated: Sequence[tuple[Batch, int]]) -> None:
    """Keep batches that can't be dated, with the time (µs) they came."""
    upsert(connection, undated_table, [_undated_row(*each) for each in undated])
    for agent, now in {batch.agent: now for batch, now in undated}.items():
        old = undated_table.c.received_at < now - UNDATED_KEPT_US
        connection.execute(sa.delete(undated_table).where(undated_table.c.agent == agent, old))


def delete_epochs(connection: sa.Connection, forgotten: Sequence[tuple[str, str]]) -> None:
    for agent, epoch in forgotten:
        its = epochs_table.c.agent == agent
        connection.execute(sa.delete(epochs_table).where(its, epochs_table.c.epoch == epoch))


def _agent_row(record: AgentRecord) -> dict[str, Any]:
    return {
        "agent": record.agent,
        "batches": record.batches,
        "readings": record.readings,
        "duplicates": record.duplicates,
        "undated": record.undated,
        "last_seen": record.last_seen,
        "last_reading": record.last_reading,
        "cloned_at": record.cloned_at,
        "lost_before": record.lost_before,
    }


def _epoch_row(agent: str, numbers: EpochNumbers) -> dict[str, Any]:
    return {
        "agent": agent,
        "epoch": numbers.epoch,
        "first": numbers.first,
        "next": numbers.next,
        "received": str(numbers.received),
        "last_received": numbers.last_received,
        "declared": numbers.declared,
    }


def _undated_row(batch: Batch, received_at: int) -> dict[str, Any]:
    return {
        "agent": batch.agent,
        "epoch": batch.epoch,
        "seq": batch.seq,
        "boot": batch.boot,
        "received_at": received_at,
        "readings": encode(batch.readings).decode(),
    }
