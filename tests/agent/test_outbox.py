# SPDX-License-Identifier: Apache-2.0
"""The outbox keeps every reading until its receipt, on disk, numbered, bounded and counted."""

import shutil
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from sansang_agent.clock import Offset
from sansang_agent.net.boot import boottime_us
from sansang_agent.outbox import LOT, Outbox, OutboxFullError
from sansang_agent.outbox_file import OutboxUnusableError
from sansang_wire.batch import MAX_BATCH_BYTES, Batch, Receipt, decode_batch
from sansang_wire.readings import LinkReading

REAL = 1_790_000_000_000_000
DAY_S = 86_400


def offset(clock: str = "kernel") -> Offset:
    return Offset(REAL - boottime_us(), clock, 0)  # pyright: ignore[reportArgumentType]


def reading(at: int = 1_000, interface: str = "eth0") -> LinkReading:
    return LinkReading(at=at, outcome="ok", interface=interface, technology="wired", up=True)


def open_outbox(
    path: Path, *, boot: str = "boot-1", max_bytes: int = 10**7, max_age_s: float = 90 * DAY_S
) -> Outbox:
    return Outbox(path, agent="nvh-1", boot=boot, max_bytes=max_bytes, max_age_s=max_age_s)


def power_cut(outbox: Outbox) -> None:
    """Let go of the file without the end that `close` gives it."""
    outbox._sql.close()


def waiting(outbox: Outbox) -> list[Batch]:
    return [decode_batch(each.payload).batch for each in outbox.backlog(0)]


def receipt(outbox: Outbox, upto: int, also: list[tuple[int, int]] | None = None) -> int:
    return outbox.take(Receipt(epoch=outbox.epoch, upto=upto, time=0, also=also or []))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    opened = open_outbox(path)
    yield opened
    power_cut(opened)


def test_batches_are_numbered_from_one_and_dated(outbox: Outbox) -> None:
    """Time since boot becomes a date; the envelope says what dated it."""
    when = offset()
    outbox.commit([reading(at=5)], when)
    outbox.commit([reading(at=6)], when)
    first, second = waiting(outbox)
    assert (first.seq, second.seq, first.first, second.first) == (1, 2, 1, 1)
    assert first.readings[0].at == 5 + when.us
    assert first.clock == "kernel"


def test_only_a_receipt_lets_go_of_a_batch(outbox: Outbox) -> None:
    """Receipts name a prefix and single runs; a second receipt changes nothing."""
    for _ in range(5):
        outbox.commit([reading()], offset())
    assert receipt(outbox, 1, [(4, 5)]) == 3
    assert [batch.seq for batch in waiting(outbox)] == [2, 3]
    assert waiting(outbox)[0].first == 2
    assert receipt(outbox, 1, [(4, 5)]) == 0
    assert outbox.newest() is None, "the newest has its receipt"


def test_what_was_committed_survives_a_power_cut_under_its_own_epoch(path: Path) -> None:
    """The next start numbers anew; what is left goes out under the epoch it was made in."""
    before = open_outbox(path)
    before.commit([reading()], offset())
    old_epoch = before.epoch
    power_cut(before)
    after = open_outbox(path)
    after.commit([reading()], offset())
    assert after.epoch != old_epoch
    assert [(batch.epoch, batch.seq) for batch in waiting(after)] == [
        (old_epoch, 1),
        (after.epoch, 1),
    ]
    assert after.clean_shutdown is False
    after.close()
    last = open_outbox(path)
    assert last.clean_shutdown is True
    power_cut(last)


def test_the_first_start_knows_nothing_of_the_one_before(outbox: Outbox) -> None:
    """Neither clean nor unclean: there was none."""
    assert outbox.clean_shutdown is None


def test_claims_name_what_is_held_of_each_epoch(path: Path) -> None:
    """An epoch whose batches all have receipts is still claimed, with nothing held."""
    before = open_outbox(path)
    for _ in range(3):
        before.commit([reading()], offset())
    receipt(before, 3)
    old_epoch = before.epoch
    power_cut(before)
    after = open_outbox(path)
    after.take(Receipt(epoch=old_epoch, upto=3, time=0))
    claims = {claim.epoch: (claim.first, claim.next) for claim in after.claims()}
    assert claims == {old_epoch: (4, 4), after.epoch: (1, 1)}
    power_cut(after)


def test_a_full_outbox_gives_up_the_oldest_and_counts_them(path: Path) -> None:
    """`first` tells the collector; the newest batch always stays."""
    outbox = open_outbox(path, max_bytes=20_000)
    made = 400
    for _ in range(made):
        outbox.commit([reading(), reading(interface="wlan0")], offset())
    held = waiting(outbox)
    assert held[-1].seq == made
    assert outbox.dropped_batches == made - len(held) > 0
    assert outbox.dropped_readings == 2 * outbox.dropped_batches
    assert held[0].first == held[0].seq == outbox.dropped_batches + 1
    dropped = outbox.dropped_batches
    power_cut(outbox)
    again = open_outbox(path, max_bytes=20_000)
    assert again.dropped_batches == dropped, "the count survives a power cut"
    power_cut(again)


def test_batches_older_than_the_bound_are_given_up(path: Path) -> None:
    """Age counts by the date the batch was committed."""
    outbox = open_outbox(path, max_age_s=3600)
    outbox.commit([reading()], offset())
    outbox.commit([reading()], offset()._replace(us=offset().us + 7_200 * 1_000_000))
    assert [batch.seq for batch in waiting(outbox)] == [2]
    assert outbox.dropped_batches == 1
    power_cut(outbox)


def test_without_a_clock_readings_wait_and_are_dated_later(outbox: Outbox) -> None:
    """Nothing undated is sent in the boot that can still learn the time."""
    outbox.commit([reading(at=5)], None)
    assert waiting(outbox) == []
    assert outbox.newest() is None
    when = offset("collector")
    outbox.date(when)
    (batch,) = waiting(outbox)
    assert (batch.readings[0].at, batch.clock) == (5 + when.us, "collector")


def test_a_date_never_changes(outbox: Outbox) -> None:
    """A better clock later on does not touch what is dated."""
    when = offset("collector")
    outbox.commit([reading(at=5)], when)
    outbox.date(when._replace(us=when.us + 1_000_000))
    assert waiting(outbox)[0].readings[0].at == 5 + when.us


def test_what_an_earlier_boot_could_not_date_is_sent_as_undated(path: Path) -> None:
    """No offset of this boot says anything about that one."""
    before = open_outbox(path, boot="boot-1")
    before.commit([reading(at=5)], None)
    power_cut(before)
    after = open_outbox(path, boot="boot-2")
    after.date(offset())
    (batch,) = waiting(after)
    assert (batch.clock, batch.boot, batch.readings[0].at) == ("none", "boot-1", 5)
    power_cut(after)


def test_many_readings_are_split_into_batches_that_brokers_take(outbox: Outbox) -> None:
    """No message is larger than 32 KiB, and no reading is left out."""
    outbox.commit([reading(at=n) for n in range(2_000)], offset())
    payloads = [each.payload for each in outbox.backlog(0)]
    assert len(payloads) > 1
    assert max(map(len, payloads)) <= MAX_BATCH_BYTES
    assert sum(len(decode_batch(each).batch.readings) for each in payloads) == 2_000


def test_receipted_rows_are_deleted_in_lots(outbox: Outbox) -> None:
    """A receipt costs no write until a lot of them is there."""
    for _ in range(LOT + 10):
        outbox.commit([reading()], offset())
    receipt(outbox, LOT - 1)
    assert outbox._one("SELECT count(*) FROM batch") == LOT + 10
    receipt(outbox, LOT)
    assert outbox._one("SELECT count(*) FROM batch") == 10


def test_a_damaged_outbox_is_set_aside_and_counted(path: Path) -> None:
    """The agent starts all the same, and the damaged file is kept to be looked at."""
    path.write_bytes(b"not a database at all" * 1000)
    outbox = open_outbox(path)
    outbox.commit([reading()], offset())
    assert outbox.resets == 1
    assert len(waiting(outbox)) == 1
    assert path.with_name("outbox.db.broken").read_bytes().startswith(b"not a database")
    power_cut(outbox)


def test_a_page_overwritten_in_the_middle_is_found_at_the_start(path: Path) -> None:
    """Flash that lies is found before its rows are sent."""
    outbox = open_outbox(path)
    outbox.commit([reading(at=n) for n in range(1_000)], offset())
    outbox.close()
    with path.open("r+b") as file:
        file.seek(2 * 4096)
        file.write(b"\xaa" * 4096)
    again = open_outbox(path)
    assert again.resets == 1
    power_cut(again)


def test_two_agents_cannot_number_from_one_outbox(path: Path) -> None:
    """The second says what is wrong and what to look for."""
    first = open_outbox(path)
    with pytest.raises(OutboxUnusableError, match="is another agent using it"):
        open_outbox(path)
    power_cut(first)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """The sentence names the file."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OutboxUnusableError, match=r"file/outbox.db can't be opened"):
        open_outbox(tmp_path / "file" / "outbox.db")


def test_a_copied_outbox_never_repeats_a_number(path: Path, tmp_path: Path) -> None:
    """The copy holds the same batches, and makes its own in an epoch of its own."""
    outbox = open_outbox(path)
    outbox.commit([reading()], offset())
    power_cut(outbox)
    copy = tmp_path / "copy.db"
    shutil.copy(path, copy)
    if (wal := path.with_name("outbox.db-wal")).exists():
        shutil.copy(wal, tmp_path / "copy.db-wal")
    one, two = open_outbox(path), open_outbox(copy)
    one.commit([reading()], offset())
    two.commit([reading()], offset())
    names_one = {(batch.epoch, batch.seq) for batch in waiting(one)}
    names_two = {(batch.epoch, batch.seq) for batch in waiting(two)}
    assert len(names_one & names_two) == 1, "only what was in the outbox when it was copied"
    power_cut(one)
    power_cut(two)


def test_the_backlog_goes_on_behind_what_was_sent(outbox: Outbox) -> None:
    """Oldest first, from any place."""
    for _ in range(6):
        outbox.commit([reading()], offset())
    start = list(islice(outbox.backlog(0), 2))
    rest = list(outbox.backlog(start[-1].number))
    assert [decode_batch(each.payload).batch.seq for each in rest] == [3, 4, 5, 6]


def test_an_epoch_is_forgotten_only_when_settled_and_old(path: Path) -> None:
    """A collector that never answered hears of every epoch; one that did, of the newest 16."""
    for _ in range(20):
        outbox = open_outbox(path)
        outbox.commit([reading()], offset())
        power_cut(outbox)
    outbox = open_outbox(path)
    assert len(outbox.claims()) == 21
    for claim in outbox.claims():
        outbox.take(Receipt(epoch=claim.epoch, upto=claim.next - 1, time=0))
    power_cut(outbox)
    outbox = open_outbox(path)
    assert len(outbox.claims()) == 16
    power_cut(outbox)


def test_dating_a_long_time_without_a_clock_keeps_count_of_the_bytes(path: Path) -> None:
    """Days may have passed: more than one lot, and dates are longer than times since boot."""
    outbox = open_outbox(path)
    for _ in range(2 * LOT + 5):
        outbox.commit([reading(at=5)], None)
    when = offset("collector")
    outbox.date(when)
    assert {batch.readings[0].at for batch in waiting(outbox)} == {5 + when.us}
    assert len(waiting(outbox)) == 2 * LOT + 5
    assert outbox._bytes == outbox._one("SELECT sum(length(readings)) FROM batch")
    power_cut(outbox)


def test_a_kind_of_another_version_is_dated_like_any_other(outbox: Outbox) -> None:
    """An agent that was set back to an older version still hands over what the newer one made."""
    outbox.commit([reading(at=5)], None)
    newer = b'[{"kind":"wifi","at":5,"outcome":"ok","ssid":"NVH"}]'
    outbox._sql.execute("UPDATE batch SET readings = ?", (newer,))
    when = offset()
    outbox.date(when)
    (each,) = outbox.backlog(0)
    text = zlib.decompress(each.payload).decode()
    assert f'"at":{5 + when.us}' in text
    assert '"ssid":"NVH"' in text


def test_a_damaged_row_is_given_up_and_counted(outbox: Outbox) -> None:
    """It can't be dated; the others are."""
    for _ in range(3):
        outbox.commit([reading(at=5)], None)
    outbox._sql.execute("UPDATE batch SET readings = ? WHERE number % 2 = 0", (b"\x00\xff",))
    outbox.date(offset())
    assert [batch.seq for batch in waiting(outbox)] == [1, 3]
    assert (outbox.dropped_batches, outbox.dropped_readings) == (1, 1)


def test_a_file_that_may_not_grow_makes_room_by_giving_up_the_oldest(outbox: Outbox) -> None:
    """What happens now is kept, and what went is counted."""
    fill(outbox)
    before = outbox.dropped_batches
    for _ in range(LOT):
        outbox.commit(many(), offset())
    assert outbox.dropped_batches > before
    assert waiting(outbox)[-1].seq == outbox._epoch.next - 1


def test_a_disk_that_stays_full_costs_one_lot_of_the_backlog_and_no_more(outbox: Outbox) -> None:
    """Somebody else filled it: giving up more would gain nothing. Nothing is kept twice."""
    fill(outbox)
    before, upcoming = len(waiting(outbox)), outbox._epoch.next
    too_much = [reading(at=n) for n in range(100_000)]
    for _ in range(5):
        with pytest.raises(OutboxFullError):
            outbox.commit(too_much, offset())
    assert outbox._epoch.next == upcoming
    assert before - LOT <= len(waiting(outbox)) < before
    outbox.commit(many(), offset())
    assert waiting(outbox)[-1].seq == upcoming


def test_a_full_disk_does_not_keep_receipts_from_being_taken(outbox: Outbox) -> None:
    """What has its receipt is not sent again, though its row can't be deleted yet."""
    for _ in range(LOT + 5):
        outbox.commit([reading()], offset())
    outbox._sql.execute("PRAGMA query_only = ON")  # every write fails as on a read-only disk
    assert receipt(outbox, LOT + 2) == LOT + 2
    assert [batch.seq for batch in waiting(outbox)] == [LOT + 3, LOT + 4, LOT + 5]
    with pytest.raises(OutboxFullError):
        outbox.commit([reading()], offset())
    outbox._sql.execute("PRAGMA query_only = OFF")
    assert receipt(outbox, LOT + 3) == 1
    assert outbox._one("SELECT count(*) FROM batch") == 2
    assert outbox._bytes == outbox._one("SELECT sum(length(readings)) FROM batch")


def many() -> list[LinkReading]:
    return [reading(at=n) for n in range(50)]


def fill(outbox: Outbox) -> None:
    """No more pages than these: SQLite says then what it says on a full disk."""
    for _ in range(LOT + 20):
        outbox.commit(many(), offset())
    pages = outbox._one("PRAGMA page_count")
    outbox._sql.execute(f"PRAGMA max_page_count = {pages}")
