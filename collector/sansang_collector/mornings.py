# SPDX-License-Identifier: Apache-2.0
"""When a site's day ends, and when people come back to what they put off. Pure: no clock.

Instants are µs since the Unix epoch, by the clock of a site's IANA zone.
"""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sansang_collector.hours import EPOCH, ONE_DAY, ONE_US, OpeningHours, wall_instant

MORNING = time(7)
SATURDAY = 5
DAYS_LOOKED_AT = 60
"""No holidays are longer; who closes for ever has none to come back to."""


def day_end(zone: str, at: int) -> int:
    """The midnight at which the day of `at` ends."""
    return _instant(_day(zone, at) + ONE_DAY, time(), zone)


def next_morning(zone: str, at: int) -> int:
    """07:00 of the day after that of `at`."""
    return _instant(_day(zone, at) + ONE_DAY, MORNING, zone)


def next_working_morning(hours: OpeningHours, at: int) -> int:
    """07:00 of the first day after that of `at` that is from Monday to Friday, and on which no
    closure shuts the site.
    """
    day = _day(hours.zone, at) + ONE_DAY
    for _ in range(DAYS_LOOKED_AT):
        if day.weekday() < SATURDAY and not _is_holiday(hours, day):
            break
        day += ONE_DAY
    return _instant(day, MORNING, hours.zone)


def _is_holiday(hours: OpeningHours, day: date) -> bool:
    return not OpeningHours(hours.zone, (), hours.closures).of(day)


def _day(zone: str, at: int) -> date:
    return (EPOCH + at * ONE_US).astimezone(ZoneInfo(zone)).date()


def _instant(day: date, clock: time, zone: str) -> int:
    return wall_instant(datetime.combine(day, clock), ZoneInfo(zone))
