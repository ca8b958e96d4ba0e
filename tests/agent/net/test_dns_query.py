# SPDX-License-Identifier: Apache-2.0
"""One question to a resolver that has a fault, over each family."""

import sys
from typing import Any

import pytest

from tests.lab.netns import Host, Lab
from tests.lab.odd_resolver import SLOW_S

ASK = """
import asyncio, json
from ipaddress import ip_address
from sansang_agent.net.dns_query import ask
came = asyncio.run(ask(ip_address({server!r}), "odd.test", "A", {timeout_s}))
answer = came.answer and came.answer._asdict()
if answer:
    answer["addresses"] = [str(each) for each in answer["addresses"]]
print(json.dumps({{**came._asdict(), "answer": answer}}))
"""
SOUND = {
    "rcode": "NOERROR",
    "addresses": ["192.0.2.77", "192.0.2.78"],
    "authenticated": False,
    "truncated": False,
}


@pytest.fixture
def box(lab: Lab) -> Host:
    """Alone with itself: its resolver is on the box."""
    return lab.host("box")


def ask(box: Host, habit: str, server: str = "::1", timeout_s: float = 5) -> dict[str, Any]:
    command = (sys.executable, "-m", "tests.lab.odd_resolver", server, habit)
    with box.serving(*command):
        return box.python(ASK.format(server=server, timeout_s=timeout_s))


@pytest.mark.parametrize("server", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("habit", ["sound", "forged", "loud"])
def test_only_the_resolver_is_believed(box: Host, habit: str, server: str) -> None:
    """Not another port, identifier or question; capital letters are nobody's forgery."""
    came = ask(box, habit, server)
    assert (came["answer"], came["transport"], came["reason"]) == (SOUND, "udp", None)


def test_cut_answer_is_fetched_over_tcp(box: Host) -> None:
    came = ask(box, "cut")
    assert (came["answer"], came["transport"]) == (SOUND, "tcp")


def test_lost_question_is_sent_again_once(box: Host) -> None:
    """The time counts from the first."""
    came = ask(box, "late", timeout_s=4)
    assert came["answer"] == SOUND
    assert came["response_ms"] >= 2000


def test_slow_resolver_is_slow(box: Host) -> None:
    assert ask(box, "slow")["response_ms"] >= 1000 * SLOW_S


def test_checked_answer_is_told(box: Host) -> None:
    assert ask(box, "authenticated")["answer"]["authenticated"]


@pytest.mark.parametrize(
    ("habit", "rcode"),
    [
        ("server_failure", "SERVFAIL"),
        ("refused", "REFUSED"),
        ("not_implemented", "NOTIMP"),
        ("no_edns", "FORMERR"),
        ("odd_code", "RCODE12"),
    ],
)
def test_refusals_are_answers(box: Host, habit: str, rcode: str) -> None:
    answer = ask(box, habit)["answer"]
    assert (answer["rcode"], answer["addresses"]) == (rcode, [])


@pytest.mark.parametrize(
    ("habit", "reason"),
    [
        ("silent", "no_answer"),
        ("garbage", "malformed_answer"),
        ("cut_twice", "malformed_answer"),
        ("cut_off", "incomplete_answer"),
        ("cut_and_deaf", "connection_refused"),
    ],
)
def test_what_is_no_answer_has_a_reason(box: Host, habit: str, reason: str) -> None:
    came = ask(box, habit, timeout_s=2 if habit != "silent" else 0.3)
    assert came == {"answer": None, "response_ms": None, "transport": None, "reason": reason}


def test_nobody_on_the_port_is_told_at_once(box: Host) -> None:
    """Long before the deadline, of which the test has not the patience."""
    for server in ("127.0.0.1", "::1"):
        came = box.python(ASK.format(server=server, timeout_s=600))
        assert came["reason"] == "port_unreachable"


def test_no_way_there(box: Host) -> None:
    for server in ("192.0.2.1", "2001:db8::1", "fe80::1%eth9"):
        reason = box.python(ASK.format(server=server, timeout_s=5))["reason"]
        assert reason == ("no_interface" if "%" in server else "no_route")
