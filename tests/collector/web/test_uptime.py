# SPDX-License-Identifier: Apache-2.0
"""How much of the time a Wi-Fi works: on air, and lets guests in where one tries."""

from sansang_collector.periods import reporting_quarter
from sansang_collector.store.base import Series
from sansang_collector.web.strip import SLOT_US, day_until
from sansang_collector.web.uptime import VISIT_US, take, week_start
from tests.collector.web.reading import SITE, SSID, Browse, one_site, over_time, read
from tests.fakes import NOW, FixedSources

START, END = day_until(NOW)
LABELS = {"ssid": SSID}


def house(**given: list[Series]) -> FixedSources:
    """A house whose store has these, by `kind__value`."""
    sources = one_site(ssids=[SSID])
    for name, series in given.items():
        kind, _, value = name.partition("__")
        sources.series_given[kind, value] = series
    return sources


def visits(*outcomes: int) -> list[Series]:
    return [over_time(LABELS, *((START + at * VISIT_US, it) for at, it in enumerate(outcomes)))]


def failed_at(stage: str, *visit: int) -> list[Series]:
    return [Series(SITE, "dong-1", LABELS, [(START + at * VISIT_US, stage) for at in visit])]


def first_slot(sources: FixedSources) -> float | None:
    return take(sources, SITE, START, END).sites[SITE][0]


def test_a_guest_turned_away_counts_against_a_wifi_on_air() -> None:
    """Three of six visits in vain: half of the half hour."""
    on_air = [over_time(LABELS, (START, 1.0))]
    sources = house(
        wifi__on_air=on_air,
        wifi_journey__outcome=visits(1, 1, 1, 0, 0, 0),
        wifi_journey__failed_stage=failed_at("address", 0, 1, 2),
    )
    assert first_slot(sources) == 0.5


def test_a_line_without_internet_is_not_the_wifi() -> None:
    """The guest was in; and a visit that nobody could make says nothing."""
    sources = house(
        wifi__on_air=[over_time(LABELS, (START, 1.0))],
        wifi_journey__outcome=visits(1, 3, 0),
        wifi_journey__failed_stage=failed_at("internet", 0),
    )
    assert first_slot(sources) == 1


def test_a_wifi_off_air_is_not_made_good_by_a_visit() -> None:
    """The smaller share counts; without a guest the radio's does, without a radio the guest's."""
    off = [over_time(LABELS, (START, 0.25))]
    assert first_slot(house(wifi__on_air=off, wifi_journey__outcome=visits(0))) == 0.25
    assert first_slot(house(wifi__on_air=off)) == 0.25
    assert first_slot(house(wifi_journey__outcome=visits(0))) == 1


def test_what_a_listener_hears_is_on_air() -> None:
    """Of two radios the one that knows better counts."""
    radio, listener = [over_time(LABELS, (START, 0.0))], [over_time(LABELS, (START, 1.0))]
    assert first_slot(house(wifi__on_air=radio, wifi_scan__heard=listener)) == 1


def test_the_page_tells_the_week_and_the_quarter(browse: Browse) -> None:
    """A share each and how long that is; days without evidence are no outage."""
    start = max(week_start(NOW), reporting_quarter(NOW).start)
    points = [(start + at * SLOT_US, float(at >= 2)) for at in range(8)]
    page = read(browse(house(wifi__on_air=[over_time(LABELS, *points)])), "/sites/nvh-dong", "en")
    assert "The last 7 days: 75.0 %, works 3 h 00 min, does not work 1 h 00 min, no data " in page
    assert "This quarter, since " in page
    assert "It works while a radio has it on air and, where a guest tries it" in page
