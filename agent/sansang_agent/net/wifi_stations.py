# SPDX-License-Identifier: Apache-2.0
"""How well the devices connected to a wireless interface are served, summed up.

Source: nl80211 GET_STATION (include/uapi/linux/nl80211.h). Repetitions are counted by the kernel
since a device joined, so what one device had at the last look is kept: in memory, by its hardware
address, which leaves this module in nothing. A device that joined again counts anew.
"""

import statistics
import struct
from collections.abc import Iterable
from typing import NamedTuple

from sansang_agent.net.netlink import Answer, attributes, generic_attributes
from sansang_agent.net.nl80211 import Radio, number, tell_of

CMD_GET_STATION = 17
ATTR_MAC, ATTR_STA_INFO = 6, 21
STA_INFO_SIGNAL, STA_INFO_SIGNAL_AVG, STA_INFO_STA_FLAGS = 7, 13, 17
STA_INFO_TX_BITRATE, STA_INFO_RX_BITRATE = 8, 14
STA_INFO_TX_PACKETS, STA_INFO_TX_RETRIES = 10, 11
RATE_INFO_BITRATE, RATE_INFO_BITRATE32 = 1, 5
"""In 100 kbit/s; the first has no room for more than 6.5 Gbit/s."""
STA_FLAG_AUTHORIZED = 1


class Sent(NamedTuple):
    """What was sent to one device since it joined."""

    packets: int
    retries: int


class Stations(NamedTuple):
    """Connected devices that may send, counted; of a client: its access point, 1 or 0.

    Bit rates in Mbit/s; retries for 100 packets sent since the last look.
    """

    connected: int
    signal_worst_dbm: float | None = None
    signal_median_dbm: float | None = None
    rx_bitrate_worst_mbps: float | None = None
    rx_bitrate_median_mbps: float | None = None
    tx_bitrate_worst_mbps: float | None = None
    tx_bitrate_median_mbps: float | None = None
    retry_worst_pct: float | None = None
    retry_median_pct: float | None = None


class StationWatch:
    """Looks at the devices of each interface; knows what they had at the last look."""

    def __init__(self) -> None:
        self._sent: dict[int, dict[bytes, Sent]] = {}

    def look(self, radio: Radio) -> Stations:
        """The devices of one interface now. Raises OSError, TimeoutError."""
        return self.decode(radio.ifindex, tell_of(radio, CMD_GET_STATION))

    def decode(self, ifindex: int, answers: Iterable[Answer]) -> Stations:
        """The same from what the kernel answered."""
        told = [generic_attributes(answer.body) for answer in answers]
        infos = {each.get(ATTR_MAC, b""): attributes(each.get(ATTR_STA_INFO, b"")) for each in told}
        infos = {mac: info for mac, info in infos.items() if _is_authorised(info)}
        before = self._sent.get(ifindex, {})
        now = {mac: sent for mac, info in infos.items() if (sent := _sent(info))}
        self._sent[ifindex] = now
        shares = [_retry_pct(before.get(mac), sent) for mac, sent in now.items()]
        retries = [share for share in shares if share is not None]
        return Stations(
            len(infos),
            *_low_and_middle(map(_signal, infos.values())),
            *_low_and_middle(_bitrate(info, STA_INFO_RX_BITRATE) for info in infos.values()),
            *_low_and_middle(_bitrate(info, STA_INFO_TX_BITRATE) for info in infos.values()),
            max(retries, default=None),
            statistics.median(retries) if retries else None,
        )


def connected(radio: Radio) -> int:
    """How many devices are connected to one interface. Raises OSError, TimeoutError."""
    return StationWatch().look(radio).connected


def _low_and_middle(values: Iterable[float | None]) -> tuple[float | None, float | None]:
    known = [value for value in values if value is not None]
    return (min(known), statistics.median(known)) if known else (None, None)


def _signal(info: dict[int, bytes]) -> float | None:
    signal = info.get(STA_INFO_SIGNAL_AVG) or info.get(STA_INFO_SIGNAL)
    return number(signal, signed=True) if signal else None


def _bitrate(info: dict[int, bytes], which: int) -> float | None:
    rate = attributes(info.get(which, b""))
    bitrate = rate.get(RATE_INFO_BITRATE32) or rate.get(RATE_INFO_BITRATE)
    # A driver that knows none says nothing or nought.
    return number(bitrate) / 10 or None if bitrate else None


def _sent(info: dict[int, bytes]) -> Sent | None:
    packets, retries = info.get(STA_INFO_TX_PACKETS), info.get(STA_INFO_TX_RETRIES)
    return None if packets is None or retries is None else Sent(number(packets), number(retries))


def _retry_pct(before: Sent | None, now: Sent) -> float | None:
    """None without a packet sent in between, or when the counters began anew."""
    if before is None or now.retries < before.retries or now.packets <= before.packets:
        return None
    return 100 * (now.retries - before.retries) / (now.packets - before.packets)


def _is_authorised(info: dict[int, bytes]) -> bool:
    """`struct nl80211_sta_flag_update`: mask, then set; what tells no flags has none to fail."""
    flags = info.get(STA_INFO_STA_FLAGS)
    if flags is None or len(flags) < 8:
        return True
    mask, set_ = struct.unpack_from("=II", flags)
    return bool(mask & set_ & (1 << STA_FLAG_AUTHORIZED))
