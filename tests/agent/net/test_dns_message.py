# SPDX-License-Identifier: Apache-2.0
"""Questions and answers as bytes; whatever comes in from outside, nothing but an answer gets on."""

import contextlib
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_agent.net.dns_message import (
    Answer,
    MalformedAnswerError,
    Question,
    parse,
    query,
    wire_name,
)
from tests.lab import name_server

QUESTION = Question(0xBEEF, "both.test", "AAAA")
ZONE = {"both.test": ["203.0.113.1", "2001:db8::1", "2001:db8::2"]}
ANSWER = name_server.answer(query(QUESTION), ZONE)
ALIAS = b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x02\xc0\x0c"
"""A CNAME record whose target is the question's name."""


def test_question_is_that_of_the_rfcs() -> None:
    """Header with RD and AD, question, and EDNS with 1232 bytes, byte for byte."""
    assert query(QUESTION) == bytes.fromhex(
        "beef 0120 0001 0000 0000 0001"
        "04 626f7468 04 74657374 00 001c 0001"
        "00 0029 04d0 00000000 0000"
    )


def test_records_of_the_type_are_taken() -> None:
    """The aliases on the way to them are not."""
    addresses = tuple(map(ip_address, ZONE["both.test"][1:]))
    taken = Answer("NOERROR", addresses, authenticated=False, truncated=False)
    assert parse(ANSWER, QUESTION) == taken
    section = 12 + len(QUESTION.section())
    more = ANSWER[:6] + b"\0\3" + ANSWER[8:section] + ALIAS + ANSWER[section:]
    assert parse(more, QUESTION) == parse(ANSWER, QUESTION)


@given(st.binary(max_size=64))
def test_whatever_follows_header_and_question(tail: bytes) -> None:
    """It is an answer or it is malformed: nothing else is raised."""
    head = ANSWER[: 12 + len(QUESTION.section())]
    with contextlib.suppress(MalformedAnswerError):
        answer = parse(head + tail, QUESTION)
        assert answer is not None
        assert len(answer.addresses) <= 2


@given(st.binary(max_size=64))
def test_noise_is_no_answer(message: bytes) -> None:
    """Nor does it end the wait for one."""
    assert parse(message, QUESTION) is None


@pytest.mark.parametrize("end", range(12 + len(QUESTION.section()), len(ANSWER)))
def test_answer_that_ends_early_is_malformed(end: int) -> None:
    with pytest.raises(MalformedAnswerError):
        parse(ANSWER[:end], QUESTION)


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("vnnic.vn", b"\5vnnic\2vn\0"),
        ("VNNIC.vn.", b"\5vnnic\2vn\0"),
        ("việt.vn", b"\x0bxn--vit-5kz\2vn\0"),
    ],
)
def test_names_are_spelled_as_dns_has_them(name: str, spelled: bytes) -> None:
    assert wire_name(name) == spelled


@pytest.mark.parametrize("name", ["", ".", "a..b", "x" * 64, ".".join(["x" * 60] * 5)])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        wire_name(name)
