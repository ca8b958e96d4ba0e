# SPDX-License-Identifier: Apache-2.0
"""How quick the page of 60 sites is: `python -m bench.page [--sites 60] [--seconds 20]`.

A day of 60 simulated houses lies in the embedded store, and two of them a second add what they
measure. 20 readers ask for the page again and again, each over a new connection, while as many hold
its event stream open. The scale is a static file of the same server in the same run.
"""

import argparse
import http.client
import multiprocessing
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import uvicorn

from bench.machine import describe
from sansang_agent import simulated_site
from sansang_agent.simulated_site import DAY_US, MINUTE_US, Moment, SimulatedSite
from sansang_collector.store.base import Latest, Point, Series
from sansang_collector.store.embedded import EmbeddedStore
from sansang_collector.views import ServiceView
from sansang_collector.web import create_app
from tests.fakes import FixedSources, agent_view, site_view
from tests.waiting import wait_until

READERS = 20
PAST_EVERY_US = 5 * MINUTE_US
LIVE_EVERY_S = 0.5
HOUR_US = 60 * MINUTE_US
STATIC = "/static/page.css"


class StoredSources(FixedSources):
    """Sites and agents as given; what they measured out of a real store."""

    store: EmbeddedStore

    def now(self) -> int:
        """The time it is."""
        return time.time_ns() // 1000

    def latest(self, kind: str, site: str | None) -> list[Latest]:
        """As `Status` asks."""
        return self.store.latest(kind, site, self.now() - HOUR_US)

    def series(  # noqa: PLR0913, PLR0917 - as the protocol has it
        self, kind: str, value: str, site: str | None, start: int, end: int, step: int
    ) -> list[Series]:
        """As `Status` asks."""
        return self.store.series(kind, value, site, start, end, step)


class Times(NamedTuple):
    """Milliseconds to the first byte of each answer, and bytes of the last."""

    first_byte_ms: Sequence[float]
    size: int

    def __str__(self) -> str:
        p95 = statistics.quantiles(self.first_byte_ms, n=20)[-1]
        return (
            f"first byte median {statistics.median(self.first_byte_ms):6.1f} ms  p95 {p95:6.1f} ms"
            f"  longest {max(self.first_byte_ms):6.1f} ms"
            f"  {len(self.first_byte_ms):>6,} answers of {self.size:,} B"
        )


def houses(count: int) -> list[SimulatedSite]:
    """So many invented houses."""
    return [
        SimulatedSite(
            agent=f"nvh-{number:04}-1",
            ssid=f"NVH {number}",
            ipv6=number % 3 != 1,
            loss=0.3 if number % 8 == 3 else 0.0,
            dark=number % 4 == 0,
        )
        for number in range(count)
    ]


def measured(house: SimulatedSite, us: int, *, seldom: bool) -> Iterator[Point]:
    """What a house measures at an instant; nothing while it is dark."""
    moment = simulated_site.past(house, us, us)
    if moment is not None:
        yield from _points(house, moment, seldom=seldom)


def _points(house: SimulatedSite, moment: Moment, *, seldom: bool) -> Iterator[Point]:
    readings = [*simulated_site.often(house, moment), *simulated_site.reaches(house, moment)]
    if seldom:
        readings += simulated_site.seldom(house, moment)
    site = house.agent.removesuffix("-1")
    for reading in readings:
        yield Point(site, house.agent, reading)


def serve(folder: Path, count: int, ready: Connection) -> None:
    """The page over a filled store, until the process is ended."""
    every = houses(count)
    sources = StoredSources()
    sources.store = store = EmbeddedStore(folder / "series.db")
    now = sources.now()
    for us in range(now - DAY_US, now, PAST_EVERY_US):
        seldom = us % HOUR_US < PAST_EVERY_US
        store.write([point for house in every for point in measured(house, us, seldom=seldom)])
    for house in every:
        site = house.agent.removesuffix("-1")
        agent = agent_view(house.agent, site, now, simulated=True)
        name = f"Nhà văn hóa thôn {house.ssid}"
        sources.site_views.append(site_view([agent], site, name, ssids=[house.ssid]))
        sources.service_views.append(
            ServiceView(
                site=site, service="wifi", subject=house.ssid, state="up",
                since=now - DAY_US, judged=now, told=False,
            )
        )  # fmt: skip
    threading.Thread(target=_go_on, args=[store, every], daemon=True).start()
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    server = uvicorn.Server(uvicorn.Config(create_app(sources), log_level="warning"))
    ready.send(listening.getsockname()[1])
    server.run([listening])


def _go_on(store: EmbeddedStore, every: Sequence[SimulatedSite]) -> None:
    while True:
        for house in every:
            us = time.time_ns() // 1000
            store.write(list(_points(house, Moment(us, us), seldom=True)))
            time.sleep(LIVE_EVERY_S)


def read(port: int, path: str, until: float) -> Times:
    """One reader: a new connection for each answer, no pause between."""
    times: list[float] = []
    size = 0
    while time.monotonic() < until:
        begun = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", path)
        answer = connection.getresponse()
        first = answer.read(1)
        times.append(1000 * (time.perf_counter() - begun))
        assert answer.status == 200
        size = len(first + answer.read())
        connection.close()
    return Times(times, size)


def many(port: int, path: str, seconds: float) -> Times:
    """All readers together."""
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(READERS) as readers:
        reading = [readers.submit(read, port, path, until) for _ in range(READERS)]
        found = [each.result() for each in reading]
    return Times([each for times in found for each in times.first_byte_ms], found[0].size)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=20)
    wishes = parser.parse_args()
    print(describe())
    here, there = multiprocessing.Pipe()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as undo:
        server = multiprocessing.get_context("spawn").Process(
            target=serve, args=[Path(folder), wishes.sites, there], daemon=True
        )
        server.start()
        undo.callback(server.join)
        undo.callback(server.terminate)
        port: int = here.recv()
        wait_until(lambda: read(port, STATIC, time.monotonic() + 0.1).size, "the page answers")
        page = many(port, "/", wishes.seconds)
        print(f"\n{wishes.sites} sites, {READERS} readers")
        print(f"page           {page}")
        for _ in range(READERS):
            stream = undo.enter_context(socket.socket())
            stream.connect(("127.0.0.1", port))
            stream.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with_streams = many(port, "/", wishes.seconds)
        print(f"  with streams {with_streams}")
        static = many(port, STATIC, wishes.seconds)
        print(f"static file    {static}")
        medians = [statistics.median(each.first_byte_ms) for each in (with_streams, static)]
        print(f"page / static file: {medians[0] / medians[1]:.2f}")


if __name__ == "__main__":
    main()
