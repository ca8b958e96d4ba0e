# SPDX-License-Identifier: Apache-2.0
"""The record is what it was when it is opened again, and its memory is what the database has."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from sansang_collector import agent_record
from sansang_collector.agent_record import DAY_US
from sansang_collector.record import Record, RecordUnavailableError, Saving
from tests.collector.ingesting import EPOCH, START, Desk, batch, desk, make_hello, shown

OTHER = "fedcba9876543210"


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path) as made:
        yield made


async def fill(at_work: Desk) -> None:
    """Two agents with everything the record keeps."""
    await at_work.greet(make_hello("dong-1", claims={OTHER: (2, 5), EPOCH: (1, 9)}))
    await at_work.take(
        "dong-1",
        *(batch("dong-1", seq, first=2) for seq in (2, 3, 7)),
        batch("dong-1", 8, clock="none"),
        b"not JSON",
    )
    await at_work.take("doai-1", batch("doai-1", 1), batch("doai-1", 1))


async def test_a_reopened_record_is_the_same(tmp_path: Path) -> None:
    """Numbers, counts, hellos, what was refused."""
    with desk(tmp_path) as first:
        await fill(first)
        before = shown(first.record.agents)
    with desk(tmp_path) as second:
        assert shown(second.record.agents) == before
        assert second.of("dong-1").rejected == {"malformed": 1}
        await second.take("dong-1", batch("dong-1", 3, first=2))
        assert second.of("dong-1").duplicates == 1


async def test_a_change_that_can_not_be_saved_is_undone(at_work: Desk, tmp_path: Path) -> None:
    """The memory is what the database has, the sentence is one for a person; it works later."""
    await fill(at_work)
    before = shown(at_work.record.agents)
    with at_work.record.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER no BEFORE UPDATE ON epoch BEGIN SELECT raise(ABORT, 'worn out'); END"
        )
    at_work.answers.clear()
    await at_work.take("dong-1", batch("dong-1", 4), batch("dong-1", 5))
    assert shown(at_work.record.agents) == before
    assert at_work.answers == []
    assert at_work.ingest.record_problem == "the record can't be written: worn out"
    with at_work.record.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER no")
    assert await at_work.ingest.recovered()
    await at_work.take("dong-1", batch("dong-1", 4), batch("dong-1", 5))
    assert at_work.receipted("dong-1") >= {2, 3, 4, 5, 7}
    reopened = Record(tmp_path / "record.db")
    assert shown(reopened.agents) == shown(at_work.record.agents)
    reopened.close()


async def test_memory_that_can_not_be_read_back_is_not_used(at_work: Desk) -> None:
    """Neither saved nor read: nothing is taken until the database can be read again."""
    await fill(at_work)
    before = shown(at_work.record.agents)
    with at_work.record.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE epoch RENAME TO away")
    at_work.answers.clear()
    await at_work.take("dong-1", batch("dong-1", 4))
    await at_work.take("dong-1", batch("dong-1", 5))
    assert at_work.answers == []
    assert "no such table" in (at_work.ingest.record_problem or "")
    with at_work.record.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO epoch")
    await at_work.take("dong-1", b"")
    after = shown(at_work.record.agents)
    assert {key: after[key] for key in after if key != "dong-1"} == {"doai-1": before["doai-1"]}
    assert str(at_work.of("dong-1").epochs[EPOCH].received) == "2-3,7-8"


def first_version(path: Path) -> None:
    """A record as the first version of the collector made it."""
    record = Record(path)
    with record.engine.begin() as connection:
        for (table,) in connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).all():
            connection.exec_driver_sql(f"DROP TABLE {table}")
        config = Config()
        config.set_main_option("script_location", "sansang_collector:migrations")
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "INSERT INTO agent (agent, batches, readings, duplicates, undated, hello)"
            " VALUES ('cu-1', 2, 9, 0, 0, '{\"from\": \"another version\"}')"
        )
        connection.exec_driver_sql(
            "INSERT INTO epoch VALUES ('cu-1', ?, 4, 6, '1,5', 7, 1)", (EPOCH,)
        )
    record.close()


def test_a_record_of_the_first_version_is_taken_over(tmp_path: Path) -> None:
    """With all that it counted; a hello that nobody can read any more is left out."""
    first_version(tmp_path / "record.db")
    for _ in range(2):
        record = Record(tmp_path / "record.db")
        agent = record.agents["cu-1"]
        assert (agent.batches, agent.readings, agent.lost_before, agent.hello) == (2, 9, 0, None)
        assert str(agent.epochs[EPOCH].received) == "1,5"
        assert agent.epochs[EPOCH].lost == 2
        record.close()


@pytest.mark.parametrize("kind", ["newer", "no database", "a folder that can't be"])
def test_a_record_that_can_not_be_used_is_said(tmp_path: Path, kind: str) -> None:
    """Instead of a traceback."""
    path = tmp_path / "record.db"
    if kind == "newer":
        Record(path).close()
        with sqlite3.connect(path) as database:
            database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.close()
    elif kind == "no database":
        path.write_bytes(b"no database, but long enough to be looked at" * 100)
    else:
        path.write_bytes(b"")
        path /= "record.db"
    with pytest.raises(RecordUnavailableError, match=str(path)):
        Record(path)


async def test_an_epoch_that_comes_back_means_two_boxes(at_work: Desk) -> None:
    """One box says hello as often as it likes; the broker's memory of a hello proves nothing."""
    agent = "dong-1"
    for epoch in (EPOCH, EPOCH, OTHER, OTHER):
        await at_work.greet(make_hello(agent, epoch))
    assert at_work.of(agent).cloned_at is None
    at_work.record.agents[agent].greet(make_hello(agent, EPOCH), START, live=False)
    assert at_work.of(agent).cloned_at is None
    assert at_work.of(agent).last_seen != START
    await at_work.greet(make_hello(agent, OTHER))
    assert at_work.of(agent).cloned_at == at_work.of(agent).last_seen is not None


async def test_of_an_epoch_the_hello_does_not_name_nothing_is_still_out(at_work: Desk) -> None:
    """What is missing of it is lost, and no receipt goes out for it."""
    await at_work.take("dong-1", batch("dong-1", 3))
    assert at_work.of("dong-1").epochs[EPOCH].outstanding == 2
    at_work.answers.clear()
    await at_work.greet(make_hello("dong-1", OTHER, {OTHER: (1, 1)}))
    numbers = at_work.of("dong-1").epochs[EPOCH]
    assert (numbers.outstanding, numbers.lost) == (0, 2)
    assert [answer.receipt.epoch for answer in at_work.answers] == [OTHER]


async def test_epochs_that_are_over_become_one_number(at_work: Desk, tmp_path: Path) -> None:
    """35 days after the last of it came; what was lost stays counted, also after a restart."""
    await at_work.take("dong-1", batch("dong-1", 3), batch("dong-1", 1, epoch=OTHER))
    await at_work.greet(make_hello("dong-1", "0" * 16, {OTHER: (2, 4)}))
    agent = at_work.of("dong-1")
    long_ago = START - 36 * DAY_US
    agent.epochs[EPOCH].last_received = agent.epochs[OTHER].last_received = long_ago
    at_work.record.save(Saving(agents=[agent], epochs={"dong-1": set(agent.epochs)}))
    await at_work.take("dong-1", batch("dong-1", 1, epoch="0" * 16))
    assert sorted(agent.epochs) == ["0" * 16, OTHER], "what the box still claims stays"
    assert agent.lost_before == 2
    reopened = Record(tmp_path / "record.db")
    assert shown(reopened.agents) == shown(at_work.record.agents)
    reopened.close()


async def test_a_box_that_starts_for_ever_does_not_fill_the_record(
    at_work: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest of its epochs go first."""
    monkeypatch.setattr(agent_record, "UNCLAIMED_AT_MOST", 3)
    for number in range(10):
        await at_work.take("dong-1", batch("dong-1", 2, epoch=f"{number:016x}"))
        await at_work.greet(make_hello("dong-1", f"{number:016x}"))
    agent = at_work.of("dong-1")
    assert list(agent.epochs) == [f"{number:016x}" for number in (6, 7, 8, 9)]
    assert agent.lost_before + sum(each.lost for each in agent.epochs.values()) == 10
    assert agent.batches == 10
