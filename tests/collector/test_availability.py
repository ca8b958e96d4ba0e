# SPDX-License-Identifier: Apache-2.0
"""How much of its service time something worked, and how sure that is."""

from hypothesis import given
from hypothesis import strategies as st

from sansang_collector.availability import Availability, availability, merge
from sansang_collector.hours import Span

spans = st.lists(st.builds(Span, st.integers(0, 40), st.integers(0, 40)), max_size=6)


def held(group: list[Span]) -> set[int]:
    return {each for span in group for each in range(span.start, span.end)}


def test_a_day_with_an_outage_and_a_silence() -> None:
    """Open 10 hours, one of them maintenance; one down, two unknown."""
    found = availability(
        service=[Span(7, 17)],
        maintenance=[Span(16, 18)],
        down=[Span(8, 9), Span(20, 24)],
        unknown=[Span(10, 12), Span(0, 7)],
    )
    assert found == Availability(service_us=9, down_us=1, unknown_us=2, outages=1)
    assert found.up_us == 6
    assert found.share == 6 / 7
    assert found.coverage == 7 / 9
    assert found.lowest == 6 / 9
    assert found.highest == 8 / 9
    assert found.mtbf_us == 6
    assert found.mttr_us == 1


def test_what_is_down_and_unknown_at_once_is_down() -> None:
    """So that it counts once."""
    found = availability([Span(0, 10)], [Span(2, 6)], [Span(4, 8)], [])
    assert (found.up_us, found.down_us, found.unknown_us) == (4, 4, 2)


def test_an_outage_counts_once_however_many_openings_it_lasts() -> None:
    """Only what touches the service time counts; at its edges nothing is touched."""
    service = [Span(10, 20), Span(30, 40)]
    assert availability(service, [Span(15, 35)], [], []).outages == 1
    assert availability(service, [Span(15, 20), Span(20, 35)], [], []).outages == 1
    assert availability(service, [Span(11, 12), Span(13, 14)], [], []).outages == 2
    assert availability(service, [Span(0, 10), Span(20, 30), Span(40, 50)], [], []).outages == 0
    assert availability(service, [Span(15, 35)], [], [Span(0, 50)]).outages == 0


def test_without_anything_known_there_is_no_share() -> None:
    """Unknown is neither up nor down: it could have been either."""
    found = availability([Span(0, 10)], [], [Span(0, 10)], [])
    assert found.share is None
    assert (found.coverage, found.lowest, found.highest) == (0, 0, 1)
    assert (found.mtbf_us, found.mttr_us) == (None, None)


def test_without_service_time_there_are_no_figures() -> None:
    """A house that was never open was not down either."""
    found = availability([], [Span(0, 10)], [Span(0, 10)], [])
    assert found == Availability()
    assert (found.share, found.coverage, found.lowest, found.highest) == (None,) * 4


def test_a_commune_weighs_each_site_by_its_service_time() -> None:
    """It is the sum of its sites, not the mean of their shares."""
    small = Availability(service_us=10, down_us=5, unknown_us=0, outages=1)
    large = Availability(service_us=90, down_us=0, unknown_us=30, outages=0)
    found = merge([small, large])
    assert found == Availability(service_us=100, down_us=5, unknown_us=30, outages=1)
    assert found.share == 65 / 70
    assert merge([]) == Availability()


@given(spans, spans, spans, spans)
def test_every_instant_of_the_service_time_is_up_down_or_unknown(
    service: list[Span], down: list[Span], unknown: list[Span], maintenance: list[Span]
) -> None:
    """Exactly one of them, whatever overlaps; the shares follow."""
    found = availability(service, down, unknown, maintenance)
    wanted = held(service) - held(maintenance)
    assert found.service_us == len(wanted)
    assert found.down_us == len(wanted & held(down))
    assert found.unknown_us == len(wanted & held(unknown) - held(down))
    assert found.up_us + found.down_us + found.unknown_us == found.service_us
    assert found.up_us == len(wanted - held(down) - held(unknown))
    assert bool(found.outages) == bool(found.down_us)
    if found.lowest is not None and found.highest is not None and found.share is not None:
        assert 0 <= found.lowest <= found.share <= found.highest <= 1
