# SPDX-License-Identifier: Apache-2.0
"""The speed of a package as people write it: `150`, `1 Gb/s`, `1.000`, `1,5 Gbps`.

1. The unit is Mb/s, unless one stands behind the number: M, Mb, Mbps, Mb/s, Mbit/s, or the same
   with G. Capitals do not matter: packages are sold in bits.
2. A point or a comma before exactly three digits parts thousands (`1.000`, `1,000`), unless the
   number begins with 0; otherwise it is the decimal sign (`1,5`, `2.5`, `0,500`).
3. When both occur the last one is the decimal sign (`1.000,5`).
4. From 2 to 100,000 Mb/s; anything else is a slip of the pen.
"""

import re
from decimal import Decimal

from sansang_collector.language import mark
from sansang_collector.sheet.words import Cell, SheetError, plain

WRITTEN = re.compile(r"(?P<number>[0-9][0-9.,]*) ?((?P<scale>[mg])(b|bit|bps|(b|bit)/s)?)?")
WHOLE = re.compile(r"[0-9]+|[1-9][0-9]{0,2}(\.[0-9]{3})+|[1-9][0-9]{0,2}(,[0-9]{3})+")
DECIMAL = re.compile(r"(?P<whole>.+)[.,](?P<part>[0-9]+)")
LEAST_MBPS, MOST_MBPS = 2, 100_000


def package_mbps(cell: Cell) -> int | float:
    """Mb/s, whole where it is whole. Raises SheetError."""
    written = plain(cell).casefold()
    found = WRITTEN.fullmatch(written)
    # A cell that holds a number has its decimal sign already.
    number = Decimal(str(cell)) if _is_number(cell) else _number(found["number"] if found else "")
    if number is None:
        raise SheetError(
            mark(
                "“{got}” is not a speed: write Mb/s as a number such as 150,"
                " or with its unit: 1 Gb/s"
            ),
            got=plain(cell),
        )
    if found and found["scale"] == "g":
        number *= 1000
    if not LEAST_MBPS <= number <= MOST_MBPS:
        raise SheetError(
            mark(
                "“{got}” can't be the speed of a package: write between 2 and 100000 Mb/s,"
                " or with its unit: 1 Gb/s"
            ),
            got=plain(cell),
        )
    return int(number) if number == number.to_integral_value() else float(number)


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _number(text: str) -> Decimal | None:
    if WHOLE.fullmatch(text):
        return Decimal(re.sub(r"[.,]", "", text))
    found = DECIMAL.fullmatch(text)
    if found is None or not WHOLE.fullmatch(found["whole"]):
        return None
    whole, sign = found["whole"], text[found.end("whole")]
    # The sign that parts thousands can't be the decimal one, too; 1000.000 may mean either.
    if sign in whole or (len(found["part"]) == 3 and re.fullmatch("[1-9][0-9]*", whole)):
        return None
    return Decimal(f"{re.sub(r'[.,]', '', whole)}.{found['part']}")
