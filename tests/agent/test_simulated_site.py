# SPDX-License-Identifier: Apache-2.0
"""An invented past: the same whenever it is asked, with nights and faults in it."""

from collections.abc import Iterator

from sansang_agent import simulated_site
from sansang_agent.simulated_site import DAY_US, MINUTE_US, Moment, SimulatedSite
from sansang_wire.batch import decode_batch, encode
from sansang_wire.readings import AnyReading, ReachabilityReading, WifiReading

SITE = SimulatedSite(agent="sim-1", ssid="NVH", ipv6=True, loss=0, dark=False)
NOON_UTC7 = 20_000 * DAY_US + 5 * 60 * MINUTE_US
YEAR = range(NOON_UTC7, NOON_UTC7 + 365 * DAY_US, 5 * MINUTE_US)


def everything(site: SimulatedSite, moment: Moment) -> Iterator[AnyReading]:
    yield from simulated_site.often(site, moment)
    yield from simulated_site.reaches(site, moment)
    yield from simulated_site.seldom(site, moment)


def test_the_past_does_not_change() -> None:
    """A demo that is started again goes on with the same past; another site has another."""
    moment = simulated_site.past(SITE, NOON_UTC7, 1)
    assert moment is not None
    assert list(everything(SITE, moment)) == list(everything(SITE, moment))
    assert list(everything(replaced(agent="sim-2"), moment)) != list(everything(SITE, moment))


def replaced(**changes: object) -> SimulatedSite:
    return SimulatedSite(**{**dict(zip(SITE.__struct_fields__, values(), strict=True)), **changes})  # pyright: ignore[reportArgumentType]


def values() -> list[object]:
    return [getattr(SITE, name) for name in SITE.__struct_fields__]


def test_a_collector_takes_every_reading() -> None:
    """Values are within their ranges, on air and off, with IPv6 and without."""
    for site in (SITE, replaced(ipv6=False, loss=1.0)):
        for off_air in (False, True):
            moment = Moment(NOON_UTC7, NOON_UTC7, off_air)
            readings = [encode(each).decode() for each in everything(site, moment)]
            envelope = '{"v":1,"agent":"sim-1","epoch":"0123456789abcdef","seq":1,"first":1,'
            envelope += f'"boot":"b","clock":"kernel","readings":[{",".join(readings)}]}}'
            decoded = decode_batch(envelope.encode())
            assert not decoded.rejected
            assert len(decoded.batch.readings) == len(readings)


def test_in_a_year_the_wifi_fails_now_and_then_by_day() -> None:
    """Some days, for less than two hours, within opening hours."""
    moments = [simulated_site.past(SITE, us, us) for us in YEAR]
    off = [each.us for each in moments if each is not None and each.off_air]
    days = {(us + simulated_site.LOCAL_US) // DAY_US for us in off}
    assert 15 < len(days) < 70
    assert len(off) * 5 < len(days) * 120
    assert moments.count(None) > 0, "the power fails, too"


def test_a_box_that_is_off_at_night_says_nothing_then() -> None:
    """From 22:00 to 05:30 in Vietnam."""
    midnight_utc7 = 20_000 * DAY_US + 17 * 60 * MINUTE_US
    assert simulated_site.past(replaced(dark=True), midnight_utc7, 1) is None
    assert simulated_site.past(SITE, midnight_utc7, 1) is not None


def test_a_cut_line_ends_at_the_gateway() -> None:
    """Beyond it all packets are lost, as a real probe says; the Wi-Fi stays on air."""
    readings = list(everything(SITE, Moment(NOON_UTC7, NOON_UTC7, cut=True)))
    reached = {
        each.scope: each.outcome for each in readings if isinstance(each, ReachabilityReading)
    }
    assert reached == {"gateway": "ok", "domestic": "unreachable", "international": "unreachable"}
    lost = {
        each.loss_pct
        for each in readings
        if isinstance(each, ReachabilityReading) and each.outcome == "unreachable"
    }
    assert lost == {100}
    assert [each.on_air for each in readings if isinstance(each, WifiReading)] == [True]
