# SPDX-License-Identifier: Apache-2.0
"""What the strip of a Wi-Fi says in words."""

from sansang_collector.language import MINUTE_US, Translation
from sansang_collector.web.strip import SLOT_US, strip


def test_of_the_half_hour_that_runs_only_what_is_over_counts() -> None:
    """Three minutes after its beginning it has added three minutes, whatever happens in it."""
    now = 2 * SLOT_US + 3 * MINUTE_US
    for last, words in ((0.0, "does not work 3 min"), (None, "no data 3 min"), (1.0, None)):
        shown = strip([1.0, 1.0, last, None], 0, now, Translation("en"))
        assert shown is not None
        text = shown.text.replace("\u00a0", " ")
        worked = "1 h 03 min" if last else "1 h 00 min"
        assert text.split(", ")[1:] == [f"works {worked}", *([words] if words else [])]
