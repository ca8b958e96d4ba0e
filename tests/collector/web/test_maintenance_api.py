# SPDX-License-Identifier: Apache-2.0
"""Maintenance is declared before it begins, by the site's clock, into the real record."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient

from sansang_collector.hours import Span
from sansang_collector.maintenance_sql import load_maintenance
from sansang_collector.outages import Ledger
from sansang_collector.registry import RegistryFile
from sansang_collector.views import MaintenanceView
from tests.collector.office import fail, office
from tests.collector.web.conftest import Browse
from tests.fakes import FixedSources, site_view

HEADERS = {"Content-Type": "application/json", "X-Sansang": "1"}
HOUR, DAY = 3_600_000_000, 86_400_000_000


def post(client: TestClient, **wanted: object) -> tuple[int, dict[str, object]]:
    """Status and answer, in English."""
    answer = client.post(
        "/api/v1/maintenance?lang=en", content=msgspec.json.encode(wanted), headers=HEADERS
    )
    return answer.status_code, answer.json()


def tomorrow(hour: int) -> str:
    """As a person writes it."""
    return f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d} {hour:02d}:00"


def test_maintenance_is_kept_by_the_clock_of_the_site(tmp_path: Path, browse: Browse) -> None:
    """Tokyo's morning is two hours earlier than Hà Nội's; a note stands on one line."""
    with office(tmp_path) as (status, record):
        client = browse(status)
        for site in ("nvh-dong", "nvh-xa"):
            wanted = {"site": site, "from": tomorrow(8), "to": tomorrow(11), "note": " a\n b\u202e"}
            code, told = post(client, **wanted)
            assert (code, told["site"], told["note"]) == (201, site, "a b")
        answer = client.get("/api/v1/maintenance")
        xa, dong = msgspec.json.decode(answer.content, type=list[MaintenanceView])
        with record.reading() as connection:
            kept = load_maintenance(connection, 0, 2**62)
        only = client.get("/api/v1/maintenance?site=nvh-xa").json()
    assert (xa.site, xa.name, xa.simulated) == ("nvh-xa", "Xa", True)
    assert (dong.site, dong.start - xa.start, dong.end - dong.start) == (
        "nvh-dong",
        2 * HOUR,
        3 * HOUR,
    )
    assert datetime.fromtimestamp(dong.start / 1e6, UTC).hour == 1
    assert [each.span for each in kept] == [(xa.start, xa.end), (dong.start, dong.end)]
    assert [each["site"] for each in only] == ["nvh-xa"]


@pytest.mark.parametrize(
    ("wanted", "status", "detail"),
    [
        ({"site": "none"}, 404, "There is no site 'none'."),
        ({"from": "2020-01-01 08:00"}, 422, "Maintenance is declared before it begins: choose a"),
        ({"to": "2020-01-01 08:00"}, 422, "The maintenance ends before it begins."),
        ({"from": "tomorrow"}, 422, "from is a time such as 2026-11-22 08:00, or µs since the"),
        ({"to": 2**62}, 422, "to is a time such as 2026-11-22 08:00, or µs since the Unix epoch."),
        ({"note": "x" * 201}, 422, "The note has 200 letters at most."),
    ],
)
def test_maintenance_that_can_not_be_declared_is_told(
    tmp_path: Path, wanted: dict[str, object], status: int, detail: str, browse: Browse
) -> None:
    """In a sentence; nothing is kept."""
    good: dict[str, object] = {"site": "nvh-dong", "from": tomorrow(8), "to": tomorrow(9)}
    with office(tmp_path) as (sources, _):
        client = browse(sources)
        code, told = post(client, **(good | wanted))
        assert code == status
        assert str(told["detail"]).startswith(detail)
        assert client.get("/api/v1/maintenance").json() == []


def test_what_fails_during_maintenance_does_not_count(tmp_path: Path) -> None:
    """Of the availability, once it was declared; what has simulated sites in it says so."""
    now = time.time_ns() // 1000
    with office(tmp_path) as (status, record):
        start = now + DAY
        status.declare_maintenance("nvh-dong", Span(start, start + 2 * HOUR), "")
        fail(record, start, start + 2 * HOUR)
        later = Span(start - HOUR, start + 3 * HOUR)
        registry = RegistryFile(tmp_path / "registry.toml").current
        ledger = Ledger(record, lambda: registry, lambda _: [])
        [found] = [
            each
            for each in ledger.availability(later, "site", later.end)
            if (each.group, each.service) == ("nvh-dong", "internet")
        ]
        together = ledger.availability(later, "commune", later.end)
    assert (found.service_us, found.down_us) == (2 * HOUR, 0)
    assert (found.simulated, {each.simulated for each in together}) == (False, {True})


def test_a_record_that_can_not_be_written_is_503(browse: Browse) -> None:
    """With its sentence."""
    sources = FixedSources([site_view([])], record_fault="the record can't be written: worn out")
    code, told = post(browse(sources), site="nvh-dong", **{"from": 1, "to": 2})
    assert (code, told["detail"]) == (503, sources.record_fault)
