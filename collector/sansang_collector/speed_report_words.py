# SPDX-License-Identifier: Apache-2.0
"""What is said of a line, in the words of reports."""

from collections.abc import Mapping
from types import MappingProxyType

from sansang_collector.language import Translation, mark
from sansang_collector.speed_judgement import Freshness, Judged, Verdict
from sansang_collector.web.reasons import SPEED, in_words

VERDICTS: Mapping[Verdict, str] = MappingProxyType(
    {
        "met": mark("Met"),
        "not_met": mark("Not met"),
        "too_few": mark("Too few tests"),
        "not_measured": mark("No data"),
    }
)


def verdict_word(judged: Judged | None, translate: Translation) -> str:
    """Empty where nobody said what is enough."""
    return translate(VERDICTS[judged.verdict]) if judged else ""


def freshness_words(fresh: Freshness, translate: Translation) -> str:
    """When the last test was, and what is odd about that."""
    last = translate("none yet") if fresh.last is None else translate.instant(fresh.last)
    if fresh.state == "stale":
        last = translate("{last} (none for a week)", last=last)
    if fresh.missed is None:
        return last
    why = in_words(fresh.missed, SPEED, translate)
    return translate("{last}; missed: {why}", last=last, why=why)
