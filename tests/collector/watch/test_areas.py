# SPDX-License-Identifier: Apache-2.0
"""What an outage of many sites turns out to be."""

from pathlib import Path

from sansang_collector import ledger_sql
from sansang_collector.config import HOLD
from sansang_collector.ledger_sql import Revised
from sansang_collector.record import Record
from sansang_collector.registry import Registry
from sansang_collector.telling import Teller
from sansang_collector.watch.areas import causes_met, causes_of, entry_of, members_of
from sansang_collector.watch.cause import Cause
from sansang_collector.watch.entry import Entry, Key
from sansang_collector.watch.service import MINUTE_US
from sansang_collector.watching import Watching

MEMBERS = {"dong": 10 * MINUTE_US, "doai": 10 * MINUTE_US, "nam": 11 * MINUTE_US}
AREA = Key("area", "commune:11824", 10 * MINUTE_US)
END = 60 * MINUTE_US


def met(service: str, cause: Cause, minute: int, root: Key | None = None) -> Entry:
    """One that lasts ten minutes."""
    key = Key(service, "", minute * MINUTE_US)
    return Entry(key, "down", key.start + 10 * MINUTE_US, cause, root=root)


def test_it_was_what_most_of_its_sites_met_first() -> None:
    """Not what another outage explains, what came later, what was before, or was never known."""
    power = met("power", "power_cut", 10)
    found = causes_met(
        MEMBERS,
        [
            ("dong", power),
            ("dong", met("internet", "carrier", 10, power.key)),
            ("dong", met("internet", "carrier", 30)),
            ("doai", met("power", "power_cut", 11)),
            ("doai", met("internet", "dhcp", -10)),
            ("nam", met("wifi", "access_point", 11)),
            ("nam", met("internet", "line", 12)),
            ("bac", met("internet", "line", 12)),
        ],
        END,
    )
    assert found == {"power_cut": 2, "line": 1}
    entry = entry_of(AREA, MEMBERS, found)
    assert entry.cause == "power_cut"
    assert members_of(dict(entry.clues)) == MEMBERS
    assert causes_of(dict(entry.clues)) == {"power_cut": 2, "line": 1}


def test_while_nobody_knows_it_is_not_known() -> None:
    """A silence is no cause."""
    found = causes_met(MEMBERS, [("dong", met("box", "silent", 10))], END)
    assert entry_of(AREA, MEMBERS, found) == Entry(
        AREA, "down", None, "silent", tuple(sorted(MEMBERS.items()))
    )


def test_what_becomes_known_after_its_end_corrects_it_and_is_told_to_nobody(tmp_path: Path) -> None:
    """For an hour; later it stays as it is."""
    registry = Registry((), ())
    record = Record(tmp_path / "record.db")
    over = entry_of(AREA, MEMBERS, {})._replace(end=20 * MINUTE_US)
    power = met("power", "power_cut", 10)
    with record.writing() as connection:
        ledger_sql.write(connection, "", [Revised(AREA, over)], END, late=False)
    watching = Watching(record, lambda: registry, HOLD, 20 * MINUTE_US)
    teller = Teller(record, lambda: registry, watching, HOLD, lambda _: False, lambda _: 0)
    assert teller.look(21 * MINUTE_US).corrections[0].changes == [Revised(AREA, over)]
    with record.writing() as connection:
        ledger_sql.write(connection, "dong", [Revised(power.key, power)], END, late=True)
    telling = teller.look(27 * MINUTE_US)
    [(key, entry, _)] = telling.corrections[0].changes
    assert entry is not None
    assert (key, entry.cause, entry.end, telling.messages) == (AREA, "power_cut", over.end, [])
    assert causes_of(dict(entry.clues)) == {"power_cut": 1}
    assert teller.look(90 * MINUTE_US).corrections == []
    record.close()
