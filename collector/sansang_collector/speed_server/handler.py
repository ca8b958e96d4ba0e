# SPDX-License-Identifier: Apache-2.0
"""What becomes of one connection: who may do what on which path."""

import functools
import ipaddress
import logging
import math
import time
from contextlib import suppress

import msgspec

from sansang_collector.speed_server import transfer
from sansang_collector.speed_server.conversation import Conversation, check_handshake
from sansang_collector.speed_server.http import Request, answer, read_body, read_request
from sansang_collector.speed_server.settings import GIB, SpeedConfig
from sansang_collector.speed_server.stream import Stream
from sansang_collector.speed_server.tally import RefusedError, Tally
from sansang_collector.speed_server.tokens import Tokens
from sansang_collector.speed_server.turns import Turn, Turns
from sansang_wire import ndt7
from sansang_wire.ndt7 import DOWNLOAD_PATH, TURN_HEADER, TURN_PATH, UPLOAD_PATH, Wait
from sansang_wire.tcp_info import read_kernel
from sansang_wire.topics import is_agent_id
from sansang_wire.websocket import ProtocolError

log = logging.getLogger(__name__)

REQUEST_S = 5.0
"""For TLS and the request together: who is slower keeps others out."""
ANSWER_S = 5.0
NAMELESS = "somebody without a token"


class Handler:
    """Shared by all connections, each in a thread of its own."""

    def __init__(
        self, config: SpeedConfig, tokens: Tokens | None, request_s: float = REQUEST_S
    ) -> None:
        limits = config.limits
        self.tally = Tally(int(limits.max_gib_per_day * GIB))
        self.turns = Turns(limits)
        self._limits = limits
        self._open = config.open
        self._request_s = request_s
        self._tokens = tokens
        self._messages = transfer.Messages()
        self._bytes_per_test = int(limits.max_gib_per_test * GIB)

    def serve(self, stream: Stream, address: str) -> None:
        """From the first byte to the last; raises nothing that a peer can bring about."""
        try:
            self._serve(stream, address)
        except ProtocolError as error:
            self.tally.refuse("bad_request", str(error))
        except TimeoutError:
            self.tally.refuse("too_slow", "a peer took too long for what it had to say")
        except OSError as error:
            if _has_spoken(stream):
                self.tally.refuse("broken_off", f"a connection ended before its time: {error}")

    def _serve(self, stream: Stream, address: str) -> None:
        until = time.monotonic() + self._request_s
        stream.shake_hands(until)
        try:
            request = read_request(stream, until)
            self._route(stream, request, address, until)
        except RefusedError as error:
            self.tally.refuse(error.reason, str(error))
            headers = {"Content-Type": "text/plain; charset=utf-8"}
            if error.status == 401:
                headers["WWW-Authenticate"] = "Bearer"
            if error.wait_s is not None:
                headers["Retry-After"] = str(math.ceil(error.wait_s))
            _respond(stream, error.status, f"{error}\n".encode(), headers)

    def _route(self, stream: Stream, request: Request, address: str, until: float) -> None:
        path = request.path
        if path in {DOWNLOAD_PATH, UPLOAD_PATH}:
            self._test(stream, request, address)
        elif request.method == "POST" and path == TURN_PATH:
            self._grant(stream, request, address, until)
        elif request.method == "DELETE" and path.startswith(f"{TURN_PATH}/"):
            name = path.removeprefix(f"{TURN_PATH}/")
            if not self.turns.give_back(name, self._owner(request, address)):
                raise RefusedError(404, "no_such_turn", "there is no such turn of yours")
            _respond(stream, 204)
        elif request.method == "GET" and path == "/healthz":
            _respond_json(stream, 200, self.health())
        else:
            raise RefusedError(404, "unknown_path", "there is nothing of this name here")

    def health(self) -> dict[str, object]:
        """What a watchdog wants to know; nobody's name."""
        return {
            "status": "ok",
            "turns": self.turns.count(),
            "tests": self.tally.tests,
            "bytes_today": self.tally.bytes_today,
            "refused": self.tally.refusals(),
        }

    def _grant(self, stream: Stream, request: Request, address: str, until: float) -> None:
        owner = self._owner(request, address)
        try:
            wanted = msgspec.json.decode(
                read_body(stream, request, until), type=ndt7.TurnRequest, strict=True
            )
        except msgspec.DecodeError as error:
            raise RefusedError(400, "bad_request", f"this asks for no turn: {error}") from error
        if not is_agent_id(wanted.agent):
            raise RefusedError(400, "bad_request", "the agent's id is none")
        self.tally.check_day()
        given = self.turns.ask(owner, wanted.agent, wanted.seconds)
        if isinstance(given, Wait):
            self.tally.refuse(given.reason, f"{wanted.agent} has to wait for its turn")
            _respond_json(stream, 409, given)
        else:
            turn = ndt7.Turn(
                turn=given.name, seconds=wanted.seconds, limit_mbps=self._limits.max_mbps
            )
            _respond_json(stream, 200, turn)

    def _owner(self, request: Request, address: str) -> str:
        """Whose token comes with the request, or its network where everybody may test."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and self._tokens is not None:
            name = self._tokens.owner(token.strip())
            if name is None:
                raise RefusedError(401, "wrong_token", "this token is not known here")
            return name
        if self._open:
            return _network(address)
        raise RefusedError(401, "no_token", "a test needs a token: Authorization: Bearer TOKEN")

    def _test(self, stream: Stream, request: Request, address: str) -> None:
        check_handshake(request)
        named = request.headers.get(TURN_HEADER.lower())
        if named is not None:
            turn = self.turns.held(named)
            if turn is None:
                raise RefusedError(403, "no_such_turn", "this turn has ended, or never was")
            self._play(stream, request, turn, own=False)
            return
        owner = self._owner(request, address)
        agent = owner if is_agent_id(owner) else NAMELESS
        self.tally.check_day()
        turn = self.turns.ask(owner, agent, ndt7.CLOSE_S)
        if isinstance(turn, Wait):
            status, what = (503, "others test now") if turn.reason == "busy" else (
                429, "you have had your tests of this hour"
            )  # fmt: skip
            raise RefusedError(status, turn.reason, f"{what}: ask again later", turn.wait_s)
        try:
            self._play(stream, request, turn, own=True)
        finally:
            self.turns.give_back(turn.name, turn.owner)

    def _play(self, stream: Stream, request: Request, turn: Turn, *, own: bool) -> None:
        """One connection of a turn. One that is for this connection alone ends before it."""
        self.tally.begin_test()
        down = request.path == DOWNLOAD_PATH
        conversation = Conversation(stream, "download" if down else "upload", self._limits.max_mbps)
        carried = 0

        def may_go_on(size: int) -> bool:
            nonlocal carried
            carried += size
            self.tally.carry(size)
            return (
                carried < self._bytes_per_test
                and not self.tally.spent
                and time.monotonic() < turn.ends_at
            )

        conversation.open(request)
        if down:
            payload = transfer.download(conversation, self._messages, turn.pace, may_go_on)
        else:
            payload = transfer.upload(conversation, turn.pace, may_go_on)
        done = functools.partial(self.turns.give_back, turn.name, turn.owner) if own else _nothing
        conversation.end(payload, done)


def _has_spoken(stream: Stream) -> bool:
    """Round trips are measured by connections on which nothing is said."""
    try:
        return read_kernel(stream.socket).bytes_received > 0
    except OSError:  # it is closed already
        return True


def _nothing() -> None:
    """A turn that was asked for lasts until it is given back."""


def _network(address: str) -> str:
    """An IPv4 address, or the 64 bits of an IPv6 one that a single customer has."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network((found, 64), strict=False))


def _respond_json(stream: Stream, status: int, content: object) -> None:
    _respond(stream, status, msgspec.json.encode(content), {"Content-Type": "application/json"})


def _respond(
    stream: Stream, status: int, body: bytes = b"", headers: dict[str, str] | None = None
) -> None:
    head = {**(headers or {}), "Content-Length": str(len(body)), "Connection": "close"}
    until = time.monotonic() + ANSWER_S
    with suppress(OSError):
        stream.send_all(memoryview(answer(status, head, body)), until)
        stream.finish()
