# SPDX-License-Identifier: Apache-2.0
"""What one transaction writes of evidence, of the ledger, and of what people are told."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from sansang_collector import evidence_sql, ledger_sql, message_sql
from sansang_collector.evidence_sql import Page, PageName
from sansang_collector.ledger_sql import Revised, Worked
from sansang_collector.message_sql import NewMessage
from sansang_collector.watch.alerts import Told
from sansang_collector.watch.entry import Thing
from sansang_collector.watch.evidence import Boot


class Correction(NamedTuple):
    """Changes of one site's entries; `late` when they came of evidence that arrived late."""

    site: str
    changes: Sequence[Revised]
    late: bool = False


class Watched(NamedTuple):
    """What is to be saved of the evidence and of what it came to. `late`: from when on it is still
    to be judged anew at a site, None when it was.
    """

    pages: Mapping[PageName, Page] = {}
    boots: Sequence[tuple[str, Boot]] = ()
    worked: Sequence[Worked] = ()
    corrections: Sequence[Correction] = ()
    late: Mapping[str, int | None] = {}


class Telling(NamedTuple):
    """What people know of these sites now, and the messages to send."""

    told: Mapping[str, Mapping[Thing, Told]] = {}
    messages: Sequence[NewMessage] = ()
    corrections: Sequence[Correction] = ()


def save(connection: Connection, watched: Watched, telling: Telling, now: int) -> None:
    """Write it all."""
    evidence_sql.save_pages(connection, watched.pages)
    evidence_sql.save_boots(connection, watched.boots)
    evidence_sql.save_late(connection, watched.late)
    ledger_sql.save_worked(connection, watched.worked)
    for site, changes, late in (*watched.corrections, *telling.corrections):
        ledger_sql.write(connection, site, changes, now, late=late)
    message_sql.save_told(connection, telling.told)
    message_sql.save_messages(connection, telling.messages)
