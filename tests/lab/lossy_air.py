# SPDX-License-Identifier: Apache-2.0
"""Air that loses frames, for simulated radios: `python -m tests.lab.lossy_air RADIOS LOSS_PCT`.

The kernel's simulated radios hand every frame to the program that registers with them; this one
passes each on to every other radio, loses each try with the given probability, and says how many
tries a frame to one device took, as the radio of a real access point does.
Source: drivers/net/wireless/mac80211_hwsim.h.
"""

import os
import random
import socket
import struct
import sys
from collections.abc import Iterator

from sansang_agent.net import netlink
from sansang_agent.net.netlink import attribute, generic, generic_attributes

CMD_REGISTER, CMD_FRAME, CMD_TX_INFO_FRAME = 1, 2, 3
ADDR_RECEIVER, ADDR_TRANSMITTER, FRAME, FLAGS, RX_RATE, SIGNAL, TX_INFO, COOKIE = range(1, 9)
FREQ = 19
FLAG_NO_ACK, FLAG_ACKED = 2, 4
SIGNAL_DBM = -50
TRIES = 7
NO_RATE = struct.pack("=bB", -1, 0)
_HEADER = struct.Struct("=IHHII")


class Air:
    """Between so many radios."""

    def __init__(self, radios: int, loss: float) -> None:
        family = netlink.generic_family("MAC80211_HWSIM")
        assert family is not None
        self._family = family
        self._loss = loss
        self._chance = random.Random(1)
        self._receivers = [bytes((0x42, 0, 0, 0, number, 0)) for number in range(radios)]
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, netlink.NETLINK_GENERIC)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 2**20)
        self._socket.bind((0, 0))
        self._send(CMD_REGISTER, b"")

    def carry(self) -> None:
        """For ever."""
        while True:
            for told in self._frames(self._socket.recv(netlink.RECEIVE_BYTES)):
                self._pass_on(told)

    def _frames(self, data: bytes) -> Iterator[dict[int, bytes]]:
        for message in netlink.messages(data):
            if message.type == self._family and message.body[0] == CMD_FRAME:
                yield generic_attributes(message.body)

    def _pass_on(self, told: dict[int, bytes]) -> None:
        """To every radio that hears it; of a frame to one device its own radio counts."""
        frame, sender = told[FRAME], told[ADDR_TRANSMITTER]
        to = frame[4:10]
        tries, acked = self._tried(to)
        for receiver in self._receivers:
            addressed = to[1:] == receiver[1:]
            heard = acked if addressed else self._chance.random() >= self._loss
            if receiver != sender and heard:
                self._send(
                    CMD_FRAME,
                    attribute(ADDR_RECEIVER, receiver)
                    + attribute(FRAME, frame)
                    + attribute(RX_RATE, struct.pack("=I", 0))
                    + attribute(SIGNAL, struct.pack("=i", SIGNAL_DBM))
                    + (attribute(FREQ, told[FREQ]) if FREQ in told else b""),
                )
        flags = struct.unpack("=I", told[FLAGS])[0]
        done = flags | FLAG_ACKED if acked and not flags & FLAG_NO_ACK else flags
        rates = told[TX_INFO][:1] + bytes((tries,)) + 3 * NO_RATE
        self._send(
            CMD_TX_INFO_FRAME,
            attribute(ADDR_TRANSMITTER, sender)
            + attribute(FLAGS, struct.pack("=I", done))
            + attribute(SIGNAL, struct.pack("=i", SIGNAL_DBM))
            + attribute(TX_INFO, rates)
            + attribute(COOKIE, told[COOKIE]),
        )

    def _tried(self, to: bytes) -> tuple[int, bool]:
        """How often it was sent, and whether the device it is for has it."""
        if to[0] & 1:
            return 1, False
        for tries in range(1, TRIES + 1):
            if self._chance.random() >= self._loss:
                return tries, bytes((0x42, *to[1:])) in self._receivers
        return TRIES, False

    def _send(self, command: int, content: bytes) -> None:
        body = generic(command, content)
        header = _HEADER.pack(_HEADER.size + len(body), self._family, netlink.NLM_F_REQUEST, 0, 0)
        self._socket.send(header + body)


if __name__ == "__main__":
    air = Air(int(sys.argv[1]), float(sys.argv[2]) / 100)
    os.write(1, b"ready\n")
    air.carry()
