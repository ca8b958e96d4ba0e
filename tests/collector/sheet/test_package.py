# SPDX-License-Identifier: Apache-2.0
"""The speed of a package, as people write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_collector.language import Translation
from sansang_collector.sheet.package import package_mbps
from sansang_collector.sheet.words import SheetError

WHOLE = st.integers(2, 100_000)
UNITS = st.sampled_from(["", " Mb/s", "Mbps", " mbit/s", " M", "MB/s", " Mb"])


@pytest.mark.parametrize(
    ("written", "mbps"),
    [
        ("150", 150),
        (150, 150),
        (150.0, 150),
        (2.5, 2.5),
        ("1 Gb/s", 1000),
        ("1Gbps", 1000),
        ("1.000", 1000),
        ("1,000", 1000),
        ("1.000 Mb/s", 1000),
        ("10.000", 10_000),
        ("1,5 Gb/s", 1500),
        ("2.3 gbit/s", 2300),
        ("0,500 G", 500),
        ("1.000,5", 1000.5),
        ("1,000.5", 1000.5),
        ("37.5", 37.5),
        ("1.000.000", None),
        ("1.000 Gb/s", None),
        (1.0, None),
        ("1000.000", None),
        ("1.000.5", None),
        ("100-200", None),
        ("100/50", None),
        ("1 Gb/s 2", None),
        ("150 kb/s", None),
        ("nhanh", None),
        ("-150", None),
        ("", None),
        (True, None),
    ],
)
def test_the_rules_hold(written: str | float, mbps: float | None) -> None:
    """What may mean two things, and what no line carries, is refused."""
    if mbps is None:
        with pytest.raises(SheetError):
            package_mbps(written)
    else:
        assert package_mbps(written) == mbps


@given(WHOLE, UNITS)
def test_a_number_reads_the_same_in_either_language(mbps: int, unit: str) -> None:
    """With and without signs between thousands, whatever the unit is spelt like."""
    for language in ("vi", "en"):
        assert package_mbps(f"{Translation(language).number(mbps)}{unit}") == mbps
    assert package_mbps(f"{mbps}{unit}") == mbps
    assert isinstance(package_mbps(float(mbps)), int)


@given(st.integers(1, 10_000))
def test_gigabits_are_a_thousand_megabits(hundredths: int) -> None:
    """Exactly, with a decimal comma as with a point."""
    text = f"{hundredths // 100}.{hundredths % 100:02d}"
    assert package_mbps(f"{text} Gb/s") == hundredths * 10
    assert package_mbps(f"{text.replace('.', ',')} Gb/s") == hundredths * 10


@given(st.text(max_size=12) | st.floats(allow_nan=False) | st.integers())
def test_anything_else_is_a_sentence(written: str | float) -> None:
    """Never another error, and never more than a line carries."""
    try:
        mbps = package_mbps(written)
    except SheetError as error:
        told = error.told(Translation("vi"))
    else:
        told = f"{mbps} Mb/s"
        assert 2 <= mbps <= 100_000
    assert "Mb/s" in told
