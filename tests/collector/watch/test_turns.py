# SPDX-License-Identifier: Apache-2.0
"""History that is judged anew lets what has just come have its turn."""

from pathlib import Path

import pytest

from sansang_collector import watching as watchings
from sansang_collector.config import HOLD
from sansang_collector.record import Record, Saving
from sansang_collector.registry import check_registry
from sansang_collector.watching import Watching
from sansang_wire.readings import WifiReading

SECOND = 1_000_000
BEGIN = 1_795_000_020_000_000
SITES = ("bac", "dong", "nam")


def test_sites_are_judged_anew_no_longer_than_their_share_of_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here one a time, as each takes longer than the share: all of them in the end."""
    monkeypatch.setattr(watchings, "ANEW_S", 0)
    place = {"commune": "11824", "commune_name": "Vĩnh Bảo", "kind": "office"}
    sites = [{"id": site, "name": site, **place} for site in SITES]
    agents = [{"id": f"{site}-1", "site": site} for site in SITES]
    registry = check_registry({"sites": sites, "agents": agents}, tmp_path)
    record = Record(tmp_path / "record.db")
    before = Watching(record, lambda: registry, HOLD, BEGIN)
    for site in SITES:
        look = WifiReading(at=BEGIN, outcome="ok", ssid="NVH", on_air=True)
        before.hear(site, f"{site}-1", [look], BEGIN)
    record.save(Saving(watched=before.pending(BEGIN), at=BEGIN))
    after = Watching(record, lambda: registry, HOLD, BEGIN + SECOND)
    left: list[int] = []
    for _ in SITES:
        left.append(len(after.unjudged))
        after.settle(BEGIN + SECOND)
    record.close()
    assert left == [3, 2, 1]
    assert not after.unjudged
