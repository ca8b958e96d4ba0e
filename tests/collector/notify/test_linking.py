# SPDX-License-Identifier: Apache-2.0
"""Codes with which a contact's Zalo chat is found."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_collector.notify.linking import CODE, LETTERS, STEP_US, Linking, pairing_code
from sansang_collector.record import Record
from sansang_collector.registry import Registry
from sansang_collector.registry_entries import Contact
from sansang_collector.zalo_sql import ZaloChat

SECRET = bytes(range(32))
NOW = 1_795_223_700_000_000
HOUR = 3_600_000_000
CONTACTS = tuple(
    Contact(id=name, name=name, role="keeper", channels=["x"]) for name in ("dong", "tay")
)


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    opened = Record(tmp_path / "record.db")
    yield opened
    opened.close()


@pytest.fixture
def linking(record: Record) -> Linking:
    return Linking(SECRET, record, lambda: Registry(contacts=CONTACTS))


def chats(record: Record) -> dict[str, str]:
    return {name: chat.chat_id for name, chat in record.zalo_chats().items()}


@given(st.text(max_size=64), st.integers(0, 2**62), st.binary(min_size=1))
def test_a_code_is_eight_letters_that_nobody_confuses(
    contact: str, now: int, secret: bytes
) -> None:
    """Neither with each other nor with a figure."""
    code = pairing_code(secret, contact, now)
    assert CODE.fullmatch(code)
    assert not set("01ILOQSZBGU") & set(LETTERS)


def test_every_letter_is_used() -> None:
    """None is rarer than chance makes it: a code is as hard to guess as it is long."""
    codes = "".join(pairing_code(SECRET, str(each), NOW) for each in range(2000))
    counts = [codes.count(letter) for letter in LETTERS]
    assert min(counts) > 500
    assert max(counts) < 800


def test_whoever_sends_the_code_of_a_contact_is_its_chat(linking: Linking, record: Record) -> None:
    """However it is typed; what is not a code is nobody's business."""
    code = linking.code("dong", NOW)
    linking.take("chat-0", "xin chào", NOW)
    linking.take("chat-0", "", NOW)
    assert (chats(record), linking.unknown) == ({}, 0)
    linking.take("chat-1", f" {code[:4].lower()} {code[4:]}\n", NOW)
    assert chats(record) == {"dong": "chat-1"}
    assert record.zalo_chats()["dong"].at == NOW
    assert linking.chat("dong") == ZaloChat("dong", "chat-1", NOW)
    assert linking.chat("tay") is None


@pytest.mark.parametrize(("hours", "good"), [(0, True), (24, True), (30, False), (48, False)])
def test_a_code_is_good_for_a_day(linking: Linking, record: Record, hours: int, good: bool) -> None:
    """Then it is as unknown as any other, and counted."""
    linking.take("chat-1", linking.code("dong", NOW), NOW + hours * HOUR)
    assert (chats(record) == {"dong": "chat-1"}, linking.unknown) == (good, int(not good))


def test_a_code_of_tomorrow_is_not_good_today(linking: Linking, record: Record) -> None:
    """Nor is that of another key."""
    linking.take("chat-1", linking.code("dong", NOW + STEP_US), NOW)
    linking.take("chat-1", pairing_code(SECRET[::-1], "dong", NOW), NOW)
    assert (chats(record), linking.unknown) == ({}, 2)


def test_a_code_links_one_chat(linking: Linking, record: Record) -> None:
    """Who reads it over the keeper's shoulder comes too late; a new phone gets a new code."""
    code = linking.code("dong", NOW)
    linking.take("chat-1", code, NOW)
    linking.take("chat-2", code, NOW + 1)
    assert (chats(record), linking.unknown) == ({"dong": "chat-1"}, 1)
    linking.take("chat-2", linking.code("dong", NOW), NOW + 2)
    assert chats(record) == {"dong": "chat-2"}


def test_one_chat_may_be_that_of_two_contacts(linking: Linking, record: Record) -> None:
    """A keeper of two houses has one phone; who is not registered has no code."""
    for name in ("dong", "tay", "nam"):
        linking.take("chat-1", linking.code(name, NOW), NOW)
    assert chats(record) == {"dong": "chat-1", "tay": "chat-1"}
    assert linking.unknown == 1
