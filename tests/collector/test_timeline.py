# SPDX-License-Identifier: Apache-2.0
"""How much of each step a service worked, from a real ledger."""

from pathlib import Path

import pytest

from sansang_collector import ledger_sql, maintenance_sql
from sansang_collector.hours import Span
from sansang_collector.ledger_sql import Revised
from sansang_collector.maintenance_sql import Maintenance
from sansang_collector.record import Record
from sansang_collector.registry import Registry, load
from sansang_collector.timeline import Timeline
from sansang_collector.watch.entry import Entry, Key

HOUR = 3_600_000_000
MIDNIGHT = 1_795_194_000_000_000
"""21/11/2026, a Saturday, 00:00 in Việt Nam."""
REGISTRY = """\
[[sites]]
id = "nvh-dong"
name = "Nhà văn hóa thôn Đông"
commune = "11824"
commune_name = "Xã Vĩnh Bảo"
kind = "cultural_house"
ssids = ["NVH"]
hours = { daily = "06:00-22:00" }

[[sites]]
id = "nvh-doai"
name = "Nhà văn hóa thôn Đoài"
commune = "11824"
commune_name = "Xã Vĩnh Bảo"
kind = "cultural_house"
"""
STEPS = [Span(MIDNIGHT + at * 6 * HOUR, MIDNIGHT + (at + 1) * 6 * HOUR) for at in range(4)]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    path = tmp_path / "registry.toml"
    path.write_text(REGISTRY)
    return load(path)


def down(service: str, start: float, end: float | None, cause: str = "line") -> Revised:
    """An outage between two hours of the day."""
    key = Key(service, "main", MIDNIGHT + int(start * HOUR))
    until = None if end is None else MIDNIGHT + int(end * HOUR)
    state = "unknown" if cause == "unknown" else "down"
    return Revised(key, Entry(key, state, until, None if state == "unknown" else "line"))


def shares(
    tmp_path: Path, registry: Registry, *changes: Revised, now: int = MIDNIGHT + 24 * HOUR
) -> dict[str, tuple[list[float | None], list[bool]]]:
    """Of each service of the house, which had worked since the day before."""
    record = Record(tmp_path / "record.db")
    try:
        with record.writing() as connection:
            worked = [
                ("nvh-dong", (service, "main"), MIDNIGHT - 24 * HOUR)
                for service in ("internet", "dns", "wifi")
            ]
            ledger_sql.save_worked(connection, worked)
            ledger_sql.write(connection, "nvh-dong", changes, MIDNIGHT, late=False)
            window = Span(MIDNIGHT + 12 * HOUR, MIDNIGHT + 18 * HOUR)
            declared = Maintenance("nvh-doai", window, "", MIDNIGHT)
            maintenance_sql.declare(connection, declared)
        found = Timeline(record, lambda: registry).take("nvh-dong", STEPS, now)
        assert {each.site for each in found} <= {"nvh-dong"}
        return {each.service: (each.shares, each.closed) for each in found}
    finally:
        record.close()


def test_an_outage_takes_its_part_of_the_steps_that_it_touches(
    tmp_path: Path, registry: Registry
) -> None:
    """Before it opens a house has no service time; other services are left alone."""
    found = shares(tmp_path, registry, down("internet", 9, 15))
    assert found["internet"] == ([None, 0.5, 0.5, 1.0], [True, False, False, False])
    assert found["dns"] == ([None, 1.0, 1.0, 1.0], [True, False, False, False])
    assert "ipv6" not in found, "it never worked there"


def test_what_is_not_known_is_no_share(tmp_path: Path, registry: Registry) -> None:
    """Nor is it closed."""
    found = shares(tmp_path, registry, down("wifi", 6, 15, "unknown"), down("wifi", 15, 16.5))
    assert found["wifi"] == ([None, None, 0.5, 1.0], [True, False, False, False])


def test_what_lies_ahead_is_left_out(tmp_path: Path, registry: Registry) -> None:
    """Of the step that runs only what is over counts, an open outage lasts until now."""
    now = MIDNIGHT + 14 * HOUR
    found = shares(tmp_path, registry, down("internet", 13, None), now=now)
    assert found["internet"] == ([None, 1.0, 0.5], [True, False, False])
    assert shares(tmp_path, registry, now=MIDNIGHT) == {}


def test_maintenance_is_no_service_time(tmp_path: Path, registry: Registry) -> None:
    """That was declared; a site that was never heard is not known at all."""
    shares(tmp_path, registry)
    record = Record(tmp_path / "record.db")
    found = Timeline(record, lambda: registry).take("nvh-doai", STEPS, MIDNIGHT + 24 * HOUR)
    record.close()
    assert {each.service for each in found} == {"power", "internet", "dns"}
    for each in found:
        assert each.shares == [None] * 4
        assert each.closed == [False, False, True, False]
