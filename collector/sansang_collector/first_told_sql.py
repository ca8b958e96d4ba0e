# SPDX-License-Identifier: Apache-2.0
"""When messages that something is down first reached somebody, in SQL."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from sansang_collector.message_sql import Service, deliveries_table, messages_table


class FirstDelivery(NamedTuple):
    """A message that something is down since `since`, and when the first channel had it (µs)."""

    about: Service
    since: int
    made: int
    sites: Sequence[str]
    at: int


def load_first_deliveries(
    connection: sa.Connection, start: int, end: int | None
) -> list[FirstDelivery]:
    """Of the messages that something is down, those that somebody has, when they were made at
    `start` or later about what began before `end` (µs).
    """
    table, its = messages_table.c, deliveries_table.c
    statement = (
        sa.select(messages_table, sa.func.min(its.at).label("first"))
        .join(deliveries_table, its.message == table.id)
        .where(table.state == "down", table.made >= start)
        .group_by(table.id)
    )
    if end is not None:
        statement = statement.where(table.since < end)
    return [
        FirstDelivery(
            Service(row["site"], row["service"], row["subject"]),
            row["since"],
            row["made"],
            row["sites"] or (),
            row["first"],
        )
        for row in connection.execute(statement).mappings()
    ]
