# SPDX-License-Identifier: Apache-2.0
"""Devices summed up: from answers that a real kernel gave in the virtual machine, and by rule."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_agent.net.netlink import Answer, attribute, generic
from sansang_agent.net.wifi_stations import Stations, StationWatch
from tests.agent.net.test_nl80211 import recorded

POINT, OTHER = 2, 3


def number(type_: int, value: int) -> bytes:
    return attribute(type_, struct.pack("=I", value))


def station(*told: bytes, mac: int = 1, signal_dbm: int = -40, authorised: bool = True) -> Answer:
    flags = struct.pack("=II", 0b10, 0b10 if authorised else 0)
    info = attribute(7, struct.pack("=b", signal_dbm)) + attribute(17, flags) + b"".join(told)
    return Answer(0, generic(0, attribute(6, bytes(5) + bytes([mac])) + attribute(21, info)))


def sent(packets: int, retries: int, mac: int = 1) -> Answer:
    return station(number(10, packets), number(11, retries), mac=mac)


def retries(watch: StationWatch, *told: Answer) -> tuple[float | None, float | None]:
    found = watch.decode(POINT, told)
    return found.retry_worst_pct, found.retry_median_pct


def test_devices_are_counted_and_summed_up() -> None:
    """Three, as the kernel told of them; what was sent since the last look is not known yet."""
    found = StationWatch().decode(POINT, recorded("stations"))
    assert (found.connected, found.signal_worst_dbm, found.signal_median_dbm) == (3, -30, -30)
    assert found.rx_bitrate_worst_mbps is not None
    assert found.tx_bitrate_worst_mbps is not None
    assert (found.retry_worst_pct, found.retry_median_pct) == (None, None)
    assert StationWatch().decode(POINT, []) == Stations(0)


def test_who_is_not_let_in_is_not_counted() -> None:
    """A wrong passphrase leaves a device associated for a while."""
    told = [station(signal_dbm=-40), station(mac=2, signal_dbm=-80)]
    told.append(station(mac=3, signal_dbm=-90, authorised=False))
    found = StationWatch().decode(POINT, told)
    assert (found.connected, found.signal_worst_dbm, found.signal_median_dbm) == (2, -80, -60)


def test_bit_rates_that_have_no_room_in_the_old_field_are_read_from_the_new_one() -> None:
    """In 100 kbit/s; a device of which none is known is left out."""
    slow = attribute(8, attribute(1, struct.pack("=H", 65)))
    fast = attribute(8, attribute(1, struct.pack("=H", 0xFFFF)) + number(5, 115_290))
    unknown = attribute(8, number(5, 0))
    told = [station(slow, mac=1), station(fast, mac=2), station(unknown, mac=3), station(mac=4)]
    found = StationWatch().decode(POINT, told)
    assert (found.tx_bitrate_worst_mbps, found.tx_bitrate_median_mbps) == (6.5, (6.5 + 11529) / 2)
    assert found.rx_bitrate_worst_mbps is None


def test_repetitions_are_those_since_the_last_look_of_each_device() -> None:
    """For 100 packets; the worst and the median; without a packet in between there is no share."""
    watch = StationWatch()
    assert retries(watch, sent(100, 50), sent(1000, 0, mac=2), sent(7, 7, mac=3)) == (None, None)
    told = retries(watch, sent(200, 80), sent(1100, 10, mac=2), sent(7, 7, mac=3))
    assert told == (30, 20)
    assert retries(watch, sent(210, 100), sent(1200, 10, mac=2)) == (200, 100)


def test_a_device_that_joined_again_counts_anew() -> None:
    """Its counters are smaller than before, or it was gone at the last look."""
    watch = StationWatch()
    retries(watch, sent(1000, 500))
    assert retries(watch, sent(10, 1)) == (None, None)
    assert retries(watch, sent(110, 11)) == (10, 10)
    assert retries(watch, sent(500, 1)) == (None, None)
    retries(watch, sent(110, 11))
    assert retries(watch) == (None, None)
    assert retries(watch, sent(120, 12)) == (None, None)


def test_interfaces_are_told_apart() -> None:
    """One device may hop from one band to the other, with counters of its own in each."""
    watch = StationWatch()
    watch.decode(POINT, [sent(100, 0)])
    assert watch.decode(OTHER, [sent(200, 50)]).retry_worst_pct is None


@pytest.mark.parametrize("form", ["{0:02x}:", "{0:02x}"], ids=["with colons", "without"])
def test_no_device_is_named(form: str) -> None:
    """What leaves the module has no hardware address, in no form."""
    mac = "".join(form.format(each) for each in bytes.fromhex("020000000100")).rstrip(":")
    assert bytes.fromhex("020000000100") in recorded("stations")[0].body
    assert mac not in repr(StationWatch().decode(POINT, recorded("stations")))


@given(st.binary(max_size=200))
def test_whatever_a_driver_says_costs_no_more_than_itself(body: bytes) -> None:
    """Cut and strange answers give something or nothing, and raise nothing."""
    StationWatch().decode(POINT, [Answer(0, body)])
    StationWatch().decode(POINT, [Answer(0, generic(0, attribute(21, body)))])
