# SPDX-License-Identifier: Apache-2.0
"""Holds what the collector has and says to what really happened."""

import time
from collections import Counter
from dataclasses import dataclass, field

import msgspec

from sansang_collector.config import load
from sansang_collector.record import Record
from sansang_collector.record_sql import undated_table
from sansang_collector.store.base import SeriesStore
from sansang_collector.store.opening import open_store
from sansang_wire.readings import LinkReading
from tests.e2e.box import READINGS
from tests.e2e.centre import SITE, Centre
from tests.e2e.truth import Number, Truth


@dataclass
class Verdict:
    """Figures for a person, and every mistake found."""

    figures: dict[str, int] = field(default_factory=dict[str, int])
    mistakes: list[str] = field(default_factory=list[str])

    def expect(self, what: str, *, holds: bool, detail: object = "") -> None:
        """Note a mistake unless it holds."""
        if not holds:
            self.mistakes.append(f"{what}: {detail}")


def judge(truth: Truth, centre: Centre) -> Verdict:
    """Read the stopped centre and say what does not agree."""
    verdict = Verdict()
    record = centre.record()
    stored = _stored(centre, record)
    received = _numbers(record)
    every = {number for agent in centre.agents() for number in truth.all_numbers(agent)}
    missing = every - received
    allowed = truth.given_up | truth.forgotten
    _expect(verdict, "received but never assigned", received - every)
    _expect(verdict, "lost without having been given up", missing - allowed)
    _expect(verdict, "received but not stored", received - set(stored))
    _expect(
        verdict,
        "stored but neither received nor forgotten",
        set(stored) - received - truth.forgotten,
    )
    doubled = {number for number, count in stored.items() if count > READINGS}
    _expect(verdict, "stored more than once", doubled)
    halved = {number for number, count in stored.items() if count < READINGS}
    _expect(verdict, "stored in part", halved)
    _judge_counters(verdict, truth, record)
    verdict.figures = {
        "agents": len(centre.agents()),
        "epochs": sum(len(agent.epochs) for agent in record.agents.values()),
        "batches": len(every),
        "received": len(received),
        "given_up": len(missing & allowed),
        "lost": len(missing - allowed),
        "doubled": len(doubled),
        "duplicates": sum(agent.duplicates for agent in record.agents.values()),
    }
    if centre.influxdb is not None:
        centre.influxdb.stop()
    record.close()
    return verdict


def _judge_counters(verdict: Verdict, truth: Truth, record: Record) -> None:
    """The collector's own counters must say the same, epoch by epoch."""
    for name, agent in record.agents.items():
        assigned = truth.assigned[name]
        for epoch, numbers in agent.epochs.items():
            last = assigned.get(epoch, 0)
            known = max(numbers.next - 1, numbers.received.last or 0)
            verdict.expect(
                f"{name} {epoch}: nothing is still out",
                holds=numbers.outstanding == 0,
                detail=numbers,
            )
            # What was destroyed before any word of it got out, the collector can't know of.
            told = range(1, min(known, last) + 1)
            gone = [number for number in told if number not in numbers.received]
            verdict.expect(
                f"{name} {epoch}: the lost are counted exactly",
                holds=numbers.lost == len(gone),
                detail=(numbers.lost, len(gone)),
            )
            unheard = {(epoch, number) for number in range(known + 1, last + 1)}
            _expect(
                verdict,
                f"{name}: unheard of, but not destroyed",
                unheard - truth.given_up - truth.forgotten,
            )
        total = sum(numbers.received.count for numbers in agent.epochs.values())
        verdict.expect(
            f"{name}: batches counted", holds=agent.batches == total, detail=(agent.batches, total)
        )
        readings = agent.readings + agent.undated
        verdict.expect(
            f"{name}: readings counted",
            holds=readings == READINGS * total,
            detail=(readings, total),
        )
        verdict.expect(f"{name}: nothing refused", holds=not agent.rejected, detail=agent.rejected)


def _expect(verdict: Verdict, what: str, numbers: set[Number]) -> None:
    verdict.expect(what, holds=not numbers, detail=(len(numbers), sorted(numbers)[:5]))


def _numbers(record: Record) -> set[Number]:
    return {
        (epoch, number)
        for agent in record.agents.values()
        for epoch, numbers in agent.epochs.items()
        for low, high in numbers.received
        for number in range(low, high + 1)
    }


def _stored(centre: Centre, record: Record) -> Counter[Number]:
    """How many readings of each number are in the series store, or kept apart as undated."""
    found: Counter[Number] = Counter()
    store = _open(centre)
    end = time.time_ns() // 1000 + 10**12
    for series in store.series("link", "rx_bytes", SITE, 0, end):
        for _, seq in series.points:
            found[series.labels["interface"], int(seq)] += 1
    store.close()
    with record.engine.connect() as connection:
        for row in connection.execute(undated_table.select()).mappings():
            readings: list[LinkReading] = msgspec.json.decode(
                row["readings"], type=list[LinkReading]
            )
            for reading in readings:
                found[reading.interface, reading.rx_bytes or 0] += 1
    return found


def _open(centre: Centre) -> SeriesStore:
    if centre.influxdb is not None:
        centre.influxdb.start()
    config = load(centre.collector.config)
    return open_store(config.store, config.data_dir)
