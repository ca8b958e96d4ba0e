# SPDX-License-Identifier: Apache-2.0
"""What readings say of a Wi-Fi is kept in the same breath as that they were received."""

import time
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig

from sansang_collector.ingest import Point
from sansang_collector.message_sql import Service, load_told
from sansang_collector.record import Record
from sansang_collector.store.base import StoreUnavailableError
from sansang_collector.watch.alerts import Notice, Told
from sansang_wire.batch import Batch, encode
from sansang_wire.reading import Clock, JourneyStage
from sansang_wire.readings import AnyReading, WifiJourneyReading, WifiReading
from tests.collector.ingesting import EPOCH, SITE, desk, make_hello

WIFI = Service(SITE, "wifi", "NVH")
MINUTE = 60_000_000


def wifi(seq: int, minutes_ago: float, *, on_air: bool, clock: Clock = "kernel") -> bytes:
    """Batch `seq` of a box, with one look at the Wi-Fi, so long before this tenth of a second."""
    reading = WifiReading(
        at=time.time_ns() // 100_000_000 * 100_000 - int(minutes_ago * MINUTE),
        outcome="ok" if on_air else "failed",
        reason=None if on_air else "not_on_air",
        ssid="NVH",
        on_air=on_air,
    )
    return batch_of(seq, reading, clock)


def batch_of(seq: int, reading: AnyReading, clock: Clock = "kernel") -> bytes:
    return encode(
        Batch(
            v=1,
            agent="dong-1",
            epoch=EPOCH,
            seq=seq,
            first=1,
            boot="boot",
            clock=clock,
            readings=[reading],
        )
    )


def measured_at(batch: bytes) -> int:
    """When the only reading in it was made."""
    return msgspec.json.decode(batch, type=Batch).readings[0].at


async def test_a_series_store_that_is_down_keeps_no_alert_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No receipt meanwhile; what is sent again tells nobody again."""
    with desk(tmp_path) as at_work:
        write = at_work.store.write

        def away(_points: list[Point]) -> int:
            raise StoreUnavailableError("away")

        monkeypatch.setattr(at_work.store, "write", away)
        batches = [wifi(at, 4 - at, on_air=False) for at in (1, 2, 3)]
        await at_work.take("dong-1", *batches)
        [message] = at_work.record.unfinished()
        assert (message.about, message.notice.state) == (WIFI, "down")
        assert message.notice.since == measured_at(batches[0])
        assert at_work.told == [True]
        assert at_work.receipted("dong-1") == set()
        held = at_work.watching.held()
        monkeypatch.setattr(at_work.store, "write", write)
        await at_work.take("dong-1", *batches)
        assert at_work.receipted("dong-1") == {1, 2, 3}
        assert at_work.watching.held() == held
        assert len(at_work.record.unfinished()) == len(at_work.told) == 1


async def test_a_backlog_behind_its_newest_batch_still_dates_the_beginning(tmp_path: Path) -> None:
    """The line was cut for some minutes, and the Wi-Fi went with it: one lot holds it all."""
    with desk(tmp_path) as at_work:
        batches = [wifi(at, 10 - at, on_air=at < 3) for at in range(1, 10)]
        await at_work.take("dong-1", batches[-1], *batches[:-1])
        [message] = at_work.record.unfinished()
        assert message.notice.since == measured_at(batches[2])


async def test_what_is_known_is_known_after_a_restart(tmp_path: Path) -> None:
    """Who said what, too; and nobody is told twice."""
    with desk(tmp_path) as at_work:
        await at_work.take("dong-1", *(wifi(at, 4 - at, on_air=False) for at in (1, 2, 3)))
        [held] = at_work.watching.held()
        with at_work.record.reading() as connection:
            told = load_told(connection)
        assert told == {SITE: {("wifi", "NVH"): Told(held.since, "access_point")}}
    with desk(tmp_path) as at_work:
        await at_work.take("dong-1", wifi(4, 0.5, on_air=False))
        [again] = at_work.watching.held()
        assert (again.since, again.state, again.says) == (held.since, "down", "down")
        assert len(at_work.record.unfinished()) == 1


async def test_a_record_that_takes_nothing_tells_nothing(tmp_path: Path) -> None:
    """Received, judged and to be told are one transaction: all of it, or none."""
    with desk(tmp_path) as at_work:
        refuse = "CREATE TRIGGER no BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'no'); END"
        with at_work.record.engine.begin() as connection:
            connection.execute(sa.text(refuse))
        batches = [wifi(at, 4 - at, on_air=False) for at in (1, 2, 3)]
        await at_work.take("dong-1", *batches)
        assert (at_work.told, at_work.record.unfinished()) == ([], [])
        with at_work.record.engine.begin() as connection:
            connection.execute(sa.text("DROP TRIGGER no"))
        await at_work.take("dong-1", *batches)
        assert len(at_work.record.unfinished()) == 1
        assert at_work.receipted("dong-1") == {1, 2, 3}


async def test_readings_that_no_clock_could_date_are_no_evidence(tmp_path: Path) -> None:
    """Their instants count from a boot."""
    with desk(tmp_path) as at_work:
        undated = [wifi(at, 4 - at, on_air=False, clock="none") for at in (1, 2, 3)]
        await at_work.take("dong-1", *undated)
        assert at_work.watching.held() == []
        assert at_work.receipted("dong-1") == {1, 2, 3}


def journey(seq: int, minutes_ago: float, stage: JourneyStage | None) -> bytes:
    """Batch `seq` of a box, with a guest's way in, so long before this very moment."""
    reading = WifiJourneyReading(
        at=time.time_ns() // 1000 - int(minutes_ago * MINUTE),
        outcome="failed" if stage else "ok",
        ssid="NVH",
        failed_stage=stage,
    )
    return batch_of(seq, reading)


async def test_the_stage_at_which_guests_fail_is_kept_with_the_message(tmp_path: Path) -> None:
    """After a restart, too; and its end names it again."""
    with desk(tmp_path) as at_work:
        await at_work.greet(make_hello("dong-1", batch_every_s=300))
        await at_work.take("dong-1", *(journey(at, 12 - at, "address") for at in (1, 4)))
        [message] = at_work.record.unfinished()
        assert (message.notice.cause, message.notice.stage) == ("dhcp", "address")
    with desk(tmp_path) as at_work:
        await at_work.take("dong-1", *(journey(at, 12 - at, None) for at in (8, 11)))
        told = [(each.notice.state, each.notice.stage) for each in at_work.record.unfinished()]
        assert told == [("down", "address"), ("up", "address")]


def test_a_record_from_before_the_ledger_opens(tmp_path: Path) -> None:
    """Who was told of an outage then is told of its end; what waits is sent, and names no cause."""
    path = tmp_path / "record.db"
    migrate(path, "0004")
    with sa.create_engine(f"sqlite:///{path}").begin() as connection:
        for statement in (
            """INSERT INTO service (site, service, subject, state, since, judged, said, told_down)
            VALUES ('s', 'wifi', 'NVH', 'down', 1, 2, '{}', 1)""",
            """INSERT INTO service (site, service, subject, state, since, judged, said)
            VALUES ('s', 'wifi', 'other', 'up', 1, 2, '{}')""",
            "INSERT INTO message VALUES (1, 5, 's', 'wifi', 'NVH', 'down', 1, 1, 0, NULL)",
        ):
            connection.execute(sa.text(statement))
    record = Record(path)
    with record.reading() as connection:
        assert load_told(connection) == {"s": {("wifi", "NVH"): Told(1, "access_point")}}
    assert [each.notice for each in record.unfinished()] == [Notice("down", 1, 1)]
    record.close()


def migrate(path: Path, revision: str) -> None:
    """A record as an earlier version made it."""
    config = AlembicConfig()
    config.set_main_option("script_location", "sansang_collector:migrations")
    config.set_main_option("path_separator", "os")
    with sa.create_engine(f"sqlite:///{path}").begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
