# SPDX-License-Identifier: Apache-2.0
"""A page that is open hears of what changes; many readers cost as much as one."""

import asyncio
from collections.abc import Iterator

import pytest
import urllib3

from sansang_collector.web.shared import Shared
from sansang_wire.readings import KINDS
from tests.collector.serving import page
from tests.collector.web.reading import Browse, one_site, words
from tests.fakes import NOW, FixedSources, reachability


def messages(url: str) -> Iterator[tuple[str, str]]:
    """Event and data of each message, as the HTML standard (§9.2.6) has a browser read them."""
    answer = urllib3.request("GET", url, preload_content=False, timeout=10)
    assert answer.headers["content-type"].startswith("text/event-stream")
    event, data = "message", list[str]()
    buffer = b""
    try:
        for chunk in answer.stream(1):
            buffer += chunk
            while b"\n" in buffer:
                line, _, buffer = buffer.partition(b"\n")
                name, _, value = line.decode().partition(": ")
                if name == "event":
                    event = value
                elif name.startswith("data"):
                    data.append(value)
                elif not name and data:
                    yield event, "\n".join(data)
                    event, data = "message", []
    finally:
        answer.close()


def test_a_reader_hears_of_a_change(browse: Browse) -> None:
    """First how the page is, which is what the page holds; then how it is after the change."""
    sources = one_site(reachability("nvh-dong", "dong-1", NOW))
    with page(sources) as url:
        heard = messages(f"{url}/events?lang=en")
        event, first = next(heard)
        assert event == "page"
        assert "All is well" in words(first)
        assert first in browse(sources).get("/?lang=en").text
        sources.readings = [reachability("nvh-dong", "dong-1", NOW, outcome=2)]
        _, second = next(heard)
        assert "◆ No Internet" in words(second)


def test_a_reader_of_one_site_hears_of_that_site() -> None:
    """In its own language."""
    with page(one_site()) as url:
        _, shown = next(messages(f"{url}/events?lang=vi&site=nvh-dong"))
    assert "Số liệu mới nhất" in words(shown)


def test_many_readers_cost_one_look_at_the_store(browse: Browse) -> None:
    """What is known is taken once for both languages and all pages."""
    sources = one_site()
    client = browse(sources)
    for path in ("/", "/?lang=en", "/sites/nvh-dong", "/sites/nvh-dong?lang=en"):
        assert client.get(path).status_code == 200
    assert sources.latest_calls == len(KINDS), "one question for each kind of reading"
    assert sources.series_calls == 13, "the day of all sites; five charts and the quarter of one"


def test_the_page_does_not_hold_up_the_end() -> None:
    """The server ends although readers listen: `page` asserts it."""
    with page(FixedSources()) as url:
        heard = messages(f"{url}/events")
        next(heard)
    assert list(heard) == []


async def test_what_is_shared_is_made_once_for_all_who_wait() -> None:
    """Also when the one who asked first goes away."""
    made: list[str] = []
    go_on = asyncio.Event()

    async def make(key: str) -> int:
        made.append(key)
        await go_on.wait()
        return len(made)

    shared = Shared[str, int](make, 60)
    waiting = [asyncio.create_task(shared.get("a")) for _ in range(5)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    go_on.set()
    assert await asyncio.gather(*waiting[1:]) == [1, 1, 1, 1]
    assert await shared.get("a") == 1
    assert await shared.get("b") == 2
    assert made == ["a", "b"]


async def test_what_failed_is_tried_again_by_the_next() -> None:
    """A fault is told to those who waited for it, and not kept."""
    faults = [ValueError("first"), None]

    async def make(_: str) -> str:
        if fault := faults.pop(0):
            raise fault
        return "made"

    shared = Shared[str, str](make, 60)
    with pytest.raises(ValueError, match="first"):
        await shared.get("a")
    assert await shared.get("a") == "made"
