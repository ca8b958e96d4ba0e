# SPDX-License-Identifier: Apache-2.0
"""What a person reads: texts, numbers and times, in Vietnamese or English.

English stands in the code: `translate("… {name}", name=…)`, `translate.plural(one, many, n)`, and
`mark("…")` for what is translated later. Vietnamese is in `locale/`.
"""

import gettext
from datetime import UTC, datetime
from importlib import resources

from sansang_collector.periods import VIETNAM
from sansang_wire.language import Language

NARROW = "\u00a0"
"""Between a figure and its unit, so that no line breaks there."""
DOMAIN = "sansang_collector"
MINUTE_US = 60 * 1_000_000


class MissingCatalogueError(Exception):
    """The Vietnamese texts were not compiled; the message says how to do it."""


def mark(message: str) -> str:
    """A text that is translated where it is shown."""
    return message


class Translation:
    """One language. Times are taken as µs since the Unix epoch."""

    def __init__(self, language: Language) -> None:
        """Raises MissingCatalogueError."""
        self.language: Language = language
        self.catalogue = _catalogue(language)

    def __call__(self, message: str, **values: object) -> str:
        """The text in this language, with `{name}` replaced by the value of that name."""
        return self.catalogue.gettext(message).format(**values)

    def plural(self, one: str, many: str, count: int, **values: object) -> str:
        """The text for this many; `{count}` is written as numbers are here."""
        message = self.catalogue.ngettext(one, many, count)
        return message.format(count=self.number(count), **values)

    def number(self, value: float, decimals: int = 0) -> str:
        """1.234,5 in Vietnamese, 1,234.5 in English."""
        text = f"{value:,.{decimals}f}"
        if self.language == "vi":
            return text.translate(str.maketrans(",.", ".,"))
        return text

    def instant(self, at_us: int) -> str:
        """21/11/2026 18:32, in Việt Nam's time."""
        return _date(at_us).strftime("%d/%m/%Y %H:%M")

    def when(self, at_us: int, now_us: int) -> str:
        """18:32 when that is today, else 20/11/2026 18:32."""
        at = _date(at_us)
        return f"{at:%H:%M}" if at.date() == _date(now_us).date() else self.instant(at_us)

    def duration(self, length_us: int) -> str:
        """The two largest units of it: 1 giờ 05 phút."""
        minutes = max(0, length_us) // MINUTE_US
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24)
        if days:
            return self.plural("{count} day {h} h", "{count} days {h} h", days, h=hours)
        translate = self
        if hours:
            return translate("{h} h {m} min", h=hours, m=f"{minutes:02d}")
        return translate("{m} min", m=minutes) if minutes else translate("less than a minute")

    def size(self, amount: float) -> str:
        """Bytes in MB or GB (powers of ten)."""
        if amount >= 1e9:
            return f"{self.number(amount / 1e9, 1)}{NARROW}GB"
        return f"{self.number(amount / 1e6)}{NARROW}MB"

    def percent(self, share: float, decimals: int = 0) -> str:
        """65,5 %; `share` is 0 … 100."""
        return f"{self.number(share, decimals)}{NARROW}%"

    def milliseconds(self, value: float) -> str:
        """12,3 ms."""
        return f"{self.number(value, 1)}{NARROW}ms"


def _date(at_us: int) -> datetime:
    try:
        return datetime.fromtimestamp(at_us / 1e6, VIETNAM)
    except (ValueError, OverflowError, OSError):
        # A box may claim a year that no calendar has.
        return datetime.max.replace(tzinfo=UTC)


def _catalogue(language: Language) -> gettext.NullTranslations:
    if language == "en":
        return gettext.NullTranslations()
    folder = resources.files("sansang_collector") / "locale"
    try:
        return gettext.translation(DOMAIN, str(folder), [language])
    except FileNotFoundError as error:
        command = f"pybabel compile -d {folder} -D {DOMAIN}"
        raise MissingCatalogueError(
            f"the Vietnamese texts are not compiled; run: {command}"
        ) from error
