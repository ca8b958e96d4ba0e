# SPDX-License-Identifier: Apache-2.0
"""What keepers answer and where they are reached, as the record keeps it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from sansang_collector.answer_sql import Answer, held, load_answers
from sansang_collector.record import Record, RecordUnavailableError
from sansang_collector.zalo_sql import ZaloChat

MORNING = 1_795_223_700_000_000
CHAT = ZaloChat("keeper-1", "6ede9afa66b88fe6d6a9", MORNING)
POWER = Answer("nvh-dong", "o-1", "keeper-1", "power_out", "cả thôn", MORNING)


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    opened = Record(tmp_path / "record.db")
    yield opened
    opened.close()


def answers(record: Record, since: int = 0) -> list[Answer]:
    """What holds of the house."""
    with record.reading() as connection:
        return held(load_answers(connection, since, site="nvh-dong"))


def test_an_answer_is_kept_and_the_same_again_changes_nothing(record: Record) -> None:
    """A button that is pressed twice was pressed when it was pressed first."""
    assert record.answer_of("nvh-dong", "o-1", "keeper-1") is None
    record.answer(POWER)
    record.answer(POWER._replace(at=MORNING + 60))
    assert answers(record) == [POWER]
    assert record.answer_of("nvh-dong", "o-1", "keeper-1") == POWER


@pytest.mark.parametrize("change", [{"answer": "repairing"}, {"comment": "chỉ xóm 3"}])
def test_a_keeper_may_say_otherwise(record: Record, change: dict[str, str]) -> None:
    """The last word counts, from when it was said."""
    record.answer(POWER)
    later = POWER._replace(at=MORNING + 60, **change)
    record.answer(later)
    assert answers(record) == [later]


def test_answers_are_of_one_site_and_since_an_instant(record: Record) -> None:
    """Of each contact and outage its own, in the order they came."""
    second = POWER._replace(contact="keeper-2", answer="closed_today", at=MORNING - 5)
    other_outage = POWER._replace(outage="o-2", at=MORNING + 5)
    for each in (POWER, second, other_outage, POWER._replace(site="nvh-tay")):
        record.answer(each)
    assert answers(record) == [second, POWER, other_outage]
    assert answers(record, MORNING) == [POWER, other_outage]
    assert answers(record, MORNING + 6) == []
    assert record.answer_of("nvh-dong", "o-2", "keeper-2") is None


def test_answers_survive_a_restart_and_older_records_get_their_table(tmp_path: Path) -> None:
    """What was recorded before there were answers stays."""
    path = tmp_path / "record.db"
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "sansang_collector:migrations")
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
    engine.dispose()
    for _ in range(2):
        record = Record(path)
        record.answer(POWER)
        assert answers(record) == [POWER]
        record.link_zalo(CHAT)
        assert record.zalo_chats() == {"keeper-1": CHAT}
        record.close()


def test_a_record_that_is_gone_says_so(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with everything else of it."""
    broken = sa.create_engine("sqlite:////none/record.db")
    monkeypatch.setattr(record, "engine", broken)
    with pytest.raises(RecordUnavailableError, match="can't be written"):
        record.answer(POWER)
    with pytest.raises(RecordUnavailableError, match="can't be read"):
        answers(record)
