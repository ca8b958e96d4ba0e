# SPDX-License-Identifier: Apache-2.0
"""What the kernel knows of wireless interfaces.

Source: include/uapi/linux/nl80211.h. No privilege is needed. The kernel names the SSID of an access
point only while it really beacons; that of a client stands in the last scan, beside the mark that
it is connected.
"""

import struct
import sys
from collections.abc import Iterable
from typing import NamedTuple

from sansang_agent.net.interfaces import is_enabled, is_up
from sansang_agent.net.netlink import (
    NETLINK_GENERIC,
    Answer,
    attribute,
    attributes,
    dump,
    generic,
    generic_attributes,
    generic_family,
)
from sansang_wire.reading import RadioRole

CMD_GET_INTERFACE, CMD_GET_SCAN = 5, 32
ATTR_WIPHY, ATTR_IFINDEX, ATTR_IFNAME, ATTR_IFTYPE = 1, 3, 4, 5
ATTR_WIPHY_FREQ, ATTR_SSID, ATTR_TX_POWER_LEVEL, ATTR_CHANNEL_WIDTH = 38, 52, 98, 159
ATTR_BSS, BSS_INFORMATION_ELEMENTS, BSS_STATUS, BSS_STATUS_ASSOCIATED = 47, 6, 9, 1
ELEMENT_SSID = 0
"""IEEE 802.11, 9.4.2.2."""
ROLES: dict[int, RadioRole] = {2: "station", 3: "access_point"}
RADAR_MHZ = range(5250, 5731)
"""Where radar has to be looked for first (ITU-R Resolution 229)."""
WIDTHS_MHZ = {0: 20, 1: 20, 2: 40, 3: 80, 4: 80, 5: 160, 6: 5, 7: 10, 13: 320}


class Radio(NamedTuple):
    """A wireless interface. `ssid` is empty while it neither beacons nor is connected; `enabled`:
    it is switched on; `up`: it works (operational state).
    """

    ifindex: int
    name: str
    role: RadioRole
    ssid: bytes = b""
    frequency_mhz: int | None = None
    width_mhz: int | None = None
    txpower_dbm: float | None = None
    enabled: bool = False
    up: bool = False
    wiphy: int = 0
    """The device that the interface is on; others may be on it, too."""

    @property
    def channel(self) -> int | None:
        """By IEEE 802.11, annex E."""
        return None if self.frequency_mhz is None else channel_of(self.frequency_mhz)

    @property
    def starting(self) -> bool:
        """An access point that has its channel and does not send yet: it listens for radar there.

        The kernel gives it the channel at the beginning of the check (`cac` of cfg80211), the name
        with the first beacon.
        """
        known = self.frequency_mhz is not None and self.frequency_mhz in RADAR_MHZ
        return self.role == "access_point" and self.enabled and known and not self.ssid

    @property
    def on_air(self) -> bool:
        """An access point that beacons, or a client that is connected to one."""
        return self.up and bool(self.ssid) and self.frequency_mhz is not None


def radios() -> list[Radio] | None:
    """Every wireless interface, by its index; None when the kernel has no nl80211.

    Raises OSError, TimeoutError.
    """
    family = generic_family("nl80211")
    if family is None:
        return None
    found: list[Radio] = []
    for radio in decode_radios(dump(NETLINK_GENERIC, family, generic(CMD_GET_INTERFACE))):
        ssid = radio.ssid
        if radio.role == "station" and not ssid:
            ssid = decode_connected(dump(NETLINK_GENERIC, family, _of(radio, CMD_GET_SCAN)))
        enabled, up = is_enabled(radio.name), is_up(radio.name)
        found.append(radio._replace(ssid=ssid, enabled=enabled, up=up))
    return found


def tell_of(radio: Radio, command: int) -> list[Answer]:
    """What the kernel answers to a command about one interface. Raises OSError, TimeoutError."""
    family = generic_family("nl80211")
    if family is None:
        return []
    return dump(NETLINK_GENERIC, family, _of(radio, command))


def _of(radio: Radio, command: int) -> bytes:
    return generic(command, attribute(ATTR_IFINDEX, struct.pack("=I", radio.ifindex)))


def decode_radios(answers: Iterable[Answer]) -> list[Radio]:
    """Those that have a network interface; of its state nl80211 tells nothing."""
    told = [generic_attributes(answer.body) for answer in answers]
    found = [_radio(each) for each in told if ATTR_IFNAME in each and ATTR_IFINDEX in each]
    return sorted(found, key=lambda radio: radio.ifindex)


def _radio(told: dict[int, bytes]) -> Radio:
    power = told.get(ATTR_TX_POWER_LEVEL)
    width = told.get(ATTR_CHANNEL_WIDTH)
    frequency = told.get(ATTR_WIPHY_FREQ)
    return Radio(
        ifindex=number(told[ATTR_IFINDEX]),
        name=told[ATTR_IFNAME].rstrip(b"\0").decode(),
        wiphy=number(told.get(ATTR_WIPHY, b"")),
        role=ROLES.get(number(told.get(ATTR_IFTYPE, b"")), "other"),
        ssid=told.get(ATTR_SSID, b""),
        frequency_mhz=None if frequency is None else number(frequency),
        width_mhz=None if width is None else WIDTHS_MHZ.get(number(width)),
        # In hundredths (mBm).
        txpower_dbm=None if power is None else number(power, signed=True) / 100,
    )


def decode_connected(answers: Iterable[Answer]) -> bytes:
    """The SSID of the network that a client is connected to, by its last scan; empty if none."""
    for answer in answers:
        bss = attributes(generic_attributes(answer.body).get(ATTR_BSS, b""))
        if number(bss.get(BSS_STATUS, b"")) == BSS_STATUS_ASSOCIATED:
            return _ssid_element(bss.get(BSS_INFORMATION_ELEMENTS, b""))
    return b""


def _ssid_element(elements: bytes) -> bytes:
    """Elements are one byte of id, one of length, and so many bytes."""
    at = 0
    while at + 2 <= len(elements):
        kind, length = elements[at], elements[at + 1]
        if kind == ELEMENT_SSID:
            return elements[at + 2 : at + 2 + length]
        at += 2 + length
    return b""


def channel_of(frequency_mhz: int) -> int | None:
    """The channel's number; None for a frequency that has none."""
    if frequency_mhz == 2484:
        return 14
    if 2412 <= frequency_mhz <= 2472:
        return (frequency_mhz - 2407) // 5
    if 4910 <= frequency_mhz <= 4980:
        return (frequency_mhz - 4000) // 5
    if 5000 < frequency_mhz < 5950:
        return (frequency_mhz - 5000) // 5 if frequency_mhz != 5935 else 2
    if 5955 <= frequency_mhz <= 7115:
        return (frequency_mhz - 5950) // 5
    return None


def number(value: bytes, *, signed: bool = False) -> int:
    """A number as the kernel writes it, of any length."""
    return int.from_bytes(value, sys.byteorder, signed=signed)
