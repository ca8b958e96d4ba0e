# SPDX-License-Identifier: Apache-2.0
"""The judge's states in the series store: what a dashboard draws."""

import time
from pathlib import Path

from sansang_wire.readings import WifiReading
from tests.collector.ingesting import SITE, batch, desk

MINUTE = 60_000_000


async def test_an_outage_is_drawn_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    """And what works is written, too: a series that has nothing new is no series that is well."""
    now = time.time_ns() // 100_000_000 * 100_000
    with desk(tmp_path) as at_work:
        for seq, on_air in enumerate([True, False, False, False, True, True, True], 1):
            at = now - (8 - seq) * MINUTE
            outcome = "ok" if on_air else "failed"
            look = WifiReading(at=at, outcome=outcome, ssid="NVH", on_air=on_air)
            await at_work.take("dong-1", batch("dong-1", seq, [look]))
        [series] = at_work.store.series("state", "state", SITE, now - 9 * MINUTE, now + MINUTE)
        [causes] = at_work.store.series("state", "cause", SITE, now - 9 * MINUTE, now + MINUTE)
    assert (series.agent, series.labels) == ("collector", {"service": "wifi", "subject": "NVH"})
    drawn = [point for point in series.points if point[0] < now - MINUTE]
    assert drawn == [(now - 6 * MINUTE, 2), (now - 3 * MINUTE, 0)]
    assert causes.points == [(now - 6 * MINUTE, "access_point")]
    assert any(at > now - MINUTE for at, _ in series.points)
