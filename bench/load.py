# SPDX-License-Identifier: Apache-2.0
"""Agents by the thousand in one process, for `bench.carriage`: keeps so many batches without a
receipt, for so long, and prints what was acknowledged as JSON. Run by the bench, not by hand.

`python -m bench.load PORT AGENTS SECONDS WINDOW`; the broker asks nobody for a password. Without a
window (0) it sends as fast as the broker takes, and waits for no receipts.
"""

import json
import random
import sys
import time
import zlib

import msgspec
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from bench.store import readings
from sansang_wire.batch import Receipt

ROUND_US = 30_000_000
CLIENTS = 4
AT = 1_111_111_111_111_111
"""Stands in the prepared readings where the time goes."""
_decode = msgspec.json.Decoder(Receipt).decode


def agent_name(number: int) -> str:
    """The id under which the bench registers agent `number`."""
    return f"load-{number}"


class Load:
    """All agents; each has one epoch, and batches numbered from 1."""

    def __init__(self, port: int, agents: int, window: int) -> None:
        self._window = window
        self._seq = [0] * agents
        self._done = [0] * agents
        self._epoch = f"{random.getrandbits(64):016x}"
        # Made once: making readings costs the load more than sending them.
        self._bodies = [
            msgspec.json.encode(list(readings(number, AT, random.Random(number))))
            for number in range(100)
        ]
        self._started_us = time.time_ns() // 1000 - 86_400_000_000
        self.sent = self.receipted = 0
        self._clients = [self._connect(port, number) for number in range(CLIENTS)]

    def _connect(self, port: int, number: int) -> Client:
        client = Client(CallbackAPIVersion.VERSION2, client_id=f"load-client-{number}")
        client.max_inflight_messages_set(0)
        client.on_message = self._receipt
        client.connect("127.0.0.1", port)
        client.loop_start()
        if number == 0 and self._window:
            client.subscribe("sansang/1/+/receipt")
        return client

    def _receipt(self, _client: object, _data: object, message: MQTTMessage) -> None:
        number = int(message.topic.split("/")[2].removeprefix("load-"))
        upto = _decode(message.payload).upto
        self.receipted += max(0, upto - self._done[number])
        self._done[number] = max(upto, self._done[number])

    def run(self, seconds: float) -> None:
        """Send round after round of all agents."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for number in range(len(self._seq)):
                self._publish(number)
                while self._window and self.sent - self.receipted >= self._window:
                    if time.monotonic() > end:
                        return
                    time.sleep(0.002)

    def _publish(self, number: int) -> None:
        self._seq[number] += 1
        seq = self._seq[number]
        at = self._started_us + seq * ROUND_US
        body = self._bodies[number % len(self._bodies)].replace(b"%d" % AT, b"%d" % at)
        head = (
            f'{{"v":1,"agent":"{agent_name(number)}","epoch":"{self._epoch}","seq":{seq},"first":1,'
            f'"boot":"bench","clock":"kernel","readings":'
        )
        client = self._clients[number % CLIENTS]
        client.publish(
            f"sansang/1/{agent_name(number)}/batch",
            zlib.compress(head.encode() + body + b"}"),
            qos=1,
        )
        self.sent += 1
        # paho's own queue has no bound of its own that would make a sender wait.
        while not self._window and len(client._out_messages) > 1000:  # noqa: SLF001
            time.sleep(0.001)


def main() -> None:
    """Run as the arguments say."""
    port, agents, seconds, window = (int(each) for each in sys.argv[1:5])
    load = Load(port, agents, window)
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
