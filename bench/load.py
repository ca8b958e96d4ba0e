# SPDX-License-Identifier: Apache-2.0
"""Agents by the thousand in one process, for `bench.carriage`: keeps so many batches without a
receipt, for so long, and prints what was acknowledged as JSON. Run by the bench, not by hand.

`python -m bench.load PORT AGENTS SECONDS WINDOW`; the broker asks nobody for a password. Without a
window (0) it sends as fast as the broker takes, and waits for no receipts.

The MQTT packets (MQTT 3.1.1 section 3) are made before the clock starts and sent as they are: the
load shares its processor with the broker and InfluxDB, and a client library would take half of it.
"""

import json
import random
import socket
import sys
import threading
import time
import zlib
from collections.abc import Iterator

import msgspec

from bench.store import readings
from sansang_wire.batch import Receipt

ROUND_US = 30_000_000
MOST_BATCHES_PER_S = 6000
AT_ONCE = 20
AT = 1_111_111_111_111_111
"""Stands in the prepared readings where the time goes."""
CONNECT, PUBLISH_QOS1, SUBSCRIBE = 0x10, 0x32, 0x82
_decode = msgspec.json.Decoder(Receipt).decode


def agent_name(number: int) -> str:
    """The id under which the bench registers agent `number`."""
    return f"load-{number}"


def _packet(kind: int, body: bytes) -> bytes:
    length, left = b"", len(body)
    while True:
        left, digit = left >> 7, left & 0x7F
        length += bytes([digit | 0x80 if left else digit])
        if not left:
            return bytes([kind]) + length + body


def _text(text: str) -> bytes:
    return len(text).to_bytes(2) + text.encode()


def _connected(port: int, name: str) -> socket.socket:
    connection = socket.socket()
    connection.connect(("127.0.0.1", port))
    connection.sendall(_packet(CONNECT, _text("MQTT") + b"\x04\x02\x00\x00" + _text(name)))
    connection.recv(4)
    return connection


def _bodies(connection: socket.socket) -> Iterator[bytes]:
    """The body of each packet that comes in, until the connection ends."""
    reader = connection.makefile("rb")
    while reader.read(1):
        length, shift, digit = 0, 0, 0x80
        while digit & 0x80:
            digit = reader.read(1)[0]
            length |= (digit & 0x7F) << shift
            shift += 7
        yield reader.read(length)


class Load:
    """All agents; each has one epoch, and batches numbered from 1."""

    def __init__(self, port: int, agents: int, window: int, most: int) -> None:
        self._window = window
        self._done = [0] * agents
        self.sent = self.receipted = 0
        self._packets = list(_batches(agents, most))
        self._sender = _connected(port, "load-sender")
        threading.Thread(target=self._discard_acknowledgements, daemon=True).start()
        self._receiver = _connected(port, "load-receiver")
        self._receiver.sendall(
            _packet(SUBSCRIBE, b"\x00\x01" + _text("sansang/1/+/receipt") + b"\0")
        )
        threading.Thread(target=self._receive, daemon=True).start()

    def _discard_acknowledgements(self) -> None:
        while self._sender.recv(65536):
            pass

    def _receive(self) -> None:
        for body in _bodies(self._receiver):
            topic_end = 2 + int.from_bytes(body[:2])
            levels = body[2:topic_end].split(b"/")
            if levels[-1] != b"receipt":
                continue
            number = int(levels[2].removeprefix(b"load-"))
            upto = _decode(body[topic_end:]).upto
            self.receipted += max(0, upto - self._done[number])
            self._done[number] = max(upto, self._done[number])

    def run(self, seconds: float) -> None:
        """Send what is prepared in its order; without a window it begins anew at the end."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._window and self.sent - self.receipted >= self._window:
                time.sleep(0.002)
                continue
            start = self.sent if self._window else self.sent % len(self._packets)
            some = self._packets[start : start + AT_ONCE]
            if not some:
                raise SystemExit(f"more than {MOST_BATCHES_PER_S} batches/s: prepare more")
            self._sender.sendall(b"".join(some))
            self.sent += len(some)


def _batches(agents: int, most: int) -> Iterator[bytes]:
    """One batch of each agent, then the next of each, so many in all, as MQTT packets."""
    epoch = f"{random.getrandbits(64):016x}"
    started_us = time.time_ns() // 1000 - 86_400_000_000
    samples = [
        msgspec.json.encode(list(readings(number, AT, random.Random(number))))
        for number in range(100)
    ]
    for count in range(most):
        number, seq = count % agents, 1 + count // agents
        body = samples[number % 100].replace(b"%d" % AT, b"%d" % (started_us + seq * ROUND_US))
        head = (
            f'{{"v":1,"agent":"{agent_name(number)}","epoch":"{epoch}","seq":{seq},"first":1,'
            f'"boot":"bench","clock":"kernel","readings":'
        )
        topic = _text(f"sansang/1/{agent_name(number)}/batch")
        packet_id = (1 + count % 0xFFFF).to_bytes(2)
        yield _packet(PUBLISH_QOS1, topic + packet_id + zlib.compress(head.encode() + body + b"}"))


def main() -> None:
    """Run as the arguments say."""
    port, agents, seconds, window = (int(each) for each in sys.argv[1:5])
    load = Load(port, agents, window, most=seconds * MOST_BATCHES_PER_S)
    warm_up = min(3.0, seconds / 4)
    load.run(warm_up)
    before, started = (load.receipted, load.sent), time.monotonic()
    load.run(seconds - warm_up)
    elapsed = time.monotonic() - started
    sys.stdout.write(
        json.dumps(
            {
                "receipted_per_s": (load.receipted - before[0]) / elapsed,
                "sent_per_s": (load.sent - before[1]) / elapsed,
                "sent": load.sent,
            }
        )
    )


if __name__ == "__main__":
    main()
