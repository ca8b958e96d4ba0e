# SPDX-License-Identifier: Apache-2.0
"""A far end whose faults are exact: `python -m tests.lab.responder INTERFACE RULES`.

It answers every echo request that arrives on the interface, whatever address it is for, by the
sequence number of the request; so two programs that number from 1, as ours and ping do, meet the
same faults. Nobody answers ARP or neighbour discovery here: the asker needs a permanent neighbour.
"""

import contextlib
import heapq
import json
import os
import select
import socket
import struct
import sys
import time
from typing import NamedTuple

ETHERNET = 14
ETH_P_ALL = 3
IPV4, IPV6 = 0x0800, 0x86DD
ECHO_REQUEST = {IPV4: 8, IPV6: 128}
ECHO_REPLY = {IPV4: 0, IPV6: 129}
ICMP = {IPV4: 1, IPV6: 58}


class Rules(NamedTuple):
    """Sequence numbers that get no answer, two answers, or one that wasn't asked for."""

    silent: tuple[int, ...] = ()
    twice: tuple[int, ...] = ()
    forged: tuple[int, ...] = ()
    delay_ms: float = 0


def sequence_and_reply(frame: bytes, *, forged: bool = False) -> tuple[int, bytes] | None:
    """The sequence number of a request, and the frame that answers it."""
    protocol = int.from_bytes(frame[12:14], "big")
    if protocol not in ECHO_REQUEST:
        return None
    packet = frame[ETHERNET:]
    header = (packet[0] & 15) * 4 if protocol == IPV4 else 40
    carried = packet[9] if protocol == IPV4 else packet[6]
    if carried != ICMP[protocol] or packet[header] != ECHO_REQUEST[protocol]:
        return None
    body = bytearray(packet[header:])
    body[0] = ECHO_REPLY[protocol]
    if forged:
        body[8:] = bytes(255 - byte for byte in body[8:])
    source, target = (12, 16) if protocol == IPV4 else (8, 24)
    size = 4 if protocol == IPV4 else 16
    ip = bytearray(packet[:header])
    ip[source : source + size] = packet[target : target + size]
    ip[target : target + size] = packet[source : source + size]
    body[2:4] = b"\0\0"
    summed = bytes(body)
    if protocol == IPV6:
        summed += bytes(ip[8:40]) + struct.pack("!II", len(body), ICMP[IPV6])
    body[2:4] = _checksum(summed).to_bytes(2, "big")
    sequence = int.from_bytes(body[6:8], "big")
    return sequence, frame[6:12] + frame[:6] + frame[12:14] + bytes(ip) + bytes(body)


def _checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total >> 16) + (total & 0xFFFF)
    return ~total & 0xFFFF


def replies(frame: bytes, rules: Rules) -> list[bytes]:
    answer = sequence_and_reply(frame)
    if answer is None:
        return []
    sequence, reply = answer
    forged = sequence_and_reply(frame, forged=True)
    if sequence in rules.forged and forged:
        return [forged[1]]
    return [] if sequence in rules.silent else [reply] * (1 + (sequence in rules.twice))


def main(interface: str, rules: Rules) -> None:
    waiting: list[tuple[float, bytes]] = []
    # What it delays shall not wait for the other programs of a busy machine, too.
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) as sock:
        sock.bind((interface, 0))
        os.write(1, b"ready\n")
        while True:
            patience = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
            if select.select([sock], [], [], patience)[0]:
                frame, origin = sock.recvfrom(65_536)
                if origin[2] != socket.PACKET_OUTGOING:
                    due = time.monotonic() + rules.delay_ms / 1000
                    for reply in replies(frame, rules):
                        heapq.heappush(waiting, (due, reply))
            while waiting and waiting[0][0] <= time.monotonic():
                sock.send(heapq.heappop(waiting)[1])


if __name__ == "__main__":
    main(sys.argv[1], Rules(**json.loads(sys.argv[2])))
