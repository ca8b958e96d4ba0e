# SPDX-License-Identifier: Apache-2.0
"""In which Zalo chats contacts are reached, in SQL; `migrations` makes the table."""

from typing import NamedTuple

import sqlalchemy as sa

from sansang_collector.record_sql import metadata, upsert

chats_table = sa.Table(
    "zalo_chat",
    metadata,
    sa.Column("contact", sa.String(64), primary_key=True),
    sa.Column("chat_id", sa.String(128)),
    sa.Column("at", sa.BigInteger),
)


class ZaloChat(NamedTuple):
    """A contact's chat, since `at` (µs)."""

    contact: str
    chat_id: str
    at: int


def save_chat(connection: sa.Connection, chat: ZaloChat) -> None:
    """In place of the one that the contact had."""
    upsert(connection, chats_table, [chat._asdict()])


def load_chats(connection: sa.Connection) -> dict[str, ZaloChat]:
    """By contact."""
    columns = (chats_table.c[name] for name in ZaloChat._fields)
    return {row.contact: ZaloChat(*row) for row in connection.execute(sa.select(*columns))}
