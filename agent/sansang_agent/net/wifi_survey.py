# SPDX-License-Identifier: Apache-2.0
"""How busy a channel is, and how loud its noise, as the driver counts them.

Source: nl80211 GET_SURVEY (include/uapi/linux/nl80211.h). Drivers count in their own ways, and some
only while they scan: a share is told only when the driver's clock ran about as fast as the box's.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sansang_agent.net.boot import boottime_us
from sansang_agent.net.netlink import Answer, attributes, generic_attributes
from sansang_agent.net.nl80211 import Radio, number, tell_of

CMD_GET_SURVEY = 50
ATTR_SURVEY_INFO = 84
SURVEY_INFO_FREQUENCY, SURVEY_INFO_NOISE, SURVEY_INFO_IN_USE = 1, 2, 3
SURVEY_INFO_TIME, SURVEY_INFO_TIME_BUSY = 4, 5
LEAST_SHARE, MOST_SHARE = 0.5, 1.5
"""Of the time that passed on the box, what a driver may have counted."""


class Counted(NamedTuple):
    """Since the driver began to count: the time it listened, and that the channel was busy."""

    time: int
    busy: int


class Survey(NamedTuple):
    """The channel in use."""

    frequency_mhz: int
    noise_dbm: int | None = None
    counted_ms: Counted | None = None


class Channel(NamedTuple):
    """What a reading says of the channel; without `utilisation_pct` there is a reason."""

    noise_dbm: float | None = None
    utilisation_pct: float | None = None
    utilisation_reason: str | None = None


class SurveyWatch:
    """Looks at the channel of each interface; knows what was counted at the last look."""

    def __init__(self) -> None:
        self._before: dict[int, tuple[int, Survey]] = {}

    def look(self, radio: Radio) -> Channel:
        """The channel of one interface now. Raises OSError, TimeoutError."""
        if radio.frequency_mhz is None:
            self._before.pop(radio.ifindex, None)
            return Channel()
        survey = decode(tell_of(radio, CMD_GET_SURVEY), radio.frequency_mhz)
        return self.judge(radio.ifindex, boottime_us(), survey)

    def judge(self, ifindex: int, at_us: int, survey: Survey | None) -> Channel:
        """What is to be believed of a survey, after the one before it."""
        before = self._before.pop(ifindex, None)
        if survey is None:
            return Channel(utilisation_reason="survey_missing")
        self._before[ifindex] = at_us, survey
        if survey.counted_ms is None:
            return Channel(survey.noise_dbm, None, "survey_missing")
        if before is None or before[1].frequency_mhz != survey.frequency_mhz:
            return Channel(survey.noise_dbm, None, "survey_first")
        share = _busy_pct(before[1].counted_ms, survey.counted_ms, (at_us - before[0]) / 1000)
        if isinstance(share, str):
            return Channel(survey.noise_dbm, None, share)
        return Channel(survey.noise_dbm, share)


def _busy_pct(before: Counted | None, now: Counted, passed_ms: float) -> float | str:
    """The share, or why there is none to be believed."""
    if before is None:
        return "survey_first"
    time_ms, busy_ms = now.time - before.time, now.busy - before.busy
    if time_ms == 0:
        return "survey_stuck"
    if not LEAST_SHARE * passed_ms <= time_ms <= MOST_SHARE * passed_ms:
        return "survey_implausible"
    return 100 * busy_ms / time_ms if 0 <= busy_ms <= time_ms else "survey_implausible"


def decode(answers: Iterable[Answer], frequency_mhz: int) -> Survey | None:
    """The channel in use, which is on this frequency; None when the driver tells of no such."""
    for answer in answers:
        info = attributes(generic_attributes(answer.body).get(ATTR_SURVEY_INFO, b""))
        frequency = number(info.get(SURVEY_INFO_FREQUENCY, b""))
        if SURVEY_INFO_IN_USE in info and frequency == frequency_mhz:
            noise = info.get(SURVEY_INFO_NOISE)
            noise_dbm = None if noise is None else number(noise, signed=True)
            return Survey(frequency, noise_dbm, _counted(info))
    return None


def _counted(info: dict[int, bytes]) -> Counted | None:
    time, busy = info.get(SURVEY_INFO_TIME), info.get(SURVEY_INFO_TIME_BUSY)
    return None if time is None or busy is None else Counted(number(time), number(busy))
