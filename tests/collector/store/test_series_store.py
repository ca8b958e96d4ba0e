# SPDX-License-Identifier: Apache-2.0
"""One behaviour for every series store: SQLite, and InfluxDB where it is installed."""

import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sansang_collector.store.base import Point, SeriesStore
from sansang_collector.store.embedded import EmbeddedStore
from sansang_collector.store.influx import InfluxStore
from sansang_wire.reading import Outcome
from sansang_wire.readings import HostReading, LinkReading, ReachabilityReading
from tests.servers import InfluxDB

BASE = 1_780_000_000_000_000
SECOND = 1_000_000
ODD = st.one_of(
    st.text(
        st.characters(blacklist_categories=["Cs"]),
        min_size=1,
        max_size=20,
    ),
    st.text(st.sampled_from("\\\"'`,= %\n\r\t\0ắ字\u2028\ufffd"), min_size=1, max_size=8),
)


@dataclass(frozen=True)
class Kept:
    """A place where a store keeps its data: `open` gives the store, again and again."""

    open: Callable[[], SeriesStore]


@pytest.fixture(scope="session")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxDB]:
    with InfluxDB(tmp_path_factory.mktemp("influx")) as server:
        yield server


@pytest.fixture(params=["embedded", "influx 1"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    if request.param == "embedded":
        return Kept(lambda: EmbeddedStore(tmp_path / "series.sqlite"))
    server: InfluxDB = request.getfixturevalue("influx")
    database = uuid.uuid4().hex
    return Kept(lambda: InfluxStore.version_1(server.url, database))


@pytest.fixture
def store(kept: Kept) -> Iterator[SeriesStore]:
    store = kept.open()
    yield store
    store.close()


def host(at: int, **values: Any) -> HostReading:
    given: dict[str, Any] = {"outcome": "ok", "boot": "b", "uptime_s": 1.0, "clock": "kernel"}
    return HostReading(at=at, **(given | values))


def link(at: int, interface: str, **values: Any) -> LinkReading:
    given: dict[str, Any] = {"outcome": "ok", "technology": "wired", "up": True}
    return LinkReading(at=at, interface=interface, **(given | values))


def reached(at: int, target: str, family: str, **values: Any) -> ReachabilityReading:
    given: dict[str, Any] = {"outcome": "ok", "target": target, "family": family}
    return ReachabilityReading(at=at, scope="domestic", **(given | values))


def test_a_value_comes_back_with_its_time_oldest_first(store: SeriesStore) -> None:
    """Written in any order, read in the order of time, µs exact."""
    times = [BASE + 3, BASE + 1, BASE + 2]
    points = [Point("s", "a", host(at, cpu_pct=float(at - BASE))) for at in times]
    assert store.write(points) == 0
    [series] = store.series("host", "cpu_pct", "s", BASE, BASE + 10)
    assert (series.site, series.agent, dict(series.labels)) == ("s", "a", {})
    assert list(series.points) == [(BASE + 1, 1.0), (BASE + 2, 2.0), (BASE + 3, 3.0)]


def test_the_span_holds_its_start_and_not_its_end(store: SeriesStore) -> None:
    store.write([Point("s", "a", host(BASE + each, cpu_pct=1.0)) for each in range(4)])
    [series] = store.series("host", "cpu_pct", "s", BASE + 1, BASE + 3)
    assert [at for at, _ in series.points] == [BASE + 1, BASE + 2]
    assert store.series("host", "cpu_pct", "s", BASE + 3, BASE + 3) == []
    assert store.series("host", "cpu_pct", "s", BASE + 3, BASE + 1) == []
    [everything] = store.series("host", "cpu_pct", "s", 0, 2**62)
    assert len(everything.points) == 4


def test_each_set_of_labels_is_a_series_of_its_own(store: SeriesStore) -> None:
    """Two targets in two families from two agents, another site: nothing is mixed."""
    store.write([
        Point(site, agent, reached(BASE, target, family, rtt_avg_ms=float(len(target))))
        for site in ("s", "other")
        for agent in ("a", "b")
        for target in ("x", "yy")
        for family in ("ipv4", "ipv6")
    ])  # fmt: skip
    found = store.series("reachability", "rtt_avg_ms", "s", BASE, BASE + 1)
    assert [
        (each.agent, dict(each.labels), list(each.points)) for each in found
    ] == [
        (agent, {"target": target, "family": family, "scope": "domestic"}, [(BASE, float(length))])
        for agent in ("a", "b")
        for family in ("ipv4", "ipv6")
        for target, length in (("x", 1), ("yy", 2))
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "written", "read"),
    [
        ("up", True, 1),
        ("up", False, 0),
        ("carrier_changes", 2**63 - 1, 2**63 - 1),
        ("rx_mbps", 1e-7, 1e-7),
        ("rx_mbps", 0.1 + 0.2, 0.1 + 0.2),
        ("rx_mbps", 5.0, 5.0),
        ("duplex", "half", "half"),
        ("reason", "no_carrier", "no_carrier"),
    ],
)
def test_every_type_comes_back_exactly(
    store: SeriesStore, value: str, written: Any, read: Any
) -> None:
    """Integers stay integers, floats floats; flags become 0 and 1."""
    store.write([Point("s", "a", link(BASE, "eth0", **{value: written}))])
    [series] = store.series("link", value, "s", BASE, BASE + 1)
    [(at, got)] = series.points
    assert (at, got, type(got)) == (BASE, read, type(read))
    [latest] = store.latest("link", "s", BASE)
    assert (latest.fields[value], type(latest.fields[value])) == (read, type(read))


@pytest.mark.parametrize(
    ("outcome", "code"), [("ok", 0), ("failed", 1), ("unreachable", 2), ("broken", 3)]
)
def test_an_outcome_is_a_number(store: SeriesStore, outcome: Outcome, code: int) -> None:
    """As in `OUTCOME_CODES`, so that a dashboard can average it."""
    store.write([Point("s", "a", host(BASE, outcome=outcome))])
    [series] = store.series("host", "outcome", "s", BASE, BASE + 1)
    assert list(series.points) == [(BASE, code)]


def test_what_was_not_measured_is_not_there(store: SeriesStore) -> None:
    """None and NaN are no values: not a zero, not a gap with a time."""
    store.write([
        Point("s", "a", host(BASE, cpu_pct=None, load_1=float("nan"))),
        Point("s", "a", host(BASE + 1, cpu_pct=7.0)),
    ])  # fmt: skip
    [series] = store.series("host", "cpu_pct", "s", BASE, BASE + 2)
    assert list(series.points) == [(BASE + 1, 7.0)]
    assert store.series("host", "load_1", "s", BASE, BASE + 2) == []
    assert store.series("host", "reason", "s", BASE, BASE + 2) == []
    assert store.write([Point("s", "b", host(BASE + 2, load_1=float("nan")))]) == 0
    assert set(store.latest("host", "s", BASE + 2)[0].fields) == {
        "outcome", "boot", "uptime_s", "clock",
    }  # fmt: skip


def test_writing_again_changes_nothing_and_another_value_overwrites(store: SeriesStore) -> None:
    """Batches are sent again until they are receipted: each point counts once, the last holds."""
    points = [Point("s", "a", host(BASE + each, cpu_pct=1.0)) for each in range(3)]
    store.write(points)
    store.write(points + points)
    store.write([Point("s", "a", host(BASE + 1, cpu_pct=2.0))])
    [series] = store.series("host", "cpu_pct", "s", BASE, BASE + 10)
    assert list(series.points) == [(BASE, 1.0), (BASE + 1, 2.0), (BASE + 2, 1.0)]
    [mean] = store.series("host", "cpu_pct", "s", BASE, BASE + 10, 1000 * SECOND)
    assert mean.points[0][1] == pytest.approx(4 / 3)
    [latest] = store.latest("host", "s", BASE + 1)
    assert latest.at == BASE + 2


def test_a_step_gives_means_at_multiples_of_the_step(store: SeriesStore) -> None:
    """Numbers and flags are averaged, empty steps left out, cut steps count what is inside."""
    minute = 60 * SECOND
    begin = BASE - BASE % minute
    store.write([
        Point("s", "a", link(begin + seconds * SECOND, "eth0", rx_mbps=float(seconds), up=up))
        for seconds, up in [(0, True), (10, False), (50, True), (70, False), (200, True)]
    ])  # fmt: skip
    [all_of_it] = store.series("link", "rx_mbps", "s", begin, begin + 10 * minute, minute)
    assert list(all_of_it.points) == [
        (begin, 20.0),
        (begin + minute, 70.0),
        (begin + 3 * minute, 200.0),
    ]
    cut = (begin + 10 * SECOND, begin + 50 * SECOND)
    [inside] = store.series("link", "rx_mbps", "s", *cut, minute)
    assert list(inside.points) == [(begin, 10.0)]
    [flags] = store.series("link", "up", "s", begin, begin + minute, minute)
    [(at, share)] = flags.points
    assert (at, share) == (begin, pytest.approx(2 / 3))


def test_a_step_gives_the_last_of_words(store: SeriesStore) -> None:
    minute = 60 * SECOND
    begin = BASE - BASE % minute
    store.write([
        Point("s", "a", host(begin + 1, outcome="failed", reason="first")),
        Point("s", "a", host(begin + 3)),
        Point("s", "a", host(begin + 2, outcome="failed", reason="last")),
        Point("s", "a", host(begin + minute, outcome="failed", reason="next")),
    ])  # fmt: skip
    [series] = store.series("host", "reason", "s", begin, begin + 2 * minute, minute)
    assert list(series.points) == [(begin, "last"), (begin + minute, "next")]


def test_latest_is_the_newest_point_of_every_series(store: SeriesStore) -> None:
    """With all its fields, none of an older point, and nothing from before `since`."""
    store.write([
        Point("s", "a", link(BASE, "eth0", speed_mbps=100.0)),
        Point("s", "a", link(BASE + 9, "eth0", outcome="failed", reason="why")),
        Point("s", "a", link(BASE + 5, "wlan0")),
        Point("s", "b", link(BASE + 1, "eth0")),
        Point("other", "a", link(BASE + 9, "eth0")),
    ])  # fmt: skip
    found = store.latest("link", "s", BASE + 5)
    assert [(each.kind, each.site, each.agent, dict(each.labels), each.at) for each in found] == [
        ("link", "s", "a", {"interface": "eth0"}, BASE + 9),
        ("link", "s", "a", {"interface": "wlan0"}, BASE + 5),
    ]
    assert dict(found[0].fields) == {
        "outcome": 1, "reason": "why", "technology": "wired", "up": 1,
    }  # fmt: skip


def test_all_sites_can_be_asked_for_at_once(store: SeriesStore) -> None:
    """Each series says where it belongs; a page of many sites needs one question."""
    store.write([
        Point(site, "a", host(BASE + at, cpu_pct=float(at)))
        for site in ("s", "other")
        for at in (1, 2)
    ])  # fmt: skip
    found = store.series("host", "cpu_pct", None, BASE, BASE + 3)
    points = [(BASE + 1, 1.0), (BASE + 2, 2.0)]
    assert [(each.site, list(each.points)) for each in found] == [("other", points), ("s", points)]
    stepped = store.series("host", "cpu_pct", None, BASE, BASE + 3, SECOND)
    assert [(each.site, list(each.points)) for each in stepped] == [
        ("other", [(BASE, 1.5)]),
        ("s", [(BASE, 1.5)]),
    ]
    newest = store.latest("host", None, BASE)
    assert [(each.site, each.at) for each in newest] == [("other", BASE + 2), ("s", BASE + 2)]


def test_what_does_not_exist_is_a_key_error_and_what_is_empty_is_empty(store: SeriesStore) -> None:
    with pytest.raises(KeyError):
        store.series("nothing", "cpu_pct", "s", 0, 1)
    with pytest.raises(KeyError):
        store.series("host", 'cpu_pct" FROM x', "s", 0, 1)
    with pytest.raises(KeyError):
        store.series("link", "interface", "s", 0, 1)  # a label is no value
    with pytest.raises(KeyError):
        store.latest("nothing", "s", 0)
    assert store.series("host", "cpu_pct", "nowhere", 0, 2**62) == []
    assert store.latest("host", "nowhere", 0) == []
    assert store.write([]) == 0
    assert store.healthy() is None


@pytest.mark.parametrize("site", ["s' OR 'a'='a", "s'; DROP MEASUREMENT host; --", 's" OR 1=1 --'])
def test_a_site_id_can_not_break_out_of_a_query(store: SeriesStore, site: str) -> None:
    store.write([Point("s", "a", host(BASE, cpu_pct=1.0))])
    assert store.series("host", "cpu_pct", site, 0, 2**62) == []
    assert store.latest("host", site, 0) == []
    store.write([Point(site, "a", host(BASE, cpu_pct=2.0))])
    [series] = store.series("host", "cpu_pct", site, 0, 2**62)
    assert list(series.points) == [(BASE, 2.0)]
    [untouched] = store.series("host", "cpu_pct", "s", 0, 2**62)
    assert list(untouched.points) == [(BASE, 1.0)]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(site=ODD, agent=ODD, target=ODD, address=st.one_of(st.just(""), ODD))
def test_every_text_comes_back_as_it_was(
    store: SeriesStore, site: str, agent: str, target: str, address: str
) -> None:
    """Quotes, commas, line breaks, backslashes at the end: in site, agent, label and field."""
    reading = reached(BASE, target, "ipv6", address=address, rtt_avg_ms=1.5)
    neighbour = reached(BASE, "neighbour", "ipv4", rtt_avg_ms=2.5)
    points = [Point(site, agent, reading), Point(site, "neighbour", neighbour)]
    assert store.write(points) == 0
    found = store.series("reachability", "address", site, BASE, BASE + 1)
    labels = {"target": target, "family": "ipv6", "scope": "domestic"}
    assert (agent, labels, [(BASE, address)]) in [
        (each.agent, dict(each.labels), list(each.points)) for each in found
    ]
    numbers = store.series("reachability", "rtt_avg_ms", site, BASE, BASE + 1)
    assert [(BASE, 2.5)] in [list(each.points) for each in numbers]


def test_what_was_written_is_there_after_a_restart(kept: Kept) -> None:
    """Also when the same series goes on afterwards."""
    store = kept.open()
    store.write([Point("s", "a", host(BASE, cpu_pct=1.0))])
    store.close()
    store = kept.open()
    store.write([Point("s", "a", host(BASE + 1, cpu_pct=2.0))])
    [series] = store.series("host", "cpu_pct", "s", BASE, BASE + 2)
    store.close()
    assert list(series.points) == [(BASE, 1.0), (BASE + 1, 2.0)]


def test_reads_go_on_while_another_thread_writes(store: SeriesStore) -> None:
    """A read sees whole writes: of each lot all points or none."""
    lots, lot = 30, 50
    done = threading.Event()
    failures: list[BaseException] = []

    def write() -> None:
        try:
            for number in range(lots):
                store.write([
                    Point("s", "a", host(BASE + number * lot + each, cpu_pct=1.0))
                    for each in range(lot)
                ])  # fmt: skip
        except BaseException as error:  # noqa: BLE001 - the other thread says it
            failures.append(error)
        finally:
            done.set()

    writer = threading.Thread(target=write)
    writer.start()
    counts: list[int] = []
    while not done.is_set():
        found = store.series("host", "cpu_pct", "s", BASE, BASE + lots * lot)
        counts.append(sum(len(each.points) for each in found))
    writer.join()
    assert not failures
    assert counts == sorted(counts)
    [series] = store.series("host", "cpu_pct", "s", BASE, BASE + lots * lot)
    assert len(series.points) == lots * lot


def test_many_points_of_many_series_in_one_write(store: SeriesStore) -> None:
    """More than a statement, a lot or a request holds, and more than waits to be sorted in."""
    points = [
        Point("s", f"a{agent}", host(BASE + at, cpu_pct=float(agent)))
        for at in range(1201)
        for agent in range(10)
    ]
    assert store.write(points) == 0
    found = store.series("host", "cpu_pct", "s", BASE, BASE + 2000)
    assert [(each.agent, len(each.points)) for each in found] == [
        (f"a{agent}", 1201) for agent in range(10)
    ]
