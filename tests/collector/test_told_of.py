# SPDX-License-Identifier: Apache-2.0
"""When somebody was first told of an outage, from the real ledger and the real messages."""

from pathlib import Path

import pytest

from sansang_collector import ledger_sql, message_sql
from sansang_collector.ledger_sql import Revised
from sansang_collector.message_sql import NewMessage, Service
from sansang_collector.outages import Ledger
from sansang_collector.record import Record
from sansang_collector.watch.alerts import Notice
from sansang_collector.watch.entry import Entry, Key
from tests.collector.ingesting import SITE, commune

MINUTE = 60_000_000
START, END = 1_795_260_000_000_000, 1_795_263_600_000_000
ROOT = Key("internet", "main", START)
OUTAGE = Entry(Key("dns", "main", START), "down", END, "line", (), ROOT)
OWN = Service(SITE, "dns", "main")


def told(
    folder: Path,
    about: Service,
    since: int,
    *,
    state: str = "down",
    after: int = 3 * MINUTE,
    sites: tuple[str, ...] = (),
    delivered: bool = True,
) -> int | None:
    """When the outage was first told, after one message that was made `after` its beginning."""
    record = Record(folder / "record.db")
    notice = Notice("up" if state == "up" else "down", since, since)
    with record.writing() as connection:
        ledger_sql.write(connection, SITE, [Revised(OUTAGE.key, OUTAGE)], END, late=False)
        message_sql.save_messages(connection, [NewMessage(about, notice, since + after, sites)])
        if delivered:
            message_sql.save_delivery(connection, 1, "slow", since + after + 9)
            message_sql.save_delivery(connection, 1, "fast", since + after + 5)
    book = Ledger(record, lambda: commune("dong-1"), lambda _: [])
    [listed] = book.outages(0, None)
    detail = book.outage(listed.number)
    record.close()
    assert detail is not None
    assert detail.outage.told == listed.told
    return listed.told


@pytest.mark.parametrize(
    "about",
    [
        OWN,
        Service(SITE, "internet", "main"),
        Service(SITE, "contact", ""),
    ],
)
def test_it_is_when_the_first_channel_had_the_message(tmp_path: Path, about: Service) -> None:
    """About the thing itself, its root, or the loss of contact; however late it was corrected."""
    assert told(tmp_path, about, START) == START + 3 * MINUTE + 5
    (tmp_path / "later").mkdir()
    assert told(tmp_path / "later", about, START - 2 * MINUTE) == START + MINUTE + 5


def test_a_message_about_many_sites_tells_of_each(tmp_path: Path) -> None:
    """Of those that it names."""
    about = Service("", "area", "commune:00000")
    assert told(tmp_path, about, START, sites=(SITE, "x")) == START + 3 * MINUTE + 5
    (tmp_path / "others").mkdir()
    assert told(tmp_path / "others", about, START, sites=("x", "y")) is None


@pytest.mark.parametrize(
    ("about", "since", "state", "delivered"),
    [
        (Service(SITE, "wifi", "NVH"), START, "down", True),
        (Service("nvh-tay", "dns", "main"), START, "down", True),
        (OWN, START - 9 * MINUTE, "down", True),
        (OWN, END, "down", True),
        (OWN, START, "up", True),
        (OWN, START, "down", False),
    ],
    ids=["thing", "site", "before", "after", "end", "nobody"],
)
def test_what_tells_of_something_else_does_not_count(
    tmp_path: Path, about: Service, since: int, state: str, *, delivered: bool
) -> None:
    """Another thing or site, an outage before or after, an end, what reached nobody."""
    assert told(tmp_path, about, since, state=state, delivered=delivered) is None


def test_each_of_several_outages_has_its_own_messages(tmp_path: Path) -> None:
    """The same thing twice in an hour: the second was told of, twice, the first and third never."""
    record = Record(tmp_path / "record.db")
    starts = [START, START + 20 * MINUTE, START + 40 * MINUTE]
    outages = [
        Entry(Key("dns", "main", start), "down", start + 5 * MINUTE, "line") for start in starts
    ]
    notice = Notice("down", starts[1], starts[1])
    messages = [NewMessage(OWN, notice, starts[1] + after) for after in (MINUTE, 2 * MINUTE)]
    with record.writing() as connection:
        revised = [Revised(each.key, each) for each in outages]
        ledger_sql.write(connection, SITE, revised, END, late=False)
        message_sql.save_messages(connection, messages)
        for number, at in ((1, starts[1] + MINUTE), (2, starts[1] + 2 * MINUTE)):
            message_sql.save_delivery(connection, number, "mail", at)
    listed = Ledger(record, lambda: commune("dong-1"), lambda _: []).outages(0, None)
    record.close()
    assert [each.told for each in listed] == [None, starts[1] + MINUTE, None]
