# SPDX-License-Identifier: Apache-2.0
"""What only the InfluxDB store has: a server that refuses, dies, asks for a password or is slow."""

import json
import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3

from sansang_collector.store import influx_http
from sansang_collector.store.base import Point, SeriesStore, StoreUnavailableError
from sansang_collector.store.influx import InfluxStore, lost_points
from sansang_collector.store.influx_http import Answer, Http
from sansang_collector.store.line_protocol import LAST_AT
from sansang_wire.readings import HostReading, LinkReading, ReachabilityReading
from tests.collector.store.fakes import PickySender, answering
from tests.servers import InfluxDB, VictoriaMetrics, free_port

BASE = 1_780_000_000_000_000
SECRET = "no-one-may-see-this"


def host(at: int, cpu_pct: float | None = None) -> HostReading:
    return HostReading(at=at, outcome="ok", boot="b", uptime_s=1.0, clock="kernel", cpu_pct=cpu_pct)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxDB]:
    with InfluxDB(tmp_path_factory.mktemp("influx")) as server:
        yield server


def raw(server: InfluxDB, database: str, lines: str) -> None:
    """Write past the store, as another program might have."""
    Http(server.url, database, None).write(lines.encode())


def test_a_point_of_another_type_is_refused_and_the_others_are_stored(server: InfluxDB) -> None:
    """The loss is counted, as the server tells it, and nothing is sent again."""
    database = uuid.uuid4().hex
    raw(server, database, f'host,site=s,agent=bad cpu_pct="words" {BASE}')
    store = InfluxStore.version_1(server.url, database)
    points = [Point("s", f"a{each}", host(BASE, None if each % 3 else 1.0)) for each in range(12)]
    assert store.write(points) == 4
    found = store.series("host", "uptime_s", "s", BASE, BASE + 1)
    assert {each.agent for each in found} == {f"a{each}" for each in range(12) if each % 3}
    store.close()


def test_a_point_beyond_the_servers_time_costs_itself_only(server: InfluxDB) -> None:
    """A box with a clock of the year 2300 doesn't stop the others."""
    store = InfluxStore.version_1(server.url, uuid.uuid4().hex)
    points = [
        Point("s", "now", host(BASE, 1.0)),
        Point("s", "late", host(2**62, 1.0)),
        Point("s", "last", host(LAST_AT, 1.0)),
    ]
    assert store.write(points) == 1
    assert [each.agent for each in store.latest("host", "s", 0)] == ["last", "now"]
    assert store.latest("host", "s", 2**62) == []
    store.close()


def test_the_database_is_made_when_it_is_missing_also_later(server: InfluxDB) -> None:
    """Reading from one that is not there yet finds nothing; a dropped one is made again."""
    database = "odd \"na'me"
    store = InfluxStore.version_1(server.url, database)
    assert store.series("host", "cpu_pct", "s", 0, 2**62) == []
    assert store.write([Point("s", "a", host(BASE, 1.0))]) == 0
    Http(server.url, database, None).request(
        "POST", "/query", {"q": f"DROP DATABASE {influx_http.identifier(database)}"}
    )
    assert store.write([Point("s", "b", host(BASE, 2.0))]) == 0
    assert [each.agent for each in store.series("host", "cpu_pct", "s", 0, 2**62)] == ["b"]
    store.close()


def test_a_database_that_can_not_be_made_is_said(server: InfluxDB) -> None:
    store = InfluxStore.version_1(server.url, "a\\b/c")
    with pytest.raises(StoreUnavailableError, match="invalid name"):
        store.write([Point("s", "a", host(BASE, 1.0))])
    store.close()


def test_killed_during_writes_and_written_again_each_point_is_there_once(tmp_path: Path) -> None:
    """SIGKILL in the middle: what was not confirmed is sent again, nothing is lost or doubled."""
    lots = [
        [Point("s", "a", host(BASE + lot * 1000 + each, float(lot))) for each in range(1000)]
        for lot in range(40)
    ]
    with InfluxDB(tmp_path) as server:
        store = InfluxStore.version_1(server.url, "sansang")
        store.write(lots[0])
        killer = threading.Timer(0.05, server.kill)
        killer.start()
        unsure: list[int] = []
        for number, lot in enumerate(lots * 5):
            try:
                store.write(lot)
            except StoreUnavailableError:
                unsure.append(number % len(lots))
        killer.join()
        assert unsure
        assert "does not answer" in (store.healthy() or "")
        server.start()
        for number in sorted(set(unsure)):
            assert store.write(lots[number]) == 0
        [series] = store.series("host", "cpu_pct", "s", 0, 2**62)
        assert [at for at, _ in series.points] == [BASE + each for each in range(40_000)]
        assert store.healthy() is None
        store.close()


def test_a_wrong_password_is_said_and_never_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """In no message, log or repr; with the right one everything works, an odd one, too."""
    caplog.set_level(logging.DEBUG)
    password = f"{SECRET} ắü'\":@/\\"
    with InfluxDB(tmp_path, authentication=True) as server:
        create = f"CREATE USER keeper WITH PASSWORD {influx_http.literal(password)}"
        made = urllib3.request(
            "POST", f"{server.url}/query", fields={"q": f"{create} WITH ALL PRIVILEGES"}
        )
        assert made.status == 200
        wrong = InfluxStore.version_1(server.url, "sansang", "keeper", f"{SECRET}-wrong")
        with pytest.raises(StoreUnavailableError, match="user and password") as told:
            wrong.write([Point("s", "a", host(BASE, 1.0))])
        right = InfluxStore.version_1(server.url, "sansang", "keeper", password)
        assert right.write([Point("s", "a", host(BASE, 1.0))]) == 0
        assert len(right.series("host", "cpu_pct", "s", 0, 2**62)) == 1
        shown = f"{told.value} {wrong.healthy()} {wrong!r} {vars(wrong)!r} {caplog.text}"
        assert SECRET not in shown
        wrong.close()
        right.close()


def test_a_lot_that_is_too_large_for_the_server_is_split(tmp_path: Path) -> None:
    with InfluxDB(tmp_path, max_body_bytes=20_000) as server:
        store = InfluxStore.version_1(server.url, "sansang")
        points = [Point("s", "a", host(BASE + each, 1.0)) for each in range(3000)]
        assert store.write(points) == 0
        [series] = store.series("host", "cpu_pct", "s", 0, 2**62)
        assert len(series.points) == 3000
        store.close()


def version_1(url: str) -> SeriesStore:
    return InfluxStore.version_1(url, "db", "u", SECRET)


def version_2(url: str) -> SeriesStore:
    return InfluxStore.version_2(url, "org", "db", SECRET)


VERSIONS = [version_1, version_2]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (500, b'{"error":"engine: disk full"}', r"answered 500 \(engine: disk full\)"),
        (503, b"<html>try later</html>", r"answered 503 \(<html>try later</html>\)"),
        (401, b'{"code":"unauthorized","message":"no"}', "token, are not right"),
        (404, b'{"code":"not found","message":"bucket"}', "make it or correct the name"),
        (429, b"", "asked too much"),
        (400, b'{"error":"database is required"}', r"answered 400 \(database is required\)"),
        (413, b"", "answered 413"),
        (301, b"", "answered 301"),
    ],
)
def test_an_answer_that_says_no_leaves_everything_to_be_written_again(
    version: Callable[[str], SeriesStore],
    status: int,
    body: bytes,
    told: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Each with the server's words and what to do; the secret is nowhere."""
    caplog.set_level(logging.DEBUG)
    with answering(status, body) as url:
        store = version(url)
        with pytest.raises(StoreUnavailableError, match=told) as raised:
            store.write([Point("s", "a", host(BASE, 1.0))])
        assert store.healthy() is not None
        store.close()
    assert SECRET not in f"{raised.value} {raised.value.__cause__} {vars(store)!r} {caplog.text}"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_that_is_not_there_is_said(version: Callable[[str], SeriesStore]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    store = version(url)
    with pytest.raises(StoreUnavailableError, match=f"{url} does not answer"):
        store.write([Point("s", "a", host(BASE, 1.0))])
    with pytest.raises(StoreUnavailableError, match=f"{url} does not answer"):
        store.series("host", "cpu_pct", "s", 0, 1)
    store.close()


@pytest.mark.parametrize("body", [b"hello", b"[]", b'{"results": 5}', b"\xff"])
def test_something_else_at_the_address_is_said(body: bytes) -> None:
    with answering(200, body) as url:
        store = InfluxStore.version_1(url, "db")
        assert "is not InfluxDB" in (store.healthy() or "")
        store.close()


@pytest.mark.parametrize("url", ["localhost:8086", "ftp://x", f"http://u:{SECRET}@x:8086", ""])
def test_an_address_that_can_not_be_used_is_refused_without_repeating_it(url: str) -> None:
    """It may hold a password, which belongs into a setting of its own."""
    with pytest.raises(ValueError, match="the address of InfluxDB") as told:
        InfluxStore.version_1(url, "db")
    assert SECRET not in str(told.value)


def test_a_bad_line_costs_itself_when_the_server_refuses_the_whole() -> None:
    """The lot is sent in halves until the bad line stands alone."""
    sender = PickySender(b"agent=a77,")
    store = InfluxStore(sender, Http("http://127.0.0.1:1", "db", None))
    points = [Point("s", f"a{each}", host(BASE, 1.0)) for each in range(1000)]
    assert store.write(points) == 1
    assert len(sender.stored) == 999
    assert sender.requests < 30


def test_a_server_that_refuses_everything_is_not_asked_for_ever() -> None:
    sender = PickySender(b"agent=")
    store = InfluxStore(sender, Http("http://127.0.0.1:1", "db", None))
    assert store.write([Point("s", f"a{each}", host(BASE)) for each in range(5000)]) == 5000
    assert sender.requests < 400


@pytest.mark.parametrize(
    ("status", "body", "lost"),
    [
        (400, '{"error":"partial write: field type conflict: input dropped=3"}', 3),
        (400, '{"error":"partial write: points beyond retention policy dropped=9"}', 9),
        (422, '{"code":"unprocessable entity","message":"partial write: x dropped=2"}', 2),
        (400, "{\"error\":\"partial write: unable to parse 'a': x\\nunable to parse 'b': y\"}", 2),
        (400, '{"error":"partial write of line protocol occurred","data":[{"line_number":2}]}', 1),
        (400, '{"error":"partial write: who knows"}', 10),
        (400, '{"error":"partial write: dropped=99"}', 10),
        (400, '{"error":"unable to parse"}', None),
        (500, '{"error":"partial write: dropped=1"}', None),
    ],
)
def test_how_many_points_an_answer_says_are_lost(status: int, body: str, lost: int | None) -> None:
    """As 1.x, 2.x and 3 say it, of ten lines; None when nothing was stored."""
    assert lost_points(Answer(status, body.encode()), 10) == lost


def test_the_official_client_delivers_every_number_with_its_tags(tmp_path: Path) -> None:
    """Path of 2.x and 3, against a server that takes it: numbers, tags and times arrive exact."""
    link = LinkReading(
        at=BASE, outcome="failed", interface="wlan 0,=", technology="wireless", up=True, rx_mbps=0.1
    )
    reached = ReachabilityReading(
        at=BASE + 1000, outcome="ok", target="a b", family="ipv6", scope="domestic", sent=5
    )
    with VictoriaMetrics(tmp_path) as server:
        store = InfluxStore.version_2(server.url, "org", "bucket", SECRET)
        assert store.write([Point("nhà văn hoá", "a", link), Point("s", "b", reached)]) == 0
        store.close()
        found = {
            told["metric"]["__name__"]: told
            for told in map(json.loads, server.export('{__name__!=""}'))
        }
    assert {name: (told["values"], told["timestamps"]) for name, told in found.items()} == {
        "link_outcome": ([1], [BASE // 1000]),
        "link_up": ([1], [BASE // 1000]),
        "link_technology": ([0], [BASE // 1000]),  # this server keeps numbers only
        "link_rx_mbps": ([0.1], [BASE // 1000]),
        "reachability_outcome": ([0], [BASE // 1000 + 1]),
        "reachability_sent": ([5], [BASE // 1000 + 1]),
    }
    tags = found["link_up"]["metric"]
    assert (tags["site"], tags["agent"], tags["interface"]) == ("nhà văn hoá", "a", "wlan 0,=")
