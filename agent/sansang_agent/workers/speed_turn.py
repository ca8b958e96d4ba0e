# SPDX-License-Identifier: Apache-2.0
"""A turn at a measuring server of ours: while it lasts, nobody else tests there."""

import contextlib
import time
from collections.abc import Callable, Generator
from typing import TypeVar

import msgspec

from sansang_agent.net import reasons
from sansang_agent.workers.speed_way import NoTestError, Way, answer_on, failure
from sansang_wire.ndt7 import TURN_PATH, Turn, TurnRequest, Wait

LEAST_WAIT_S = 0.2
MOST_BODY_BYTES = 16 * 1024
Told = TypeVar("Told", Turn, Wait)


@contextlib.contextmanager
def turn(
    way: Way, request: TurnRequest, patience_s: float, waiting: Callable[[Wait], None]
) -> Generator[Turn]:
    """Asks for one, and gives it back; `waiting` hears of each time that it has to wait.

    Raises NoTestError: `server_busy` when others have theirs for longer than `patience_s`.
    """
    granted = _granted(way, request, time.monotonic() + patience_s, waiting)
    try:
        yield granted
    finally:
        # It ends by itself, too.
        with contextlib.suppress(NoTestError):
            _ask(way, "DELETE", f"{TURN_PATH}/{granted.turn}")


def _granted(
    way: Way, request: TurnRequest, deadline_s: float, waiting: Callable[[Wait], None]
) -> Turn:
    while True:
        status, body = _ask(way, "POST", TURN_PATH, msgspec.json.encode(request))
        if status == 200:
            return _decoded(body, Turn)
        if status != 409:
            raise refusal(status)
        wait = _decoded(body, Wait)
        wait_s = max(LEAST_WAIT_S, wait.wait_s)
        if time.monotonic() + wait_s > deadline_s:
            raise NoTestError(
                "broken", "too_often" if wait.reason == "too_often" else "server_busy"
            )
        waiting(wait)
        time.sleep(wait_s)


def refusal(status: int) -> NoTestError:
    """What an answer other than the wanted one means."""
    if status in {401, 403}:
        return NoTestError("failed", "unauthorised")
    if status in {429, 503}:
        return NoTestError("broken", "server_busy")
    return NoTestError("failed", "server_error" if status >= 500 else "not_ndt7")


def _ask(way: Way, method: str, path: str, content: bytes = b"") -> tuple[int, bytes]:
    """Status and content of the answer. Raises NoTestError."""
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(content)),
        "Connection": "close",
    }
    with way.connect() as connection:
        way.ask(connection, method, path, headers, content)
        answer = answer_on(connection)
        length = answer.headers.get("content-length", "0")
        wanted = min(int(length), MOST_BODY_BYTES) if length.isdecimal() else 0
        body = answer.rest
        try:
            while len(body) < wanted and (piece := connection.recv(wanted - len(body))):
                body += piece
        except OSError as error:
            raise failure(error, connected=True) from error
    return answer.status, body[:wanted]


def _decoded(body: bytes, kind: type[Told]) -> Told:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise NoTestError("failed", reasons.MALFORMED_ANSWER) from error
