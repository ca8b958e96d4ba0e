# SPDX-License-Identifier: Apache-2.0
"""From a real agent through Mosquitto and the collector into InfluxDB, and out again by every query
of the dashboard. A second box sends what this machine can't measure: it has no radio.
"""

import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from sansang_agent.net.boot import boottime_us
from sansang_wire.ipv6_readings import TrafficReading
from sansang_wire.reading import Outcome
from sansang_wire.readings import (
    AddressingReading,
    AnyReading,
    RadioReading,
    ReachabilityReading,
    ServiceReading,
    WifiJourneyReading,
    WifiReading,
    WifiScanReading,
)
from sansang_wire.session import Broker
from sansang_wire.speed_readings import SpeedPhase, ThroughputReading
from tests.agent.running import RunningAgent, write_config
from tests.collector.boxes import small_box
from tests.dashboards import judged
from tests.dashboards.grafana import Answered, Asked, ask, filled_in, load, queries
from tests.e2e.centre import SITE, Centre
from tests.waiting import until

REAL, OTHER = "box-1", "box-2"
ON_AIR, OFF_AIR, UNKNOWN = "Nhà văn hóa", "Nhà văn hóa 5G", "Sân kho"
MINUTE_US = 60_000_000
PROBES = """
broker.password_file = "{password}"
batch_every_s = 1
[probes]
host.every_s = 1
link.every_s = 1
[probes.reachability]
every_s = 1
packets = 1
targets = [
    {{name = "abroad", host = "127.0.0.1", scope = "international"}},
    {{name = "abroad", host = "::1", scope = "international"}},
]
"""
DASHBOARD = load()
JUDGED = "(nha-a|nha-b|nha-c|nha-d)"
QUERIES = {f"{asked.title}": asked for asked in queries(DASHBOARD)}


def readings_of_others() -> Sequence[AnyReading]:
    """What a box with a radio tells: one network on air and then not, one that it can't see."""
    now = boottime_us()
    return [
        WifiReading(at=now - 40 * MINUTE_US, outcome="ok", ssid=OFF_AIR, on_air=True),
        WifiReading(at=now, outcome="ok", ssid=ON_AIR, on_air=True, stations=3, channel=6),
        WifiReading(at=now, outcome="failed", reason="not_on_air", ssid=OFF_AIR, on_air=False),
        WifiReading(at=now, outcome="broken", reason="no_radio", ssid=UNKNOWN),
        WifiJourneyReading(at=now - 40 * MINUTE_US, outcome="ok", ssid=ON_AIR, scan_ms=900),
        WifiJourneyReading(
            at=now,
            outcome="failed",
            reason="no_offer",
            ssid=ON_AIR,
            failed_stage="address",
            scan_ms=900,
        ),
        WifiScanReading(at=now, outcome="ok", ssid=ON_AIR, heard=True, unknown_access_points=1),
        radio(now - 60 * MINUTE_US, joined=5, left=4),
        radio(now - 40 * MINUTE_US, joined=9, left=5),
        radio(now - 20 * MINUTE_US, joined=1, left=0),
        radio(now, joined=3, left=2),
        AddressingReading(
            at=now,
            outcome="failed",
            reason="no_global_address",
            family="ipv6",
            global_addresses=0,
        ),
        ServiceReading(
            at=now,
            outcome="ok",
            service="dvc",
            family="ipv4",
            status=200,
            total_ms=120.5,
            certificate_left_d=25.0,
        ),
        ServiceReading(
            at=now, outcome="unreachable", reason="no_route", service="dvc", family="ipv6"
        ),
        *(
            TrafficReading(
                at=now - ago * MINUTE_US,
                outcome="ok",
                interface="eth0",
                method="wan_arithmetic",
                covered_s=900,
                ipv6_bytes=3 * whole,
                ipv4_bytes=whole,
            )
            for ago, whole in ((0, 1000), (40, 7))
        ),
        transfer(now - 40 * MINUTE_US, "download", 94.0),
        transfer(now, "download", 41.5),
        transfer(now, "upload", 20.0),
        reached("first", now, "ok"),
        reached("second", now, "unreachable"),
        reached("first", now - 40 * MINUTE_US, "unreachable"),
        reached("second", now - 40 * MINUTE_US, "unreachable"),
        reached("first", now - 80 * MINUTE_US, "broken"),
    ]


def radio(at: int, joined: int, left: int) -> RadioReading:
    """The agent counts joined and left from its start, and was started anew in between."""
    return RadioReading(
        at=at,
        outcome="ok",
        interface="wlan0",
        signal_median_dbm=-60,
        utilisation_pct=40,
        tx_bitrate_worst_mbps=6,
        tx_bitrate_median_mbps=72,
        retry_worst_pct=35,
        retry_median_pct=4,
        joined=joined,
        left=left,
    )


def transfer(at: int, phase: SpeedPhase, rate_mbps: float) -> ThroughputReading:
    """One that somebody else's traffic kept below what the line can do."""
    return ThroughputReading(
        at=at,
        outcome="ok",
        server="xa",
        family="ipv6",
        phase=phase,
        streams="several",
        rate_mbps=rate_mbps,
        lower_bound=True,
        limited_by="line",
        stop_reason="stable",
        used_bytes=60_000_000,
        idle_rtt_ms=7,
        loaded_rtt_p95_ms=90,
    )


def reached(target: str, at: int, outcome: Outcome) -> ReachabilityReading:
    return ReachabilityReading(
        at=at, outcome=outcome, target=target, family="ipv4", scope="international"
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def influxdb(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[str]:
    """The address of an InfluxDB that the whole chain has filled."""
    folder = tmp_path_factory.mktemp("chain")
    centre = Centre(folder, "mosquitto", "influxdb1", 2)
    assert centre.influxdb is not None
    try:
        centre.start()
        judged.write(centre.influxdb.url, SITE, time.time_ns() // 1000)
        await _fill(folder, centre, centre.influxdb.url)
        yield centre.influxdb.url
    finally:
        for server in centre.servers:
            server.kill()


async def _fill(folder: Path, centre: Centre, url: str) -> None:
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text(centre.password(REAL))
    at = f"mqtt://127.0.0.1:{centre.broker_port}"
    config = write_config(folder, at, PROBES.format(password=password), REAL)
    broker = Broker("127.0.0.1", centre.broker_port, OTHER, password=centre.password(OTHER))
    with RunningAgent(config) as agent:
        async with small_box(folder / "other.db", broker) as other:
            other.outbox.commit(readings_of_others(), other._clock.offset())
            other.uplink.wake()
            await until(lambda: not other.outbox.waiting_count(), "the other's receipt", 60)
        for kind, value in (("host", "uptime_s"), ("link", "rx_mbps"), ("reachability", "sent")):
            stored = f"""SELECT "{value}" FROM "{kind}" WHERE "agent" = '{REAL}'"""  # noqa: S608
            await until(lambda: ask(url, stored), f"{kind} in InfluxDB: {agent.log}", 30)  # noqa: B023


def answer(url: str, title: str, sites: str = SITE) -> list[Answered]:
    asked = QUERIES[title]
    return ask(url, filled_in(asked, DASHBOARD, sites))


def rows(url: str, title: str, label: str) -> dict[str, dict[str, Any]]:
    """The one row of each series, by one of its tags."""
    return {each.tags[label]: each.rows[-1] for each in answer(url, title)}


@pytest.mark.parametrize("asked", QUERIES.values(), ids=QUERIES)
def test_every_query_answers_with_the_boxes_of_the_site(influxdb: str, asked: Asked) -> None:
    found = ask(influxdb, filled_in(asked, DASHBOARD, SITE))
    assert found
    for each in found:
        values = [value for row in each.rows for name, value in row.items() if name != "time"]
        assert any(value is not None for value in values)
    assert {each.tags[name] for each in found for name in ("site",) if name in each.tags} <= {SITE}
    assert {each.tags["agent"] for each in found if "agent" in each.tags} <= {REAL, OTHER}


@pytest.mark.parametrize("asked", QUERIES.values(), ids=QUERIES)
def test_another_site_has_no_part_in_the_answer(influxdb: str, asked: Asked) -> None:
    assert ask(influxdb, filled_in(asked, DASHBOARD, "campaign-2")) == []


def test_the_real_agent_is_heard(influxdb: str) -> None:
    assert [each.rows[0]["Điểm"] for each in answer(influxdb, "Điểm báo về trong 15 phút qua")] == [
        1
    ]
    boxes = rows(influxdb, "Từng thiết bị: lần đo cuối", "agent")
    assert list(boxes) == [REAL]
    assert boxes[REAL]["uptime_s"] > 0
    assert "lo" not in rows(influxdb, "Giao diện mạng bây giờ", "interface")


def test_wifi_off_air_and_wifi_unknown_are_told_apart(influxdb: str) -> None:
    now = rows(influxdb, "Wi-Fi bây giờ", "ssid")
    assert {ssid: row["outcome"] for ssid, row in now.items()} == {
        ON_AIR: 0,
        OFF_AIR: 1,
        UNKNOWN: 3,
    }
    assert now[OFF_AIR]["reason"] == "not_on_air"
    [counted] = answer(influxdb, "Wi-Fi đang có sóng")
    assert (counted.rows[0]["Có sóng"], counted.rows[0]["Đo được"]) == (1, 2)


def test_where_a_guest_stopped_and_a_stranger_are_told(influxdb: str) -> None:
    """The stage with why; 40 minutes ago the guest came through."""
    guest = rows(influxdb, "Khách vào Wi-Fi bây giờ", "ssid")[ON_AIR]
    assert (guest["failed_stage"], guest["reason"], guest["scan_ms"]) == (
        "address",
        "no_offer",
        900,
    )
    assert rows(influxdb, "Wi-Fi nghe thấy bây giờ", "ssid")[ON_AIR]["unknown_access_points"] == 1
    [strip] = answer(influxdb, "Khách vào Wi-Fi theo thời gian")
    assert [row["max"] for row in strip.rows if row["max"] != -1] == [0, 1]


def test_how_well_a_radio_serves_is_drawn_as_measured(influxdb: str) -> None:
    """The slowest and the median apart; who came and went in each step, without the restart."""
    [rates] = answer(influxdb, "Tốc độ gửi tới máy khách")
    [repeated] = answer(influxdb, "Gửi lại qua Wi-Fi")
    [moved] = answer(influxdb, "Lượt vào và ra khỏi Wi-Fi")
    # A step may have begun since the box spoke.
    served = [(row["chậm nhất"], row["trung vị"]) for row in rates.rows]
    assert {step for step in served if step != (None, None)} == {(6, 72)}
    again = [(row["nhiều nhất"], row["trung vị"]) for row in repeated.rows]
    assert {step for step in again if step != (None, None)} == {(35, 4)}
    steps = [(row["vào"], row["ra"]) for row in moved.rows]
    assert [step for step in steps if step != (None, None)] == [(4, 1), (2, 2)]


def test_a_strip_shows_gaps_as_such(influxdb: str) -> None:
    """On air 40 minutes ago, off now, nothing known between and before; of what no radio sees
    there is no strip.
    """
    strips = {each.tags["ssid"]: each.rows for each in answer(influxdb, "Wi-Fi theo thời gian")}
    assert set(strips) == {ON_AIR, OFF_AIR}
    shares = [row["mean"] for row in strips[OFF_AIR]]
    assert [each for each in shares if each != -1] == [1, 0]
    assert shares.count(-1) > 100


def test_each_family_has_a_strip_and_one_dead_target_is_not_the_line(influxdb: str) -> None:
    """40 minutes ago no target answered, now one of two does; a probe that could not run says
    nothing.
    """
    strips = {
        each.tags["family"]: [row["max"] for row in each.rows if row["max"] != -1]
        for each in answer(influxdb, "Ra quốc tế theo từng giao thức")
    }
    assert (strips["ipv4"][0], set(strips["ipv4"][1:])) == (2, {0})
    assert set(strips["ipv6"]) == {0}


def test_a_missing_address_and_a_certificate_are_told(influxdb: str) -> None:
    [row] = [
        each.rows[0]
        for each in answer(influxdb, "Địa chỉ IPv6 bây giờ")
        if each.tags["agent"] == OTHER
    ]
    assert (row["outcome"], row["reason"], row["global_addresses"]) == (1, "no_global_address", 0)
    services = rows(influxdb, "Dịch vụ công bây giờ", "family")
    assert {family: row["outcome"] for family, row in services.items()} == {"ipv4": 0, "ipv6": 2}
    [certificate] = answer(influxdb, "Hạn chứng thư của dịch vụ")
    assert certificate.rows[0]["certificate_left_d"] == 25


def test_how_ready_a_site_is_and_how_much_of_its_traffic_is_ipv6(influxdb: str) -> None:
    """Score, how much is known, its bound and the verdict; the share of bytes, not of readings."""
    [assessed] = answer(influxdb, "Sẵn sàng IPv6 bây giờ")
    row = assessed.rows[-1]
    assert (row["score"], row["capped_at"], row["verdict"]) == (40, 40, "not_ready")
    assert row["reasons"] == "pmtu_black_hole,no_nat64"
    [shares] = answer(influxdb, "Tỷ lệ lưu lượng IPv6")
    values = [value for step in shares.rows for name, value in step.items() if name != "time"]
    assert {value for value in values if value is not None} == {75}


def test_how_fast_a_line_was_is_told_with_what_it_cost(influxdb: str) -> None:
    """The newest test of each direction with its limit; all of them as they came."""
    row = rows(influxdb, "Lần đo tốc độ mới nhất", "phase")["download"]
    assert (row["rate_mbps"], row["lower_bound"], row["limited_by"]) == (41.5, 1, "line")
    [rates] = answer(influxdb, "Tốc độ tải xuống")
    assert [row["median"] for row in rates.rows if row["median"] is not None] == [94, 41.5]
    [used] = answer(influxdb, "Dữ liệu dùng để đo tốc độ")
    assert sum(row["sum"] or 0 for row in used.rows) == 180_000_000


def test_sites_to_choose_from_are_those_that_sent(influxdb: str) -> None:
    [variable] = DASHBOARD["templating"]["list"]
    [found] = ask(influxdb, variable["query"])
    assert [row["value"] for row in found.rows] == [SITE]


def test_what_does_not_work_now_is_listed_with_why_and_for_how_long(influxdb: str) -> None:
    """What works, what is not known and what nobody judges any more are not in the list."""
    found = answer(influxdb, "Đang gián đoạn", JUDGED)
    listed = {(each.tags["site"], each.tags["service"]): each.rows for each in found}
    assert set(listed) == {(judged.DOWN, "wifi"), (judged.UNKNOWN, "box")}
    [wifi], [box] = listed[judged.DOWN, "wifi"], listed[judged.UNKNOWN, "box"]
    assert (wifi["state"], wifi["cause"], wifi["lasted_s"]) == (2, "access_point", 57 * 60)
    assert (box["cause"], box["lasted_s"]) == ("silent", 30 * 60)


def test_services_that_do_not_work_and_those_not_known_are_counted(influxdb: str) -> None:
    """Nothing that is down is a nought; nothing that is judged is no answer."""
    names = ("Không hoạt động", "Chưa biết", "Đang theo dõi")
    for sites, numbers in ((JUDGED, (2, 1, 6)), (judged.UP, (0, 0, 2))):
        [found] = answer(influxdb, "Dịch vụ bây giờ", sites)
        assert tuple(found.rows[0][name] for name in names) == numbers
    assert answer(influxdb, "Dịch vụ bây giờ", judged.GONE) == []


def test_each_service_of_each_site_has_a_strip_of_its_states(influxdb: str) -> None:
    """In order, without the steps in which nothing was written: those Grafana bridges."""
    strips = {
        (each.tags["site"], each.tags["service"]): [
            row["last"] for row in each.rows if row["last"] is not None
        ]
        for each in answer(influxdb, "Dịch vụ theo thời gian", JUDGED)
    }
    order = {name: list(dict.fromkeys(values)) for name, values in strips.items()}
    assert order == {
        (judged.DOWN, "wifi"): [0, 2],
        (judged.DOWN, "internet"): [0, 2, 1],
        (judged.UP, "wifi"): [0, 3],
        (judged.UP, "internet"): [0, 2],
        (judged.UNKNOWN, "internet"): [0, 3],
        (judged.UNKNOWN, "box"): [0, 2],
        (judged.GONE, "internet"): [0, 2],
    }
    assert strips[judged.DOWN, "internet"][-1] == strips[judged.UP, "internet"][-1] == 0


def test_an_outage_is_marked_where_it_began_and_where_it_ended(influxdb: str) -> None:
    """Once each, with its cause; not again every five minutes, and not what was none."""
    marks = {
        title: [
            (row["site"], row["service"], row["cause"])
            for each in answer(influxdb, title, JUDGED)
            for row in each.rows
        ]
        for title in ("Bắt đầu gián đoạn", "Hoạt động lại")
    }
    assert marks == {
        "Bắt đầu gián đoạn": [
            (judged.DOWN, "internet", "carrier"),
            (judged.GONE, "internet", "line"),
            (judged.UP, "internet", "line"),
            (judged.DOWN, "wifi", "access_point"),
            (judged.UNKNOWN, "box", "silent"),
        ],
        "Hoạt động lại": [
            (judged.UP, "internet", "line"),
            (judged.DOWN, "internet", "loss"),
        ],
    }
