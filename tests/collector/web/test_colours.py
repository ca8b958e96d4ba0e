# SPDX-License-Identifier: Apache-2.0
"""The page can be read by day and by night."""

import re
from pathlib import Path

import pytest

import sansang_collector.web

STYLE = (Path(sansang_collector.web.__file__).parent / "static" / "page.css").read_text()
LIGHT, DARK = (dict(re.findall(r"--(\w+): (#\w+);", block)) for block in STYLE.split("@media")[:2])


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "card"])
@pytest.mark.parametrize("ink", ["ink", "quiet", "link", "ok", "warn", "bad", "none"])
def test_text_stands_out_from_its_ground(palette: dict[str, str], ground: str, ink: str) -> None:
    """WCAG 2.2 AA: a contrast of at least 4.5 to 1, for every tone on every ground."""
    dark, light = sorted((luminance(palette[ground]), luminance(palette[ink])))
    assert (light + 0.05) / (dark + 0.05) >= 4.5
