# SPDX-License-Identifier: Apache-2.0
"""What a scan hears: access points (basic service sets) with their names and how they encrypt.

Source: nl80211 TRIGGER_SCAN, GET_SCAN (include/uapi/linux/nl80211.h); elements of IEEE 802.11
§9.4.2. To scan needs CAP_NET_ADMIN and an interface that is switched on; to read what was heard,
nothing.
"""

import errno
import select
import socket
import struct
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sansang_agent.net import netlink
from sansang_agent.net.netlink import Answer, attribute, attributes, generic_attributes
from sansang_agent.net.nl80211 import ATTR_BSS, ATTR_IFINDEX, CMD_GET_SCAN, channel_of
from sansang_wire.reading import WifiSecurity

CMD_TRIGGER_SCAN, CMD_NEW_SCAN_RESULTS, CMD_SCAN_ABORTED = 33, 34, 35
ATTR_SCAN_SSIDS = 45
BSS_BSSID, BSS_FREQUENCY, BSS_CAPABILITY, BSS_ELEMENTS, BSS_SIGNAL_MBM = 1, 2, 5, 6, 7
BSS_SEEN_MS_AGO, BSS_BEACON_ELEMENTS = 10, 11
ELEMENT_SSID, ELEMENT_RSN, ELEMENT_VENDOR = 0, 48, 221
CAPABILITY_PRIVACY = 0x10
WPA_VENDOR = b"\x00\x50\xf2\x01"
RSN_ORGANISATION = b"\x00\x0f\xac"
AKM_PSK, AKM_SAE, AKM_OWE = {2, 4, 6, 19, 20}, {8, 9, 24, 25}, {18}
"""Authentication and key management suites (IEEE 802.11, table 9-188)."""


class Bss(NamedTuple):
    """One access point, as heard. Its address stays on the box."""

    address: bytes
    ssid: bytes
    frequency_mhz: int
    signal_dbm: float | None
    seen_ms_ago: int
    security: WifiSecurity

    @property
    def channel(self) -> int | None:
        return channel_of(self.frequency_mhz)


def heard(ifindex: int) -> list[Bss]:
    """What the kernel remembers of the interface's scans. Raises OSError, TimeoutError."""
    family = netlink.generic_family("nl80211")
    if family is None:
        return []
    which = attribute(ATTR_IFINDEX, struct.pack("=I", ifindex))
    request = netlink.generic(CMD_GET_SCAN, which)
    return decode(netlink.dump(netlink.NETLINK_GENERIC, family, request))


def trigger(ifindex: int, ssids: Sequence[bytes]) -> None:
    """Begin a scan on all channels that asks for these names, hidden ones too, and for any.

    Raises OSError: EPERM, ENETDOWN, or EBUSY while another scan goes on.
    """
    family = netlink.generic_family("nl80211")
    if family is None:
        raise OSError(errno.EOPNOTSUPP, "the kernel has no nl80211")
    names = b"".join(attribute(at + 1, name) for at, name in enumerate((*ssids, b"")))
    which = attribute(ATTR_IFINDEX, struct.pack("=I", ifindex))
    request = netlink.generic(CMD_TRIGGER_SCAN, which + attribute(ATTR_SCAN_SSIDS, names))
    netlink.change(netlink.NETLINK_GENERIC, family, request)


def scan(ifindex: int, ssids: Sequence[bytes], within_s: float) -> list[Bss]:
    """What one scan of all channels heard. Raises OSError as `trigger` does, TimeoutError."""
    begun = time.monotonic()
    group = netlink.generic_group("nl80211", "scan")
    if group is None:
        raise OSError(errno.EOPNOTSUPP, "the kernel has no nl80211")
    with netlink.listening(netlink.NETLINK_GENERIC, [group]) as events:
        trigger(ifindex, ssids)
        while not _has_ended(events, ifindex, begun + within_s):
            pass
    found = heard(ifindex)
    # The kernel remembers access points for half a minute, also those that are gone.
    took_ms = (time.monotonic() - begun) * 1000
    return [bss for bss in found if bss.seen_ms_ago <= took_ms]


def _has_ended(events: socket.socket, ifindex: int, deadline: float) -> bool:
    """Waits for news of a scan. Raises TimeoutError."""
    readable, _, _ = select.select([events], [], [], max(0.0, deadline - time.monotonic()))
    if not readable:
        raise TimeoutError("the scan does not end")
    for message in netlink.messages(events.recv(netlink.RECEIVE_BYTES)):
        told = generic_attributes(message.body)
        if _number(told.get(ATTR_IFINDEX)) == ifindex:
            return message.body[0] in {CMD_NEW_SCAN_RESULTS, CMD_SCAN_ABORTED}
    return False


def decode(answers: Iterable[Answer]) -> list[Bss]:
    """Each access point once, the strongest first."""
    found = [_bss(attributes(each)) for each in _entries(answers)]
    return sorted(found, key=lambda bss: bss.signal_dbm or -200, reverse=True)


def _entries(answers: Iterable[Answer]) -> Iterator[bytes]:
    for answer in answers:
        entry = generic_attributes(answer.body).get(ATTR_BSS)
        if entry is not None:
            yield entry


def _bss(told: dict[int, bytes]) -> Bss:
    elements = list(elements_of(told.get(BSS_ELEMENTS) or told.get(BSS_BEACON_ELEMENTS, b"")))
    signal = told.get(BSS_SIGNAL_MBM)
    return Bss(
        address=told.get(BSS_BSSID, b""),
        ssid=next((value for kind, value in elements if kind == ELEMENT_SSID), b""),
        frequency_mhz=_number(told.get(BSS_FREQUENCY)),
        signal_dbm=None if signal is None else struct.unpack("=i", signal)[0] / 100,
        seen_ms_ago=_number(told.get(BSS_SEEN_MS_AGO)),
        security=security_of(elements, private=_is_private(told)),
    )


def _is_private(told: dict[int, bytes]) -> bool:
    return bool(_number(told.get(BSS_CAPABILITY)) & CAPABILITY_PRIVACY)


def security_of(elements: Sequence[tuple[int, bytes]], *, private: bool) -> WifiSecurity:
    """How it encrypts, by the elements of its beacon."""
    robust = next((value for kind, value in elements if kind == ELEMENT_RSN), None)
    if robust is None:
        if any(kind == ELEMENT_VENDOR and value.startswith(WPA_VENDOR) for kind, value in elements):
            return "wpa"
        return "wep" if private else "open"
    suites = set(_key_management(robust))
    if suites & AKM_OWE:
        return "owe"
    with_passphrase = bool(suites & AKM_PSK), bool(suites & AKM_SAE)
    named: dict[tuple[bool, bool], WifiSecurity] = {
        (True, True): "wpa2_wpa3",
        (True, False): "wpa2",
        (False, True): "wpa3",
    }
    return named.get(with_passphrase, "enterprise")


def _key_management(robust: bytes) -> Iterator[int]:
    """Version, group cipher, pairwise ciphers, then what is looked for (IEEE 802.11, 9.4.2.24)."""
    at = 6
    for wanted in (False, True):
        if at + 2 > len(robust):
            return
        (count,) = struct.unpack_from("<H", robust, at)
        suites = robust[at + 2 : at + 2 + 4 * count]
        at += 2 + 4 * count
        if wanted:
            for start in range(0, len(suites) - 3, 4):
                if suites[start : start + 3] == RSN_ORGANISATION:
                    yield suites[start + 3]


def elements_of(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each is one byte of id, one of length, and so many bytes; a cut one ends them."""
    at = 0
    while at + 2 <= len(data):
        kind, length = data[at], data[at + 1]
        if at + 2 + length > len(data):
            return
        yield kind, data[at + 2 : at + 2 + length]
        at += 2 + length


def _number(value: bytes | None) -> int:
    return 0 if value is None else int.from_bytes(value, sys.byteorder)
