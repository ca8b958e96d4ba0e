# SPDX-License-Identifier: Apache-2.0
"""Listens with a spare radio for the access points around, and tells of the expected names only.

Request: `Listening`. Answer: {"heard": {name: [access point, …]}, "others": [[MHz, dBm], …]}, or
{"broken": reason, "what": sentence}. An access point is {"address", "frequency_mhz", "signal_dbm",
"security"}. Needs CAP_NET_ADMIN.
"""

import errno
import json
import sys
import time
from typing import Any

import msgspec
from msgspec import Struct

from sansang_agent.net import bss, spare_radio
from sansang_agent.net.bss import Bss
from sansang_agent.net.private_network import end_with_parent, switch_on

SCANS, SCAN_WITHIN_S = 3, 15


class Listening(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without an `interface` the first spare radio listens."""

    ssids: list[str]
    interface: str | None = None


def main() -> None:
    """Answer the one request."""
    end_with_parent()
    sys.stdout.write(json.dumps(answer_to(sys.stdin.buffer.readline())) + "\n")


def answer_to(request: bytes) -> dict[str, Any]:
    """Raises msgspec.MsgspecError for what is no request."""
    try:
        return _listen(msgspec.json.decode(request, type=Listening))
    except spare_radio.NoSpareRadioError as error:
        return {"broken": "no_spare_radio", "what": str(error)}
    except OSError as error:  # a TimeoutError is one, without a number
        known = {errno.EPERM: "not_permitted", errno.ERFKILL: "radio_blocked"}
        return {"broken": known.get(error.errno or 0, "radio_fails"), "what": str(error)}


def _listen(request: Listening) -> dict[str, Any]:
    """Raises NoSpareRadioError, OSError, TimeoutError."""
    wanted = {each.encode() for each in request.ssids}
    with spare_radio.held(request.interface) as radio:
        switch_on(radio.ifindex)
        found: dict[bytes, Bss] = {}
        # A beacon is missed now and then: only who is never heard is not there.
        for _ in range(SCANS):
            found |= {each.address: each for each in _scan(radio.ifindex, list(wanted))}
            if wanted <= {each.ssid for each in found.values()}:
                break
    heard = sorted(found.values(), key=lambda each: each.signal_dbm or -200, reverse=True)
    return {
        "heard": {
            name: [_told(each) for each in heard if each.ssid == name.encode()]
            for name in request.ssids
        },
        "others": [
            [each.frequency_mhz, each.signal_dbm] for each in heard if each.ssid not in wanted
        ],
    }


def _scan(ifindex: int, wanted: list[bytes]) -> list[Bss]:
    deadline = time.monotonic() + SCAN_WITHIN_S
    while True:
        try:
            return bss.scan(ifindex, wanted, SCAN_WITHIN_S)
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def _told(access_point: Bss) -> dict[str, Any]:
    return {**access_point._asdict(), "address": access_point.address.hex(":"), "ssid": None}


if __name__ == "__main__":
    main()
