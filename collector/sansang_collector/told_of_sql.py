# SPDX-License-Identifier: Apache-2.0
"""Messages that something is down, and whom they reached, in SQL."""

import sqlalchemy as sa

from sansang_collector.message_sql import (
    Message,
    deliveries_table,
    message_of,
    messages_table,
)


def load_down_messages(connection: sa.Connection, start: int, end: int | None) -> list[Message]:
    """Those that were made at `start` or later about what began before `end` (µs), oldest first."""
    table, its = messages_table.c, deliveries_table.c
    wanted = [table.state == "down", table.made >= start]
    if end is not None:
        wanted.append(table.since < end)
    delivered: dict[int, dict[str, int]] = {}
    reached = sa.select(deliveries_table).join(messages_table, its.message == table.id)
    for row in connection.execute(reached.where(*wanted)).mappings():
        delivered.setdefault(row["message"], {})[row["channel"]] = row["at"]
    rows = connection.execute(sa.select(messages_table).where(*wanted).order_by(table.id))
    return [message_of(row, delivered.get(row["id"], {})) for row in rows.mappings()]
