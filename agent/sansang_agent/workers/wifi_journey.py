# SPDX-License-Identifier: Apache-2.0
"""Sends a guest into a Wi-Fi with a spare radio, and a second one to see whether they meet.

Request: `Journey`. Answer: the fields of `WifiJourneyReading` that are known, or {"broken": reason,
"what": sentence}. The radio is back where it was before the answer is given.
Needs CAP_SYS_ADMIN and CAP_NET_ADMIN.
"""

import contextlib
import errno
import json
import multiprocessing
import socket
import sys
import time
from collections.abc import Generator
from multiprocessing.connection import Connection
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from sansang_agent.net import nl80211, spare_radio
from sansang_agent.net.nl80211 import Radio
from sansang_agent.net.private_network import end_with_parent, give_radio
from sansang_agent.workers.guest import Told, be_guest
from sansang_agent.workers.guest_told import CannotGoError, Request

Guest: TypeAlias = "Connection[Request, dict[str, Any]]"
BACK_WITHIN_S = 10


class Journey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without an `interface` the first spare radio goes; `second_interface` finds out about
    isolation. The rest is as `Request` has it.
    """

    ssid: str
    internet: str
    interface: str | None = None
    second_interface: str | None = None
    passphrase: str | None = None
    portal_check: str | None = None
    ca_file: str | None = None


def main() -> None:
    """Answer the one request."""
    end_with_parent()
    sys.stdout.write(json.dumps(answer_to(sys.stdin.buffer.readline())) + "\n")


def answer_to(request: bytes) -> dict[str, Any]:
    """Raises msgspec.MsgspecError for what is no request."""
    try:
        return _travel(msgspec.json.decode(request, type=Journey))
    except CannotGoError as error:
        return {"broken": error.reason, "what": str(error)}


def _travel(journey: Journey) -> dict[str, Any]:
    """Raises CannotGoError."""
    with _radio(journey.interface) as radio, _guest(radio) as guest:
        answer = _ask(guest, _request(journey, radio))
        addresses = answer.pop("addresses", None)
        if journey.second_interface is not None and addresses:
            answer["isolated"] = _is_isolated(journey, addresses)
    return answer


def _is_isolated(journey: Journey, addresses: list[str]) -> bool | None:
    """Whether a second guest can't reach the first; None when it did not get that far."""
    try:
        with _radio(journey.second_interface) as radio, _guest(radio) as guest:
            reached = _ask(guest, _request(journey, radio, reach=addresses)).get("reached")
    except CannotGoError:
        return None
    return None if reached is None else not reached


def _request(journey: Journey, radio: Radio, reach: list[str] | None = None) -> Request:
    return Request(
        interface=radio.name,
        ssid=journey.ssid,
        internet=journey.internet,
        passphrase=journey.passphrase,
        portal_check=journey.portal_check,
        ca_file=journey.ca_file,
        reach=reach,
    )


@contextlib.contextmanager
def _radio(interface: str | None) -> Generator[Radio]:
    try:
        with spare_radio.held(interface) as radio:
            yield radio
    except spare_radio.NoSpareRadioError as error:
        raise CannotGoError("no_spare_radio", str(error)) from error


@contextlib.contextmanager
def _guest(radio: Radio) -> Generator[Guest]:
    """A guest with this radio; at the end it is gone and the radio is back."""
    fork = multiprocessing.get_context("fork")
    ours, its = (Connection(end.detach()) for end in socket.socketpair())
    guest = fork.Process(target=_fork, args=(ours, its), daemon=True)
    guest.start()
    its.close()
    try:
        _answer(ours)
        _give(radio, guest.pid or 0)
        yield ours
    finally:
        ours.close()
        guest.join(BACK_WITHIN_S)
        guest.kill()
    _wait_until_back(radio.name)


def _fork(ours: Guest, its: Told) -> None:
    """An end that it held itself would never be closed for it."""
    ours.close()
    be_guest(its)


def _give(radio: Radio, pid: int) -> None:
    try:
        give_radio(radio.wiphy, pid)
    except OSError as error:
        known = {errno.EPERM: "not_permitted", errno.EOPNOTSUPP: "radio_cannot_move"}
        reason = known.get(error.errno or 0, "radio_fails")
        raise CannotGoError(reason, f"{radio.name} can't be moved: {error}") from error


def _ask(guest: Guest, request: Request) -> dict[str, Any]:
    """Raises CannotGoError."""
    guest.send(request)
    return _answer(guest)


def _answer(guest: Guest) -> dict[str, Any]:
    try:
        answer = guest.recv()
    except EOFError as error:
        raise CannotGoError("worker_failed", "the guest ended without an answer") from error
    if "broken" in answer:
        raise CannotGoError(answer["broken"], answer["what"])
    return answer


def _wait_until_back(interface: str) -> None:
    """The kernel takes a network apart a while after its last program."""
    deadline = time.monotonic() + BACK_WITHIN_S
    while interface not in {each.name for each in nl80211.radios() or ()}:
        if time.monotonic() > deadline:
            raise CannotGoError("radio_fails", f"{interface} did not come back")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
