# SPDX-License-Identifier: Apache-2.0
"""Whatever arrives: what is good is stored and receipted, what is bad is counted."""

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sansang_collector import fair_queue
from sansang_collector import ingest as ingests
from sansang_wire.batch import MAX_MESSAGE_BYTES, encode
from tests.collector.ingesting import EPOCH, START, Desk, batch, commune, desk, link, make_hello

GOOD = json.loads(encode(link(2)))
BAD_READINGS = {
    "unknown_kind": json.dumps(GOOD | {"kind": "weather"}),
    "missing_field": json.dumps({key: GOOD[key] for key in GOOD if key != "interface"}),
    "wrong_type": json.dumps(GOOD | {"rx_bytes": "many"}),
    "out_of_range": json.dumps(GOOD | {"rx_bytes": -1}),
    "unknown_word": json.dumps(GOOD | {"technology": "pigeon"}),
    "invalid": json.dumps(GOOD | {"interface": "X"}).replace("X", "\\ud800"),
    "future": json.dumps(GOOD | {"at": START + 5 * 3_600_000_000}),
    "ancient": json.dumps(GOOD | {"at": START - 401 * 86_400_000_000}),
}
NAN = json.dumps(GOOD | {"speed_mbps": float("nan")})
LINES = batch("dong-1", 2).decode()
DEEP = "[" * 20_000 + "]" * 20_000
GREETING = encode(make_hello("dong-1")).decode()


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("reason", "bad"),
    [*BAD_READINGS.items(), ("wrong_type", NAN)],
    ids=[*BAD_READINGS, "nan"],
)
async def test_a_bad_reading_costs_that_reading(at_work: Desk, reason: str, bad: str) -> None:
    """It is counted by its reason; the readings beside it are stored and the batch is receipted."""
    mixed = batch("dong-1", 1, [link(1), link(3)]).decode()
    head, tail = mixed.split('"readings":[')
    await at_work.take("dong-1", f'{head}"readings":[{bad},{tail}'.encode())
    assert at_work.of("dong-1").rejected == {reason: 1}
    assert at_work.stored("dong-1") == {1, 3}
    assert at_work.receipted("dong-1") == {1}


BAD_MESSAGES = {
    "oversized": b" " * (MAX_MESSAGE_BYTES + 1),
    "not_utf8": LINES.replace("eth0", "X").encode().replace(b"X", b"\xff"),
    "malformed": LINES[:-3].encode(),
    "malformed, deep": DEEP.encode(),
    "malformed, empty": b"",
    "wrong_agent": batch("doai-1", 2),
    "unknown_version": LINES.replace('"v":1', '"v":2').encode(),
    "bad_envelope": LINES.replace('"seq":2', '"seq":0').encode(),
    "bad_envelope, beyond 2^53": LINES.replace('"seq":2', f'"seq":{2**53 + 1}').encode(),
    "bad_envelope, first": batch("dong-1", 2, first=3),
    "bad_envelope, epoch": LINES.replace(EPOCH, "../../../../etc").encode(),
}


@pytest.mark.parametrize("case", BAD_MESSAGES)
async def test_a_bad_message_costs_that_message(at_work: Desk, case: str) -> None:
    """Counted, not receipted; the batches around it and the other agents' are stored."""
    at_work.offer("dong-1", batch("dong-1", 1))
    at_work.offer("dong-1", BAD_MESSAGES[case])
    at_work.offer("doai-1", batch("doai-1", 1))
    await at_work.take("dong-1", batch("dong-1", 3))
    assert at_work.of("dong-1").rejected == {case.partition(",")[0]: 1}
    assert at_work.receipted("dong-1") == at_work.stored("dong-1") == {1, 3}
    assert at_work.receipted("doai-1") == at_work.stored("doai-1") == {1}
    assert at_work.of("doai-1").rejected == {}


BAD_HELLOS = {
    "bad_hello": b"{}",
    "bad_hello, nested": GREETING.replace('"epochs":[]', f'"epochs":[],"q":{DEEP}').encode(),
    "wrong_agent": encode(make_hello("doai-1")),
    "bad_hello, backwards": encode(make_hello("dong-1", claims={EPOCH: (3, 2)})),
    "bad_hello, epochs": encode(
        make_hello("dong-1", claims={f"{number:016x}": (1, 2) for number in range(1000)})
    ),
}


@pytest.mark.parametrize("case", BAD_HELLOS)
async def test_a_bad_hello_changes_nothing_but_its_count(at_work: Desk, case: str) -> None:
    """What the last good one said stays."""
    good = make_hello("dong-1", claims={EPOCH: (1, 5)})
    await at_work.greet(good)
    at_work.offer("dong-1", BAD_HELLOS[case], "hello")
    await at_work.take("dong-1", batch("dong-1", 1))
    assert at_work.of("dong-1").rejected == {case.partition(",")[0]: 1}
    assert at_work.of("dong-1").hello == good
    assert list(at_work.of("dong-1").epochs) == [EPOCH]
    assert at_work.receipted("dong-1") == {1}


async def test_a_hello_that_grows_in_the_record_can_be_read_back(tmp_path: Path) -> None:
    """1e15 becomes 1000000000000000.0: longer than any message may be."""
    settings_of_probes = json.dumps({"host": {"x": ["Q"] * 12_000}}).replace('"Q"', "1e15")
    text = GREETING.replace('"epochs":[]', f'"epochs":[],"probes":{settings_of_probes}')
    assert len(text) < MAX_MESSAGE_BYTES * 2
    payload = text.replace(" ", "").encode()
    assert len(payload) <= MAX_MESSAGE_BYTES
    with desk(tmp_path) as first:
        first.offer("dong-1", payload, "hello")
        await first.ingest.store_lot()
        said = first.of("dong-1").hello
    with desk(tmp_path) as second:
        assert second.of("dong-1").hello == said is not None


async def test_strangers_are_counted_and_never_recorded(
    at_work: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """Told once each; names without end do not fill the memory; a changed registry knows them."""
    await at_work.take("cu-1", batch("cu-1", 1), batch("cu-1", 2))
    assert at_work.ingest.strangers == {"cu-1": 2}
    assert caplog.text.count("the registry does not know this agent") == 1
    assert (at_work.answers, at_work.record.agents) == ([], {})
    caplog.set_level(logging.ERROR)
    for number in range(ingests.STRANGERS_AT_MOST + 10):
        at_work.offer(f"x-{number}", b"")
    await at_work.ingest.store_lot()
    await at_work.ingest.store_lot()
    assert len(at_work.ingest.strangers) == ingests.STRANGERS_AT_MOST + 1
    at_work.ingest.forgive_strangers()
    at_work.registry = commune("cu-1")
    await at_work.take("cu-1", batch("cu-1", 1))
    assert at_work.receipted("cu-1") == {1}
    assert at_work.ingest.strangers == {}
    assert at_work.ingest._told == set()


async def test_what_comes_twice_is_receipted_twice_and_stored_once(at_work: Desk) -> None:
    """In one lot and in two, in any order."""
    await at_work.take("dong-1", *(batch("dong-1", seq) for seq in (4, 2, 4, 1)))
    assert at_work.receipted("dong-1") == {1, 2, 4}
    at_work.answers.clear()
    await at_work.take("dong-1", batch("dong-1", 4), batch("dong-1", 3))
    assert at_work.receipted("dong-1") == {1, 2, 3, 4}
    record = at_work.of("dong-1")
    assert (record.batches, record.readings, record.duplicates) == (4, 4, 2)
    assert at_work.stored("dong-1") == {1, 2, 3, 4}


async def test_what_no_clock_could_date_is_kept_apart(at_work: Desk) -> None:
    """Receipted and counted; not among the series, which have dates."""
    await at_work.take("dong-1", batch("dong-1", 1, clock="none"), batch("dong-1", 2))
    assert at_work.receipted("dong-1") == {1, 2}
    assert at_work.stored("dong-1") == {2}
    assert (at_work.of("dong-1").undated, at_work.of("dong-1").readings) == (1, 1)
    with at_work.record.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT agent, seq, boot FROM undated").all()
    assert [tuple(row) for row in kept] == [("dong-1", 1, "boot")]


async def test_what_does_not_fit_into_the_queue_is_dropped_and_counted(
    at_work: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In messages and in bytes; there is room again when a lot was taken out."""
    monkeypatch.setattr(fair_queue, "QUEUE_MESSAGES", 3)
    await at_work.take("dong-1", *(batch("dong-1", seq) for seq in range(1, 6)))
    assert at_work.ingest.queue_dropped == 2
    assert at_work.receipted("dong-1") == at_work.stored("dong-1") == {1, 2, 3}
    monkeypatch.setattr(fair_queue, "QUEUE_BYTES", 2 * len(batch("dong-1", 4)))
    for _ in range(3):
        at_work.ingest.queue_dropped = 0
        await at_work.take("dong-1", batch("dong-1", 4), batch("dong-1", 5), batch("dong-1", 6))
        assert at_work.ingest.queue_dropped == 1
    assert at_work.receipted("dong-1") == {1, 2, 3, 4, 5}


async def test_a_box_that_moved_goes_on_at_its_new_site(at_work: Desk) -> None:
    """What is stored stays where it was."""
    await at_work.take("dong-1", batch("dong-1", 1))
    at_work.registry = commune("dong-1", site="nvh-doai")
    await at_work.take("dong-1", batch("dong-1", 2))
    assert at_work.stored("dong-1") == {1}
    [series] = at_work.store.series("link", "rx_bytes", "nvh-doai", START, START + 10**12)
    assert [at for at, _ in series.points] == [link(2).at]
    assert at_work.receipted("dong-1") == {1, 2}


async def test_an_unforeseen_fault_costs_one_message(
    at_work: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The messages around the one that no check stopped are stored, and it is told of."""
    write = at_work.store.write

    def trips(points: list[ingests.Point]) -> int:
        if any(point.reading.at == link(3).at for point in points):
            raise ZeroDivisionError
        return write(points)

    monkeypatch.setattr(at_work.store, "write", trips)
    caplog.set_level(logging.CRITICAL)
    await at_work.take("dong-1", *(batch("dong-1", seq) for seq in range(1, 7)))
    assert at_work.receipted("dong-1") == at_work.stored("dong-1") == {1, 2, 4, 5, 6}
    assert at_work.ingest.failed == 1


JUNK = st.one_of(
    st.binary(max_size=200),
    st.recursive(st.none() | st.floats() | st.integers() | st.text(), st.lists).map(
        lambda each: json.dumps(each).encode()
    ),
    st.tuples(st.sampled_from([LINES, GREETING]), st.integers(0, 400), st.binary(max_size=4)).map(
        lambda each: each[0].encode()[: each[1]] + each[2] + each[0].encode()[each[1] + 1 :]
    ),
)


@settings(max_examples=60)
@given(messages=st.lists(st.tuples(st.sampled_from(["batch", "hello"]), JUNK), max_size=20))
def test_no_bytes_end_the_ingest(
    tmp_path_factory: pytest.TempPathFactory, messages: list[tuple[str, bytes]]
) -> None:
    """Whatever was before it, a good batch is stored and receipted."""

    async def arrive() -> None:
        with desk(tmp_path_factory.mktemp("junk")) as made:
            for channel, payload in messages:
                made.offer("dong-1", payload, "batch" if channel == "batch" else "hello")
            await made.take("doai-1", batch("doai-1", 1))
            assert made.receipted("doai-1") == made.stored("doai-1") == {1}
            assert made.ingest.failed == 0

    logging.disable(logging.WARNING)
    try:
        asyncio.run(arrive())
    finally:
        logging.disable(logging.NOTSET)
