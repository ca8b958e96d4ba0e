# SPDX-License-Identifier: Apache-2.0
"""How busy a channel is: what of a driver's counters is believed."""

import struct

import pytest

from sansang_agent.net import wifi_survey
from sansang_agent.net.netlink import Answer, attribute, generic
from sansang_agent.net.wifi_survey import Channel, Counted, Survey, SurveyWatch
from tests.agent.net.test_nl80211 import recorded

POINT = 2
TEN_S_US = 10_000_000


def survey(frequency_mhz: int, *told: bytes) -> Answer:
    info = attribute(1, struct.pack("=I", frequency_mhz)) + b"".join(told)
    return Answer(0, generic(0, attribute(84, info)))


IN_USE = attribute(3, b"")
NOISE = attribute(2, b"\xa4")
"""164 is -92 dBm."""


def milliseconds(type_: int, value: int) -> bytes:
    return attribute(type_, struct.pack("=Q", value))


def test_the_channel_in_use_is_read() -> None:
    """Others stand beside it, those of a scan."""
    told = [
        survey(2412, NOISE, milliseconds(4, 1), milliseconds(5, 1)),
        survey(2437, IN_USE, NOISE, milliseconds(4, 5000), milliseconds(5, 200)),
    ]
    assert wifi_survey.decode(told, 2437) == Survey(2437, -92, Counted(5000, 200))
    assert wifi_survey.decode(told, 2412) is None
    assert wifi_survey.decode([survey(2437, IN_USE)], 2437) == Survey(2437)


def test_a_driver_that_tells_nothing_of_an_access_points_channel() -> None:
    """As the simulated radios, which answer with an empty list; and what is cut."""
    assert recorded("survey") == []
    for told in ([], [Answer(0, b"")], [Answer(0, b"\x33\x01\0\0\x09")]):
        assert wifi_survey.decode(told, 2437) is None


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (Counted(11_000, 600), Channel(-92, 5.0)),
        (Counted(11_000, 100), Channel(-92, 0.0)),
        (Counted(11_000, 10_100), Channel(-92, 100.0)),
        (Counted(6_000, 350), Channel(-92, 5.0)),
        (Counted(16_000, 850), Channel(-92, 5.0)),
        (Counted(5_999, 350), Channel(-92, None, "survey_implausible")),
        (Counted(16_001, 850), Channel(-92, None, "survey_implausible")),
        (Counted(11_000, 10_101), Channel(-92, None, "survey_implausible")),
        (Counted(11_000, 99), Channel(-92, None, "survey_implausible")),
        (Counted(0, 0), Channel(-92, None, "survey_implausible")),
        (Counted(1_000, 100), Channel(-92, None, "survey_stuck")),
        (None, Channel(-92, None, "survey_missing")),
    ],
)
def test_a_share_is_told_only_if_the_drivers_clock_ran_like_the_boxs(
    now: Counted | None, expected: Channel
) -> None:
    """Within half and one and a half of 10 s, and never busier than it listened."""
    watch = SurveyWatch()
    first = watch.judge(POINT, 0, Survey(2437, -92, Counted(1_000, 100)))
    assert first == Channel(-92, None, "survey_first")
    assert watch.judge(POINT, TEN_S_US, Survey(2437, -92, now)) == expected


def test_counters_of_another_channel_are_not_compared() -> None:
    """The access point moved, or the driver told nothing in between: it begins anew."""
    watch = SurveyWatch()
    watch.judge(POINT, 0, Survey(2437, -92, Counted(1_000, 100)))
    moved = watch.judge(POINT, TEN_S_US, Survey(2412, -90, Counted(11_000, 600)))
    assert moved == Channel(-90, None, "survey_first")
    assert watch.judge(POINT, TEN_S_US, None) == Channel(utilisation_reason="survey_missing")
    again = watch.judge(POINT, TEN_S_US, Survey(2412, -90, Counted(11_000, 600)))
    assert again == Channel(-90, None, "survey_first")
