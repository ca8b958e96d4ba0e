# SPDX-License-Identifier: Apache-2.0
"""As much of HTTP/1.1 as a measuring server needs: one request a connection, small and soon."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from sansang_collector.speed_server.stream import Stream, check
from sansang_collector.speed_server.tally import RefusedError

MOST_HEAD_BYTES = 8192
MOST_BODY_BYTES = 4096
LINE = re.compile(r"([A-Z]{1,16}) (/\S*) HTTP/1\.1")
HEADER = re.compile(r"([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Request:
    """Names of headers are in small letters. `rest` came behind the head."""

    method: str
    path: str
    """Without the query, which means nothing here."""
    headers: Mapping[str, str]
    rest: bytes

    def words(self, header: str) -> set[str]:
        """A header that is a list, in small letters."""
        return {word.strip().lower() for word in self.headers.get(header, "").split(",")}


def read_request(stream: Stream, until: float) -> Request:
    """Raises RefusedError for what is none, TimeoutError (an OSError) for one that is too slow."""
    buffer = bytearray(MOST_HEAD_BYTES)
    got = 0
    while (end := buffer.find(b"\r\n\r\n", 0, got)) < 0:
        if got == MOST_HEAD_BYTES:
            raise RefusedError(431, "bad_request", f"the head is over {MOST_HEAD_BYTES} bytes")
        got += _receive(stream, memoryview(buffer)[got:], until)
    return _parse(bytes(buffer[:end]), bytes(buffer[end + 4 : got]))


def _parse(head: bytes, rest: bytes) -> Request:
    first, *lines = head.decode("latin-1").split("\r\n")
    line = LINE.fullmatch(first)
    headers = [HEADER.fullmatch(each) for each in lines]
    if line is None or None in headers:
        raise RefusedError(400, "bad_request", "this is no request of HTTP/1.1")
    found = {match[1].lower(): match[2] for match in headers if match}
    return Request(line[1], line[2].partition("?")[0], found, rest)


def read_body(stream: Stream, request: Request, until: float) -> bytes:
    """What comes with a request. Raises as `read_request`."""
    length = request.headers.get("content-length", "0")
    if (
        not (length.isascii() and length.isdigit())
        or len(length) > 4
        or int(length) > MOST_BODY_BYTES
    ):
        raise RefusedError(413, "bad_request", f"the body is over {MOST_BODY_BYTES} bytes")
    size = int(length)
    body = bytearray(request.rest[:size].ljust(size, b"\0"))
    got = min(size, len(request.rest))
    while got < size:
        got += _receive(stream, memoryview(body)[got:], until)
    return bytes(body)


def _receive(stream: Stream, buffer: memoryview, until: float) -> int:
    while (got := stream.receive_into(buffer)) is None:
        check(until)
        stream.wait_to_receive(until)
    if got == 0:
        raise ConnectionResetError("the peer ended before its request was whole")
    return got


def answer(status: int, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A whole response."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
