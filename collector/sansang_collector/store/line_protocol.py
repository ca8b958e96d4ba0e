# SPDX-License-Identifier: Apache-2.0
"""Readings as InfluxDB line protocol: measurement = kind, tags = site, agent and labels.

Source: docs.influxdata.com, "Line protocol". Tags can hold neither a line break nor a backslash at
their end, and servers drop what is not printable. Such characters, and the percent sign, are kept
as in a URL (`%0A`), so that every text comes back as it was.
"""

import urllib.parse
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

import msgspec

from sansang_collector.store.base import Point
from sansang_collector.store.shapes import FieldType, Shape, shapes
from sansang_wire.reading import OUTCOME_CODES, Reading

MAX_KNOWN_SERIES = 200_000
LAST_AT = (2**63 - 1) // 1000 - 1
"""µs since the epoch: InfluxDB counts nanoseconds in 64 bits, and its last one is reserved."""


def tag_value(text: str) -> str:
    """`text` as it is kept in a tag, before the commas, spaces and equal signs are escaped."""
    if text.isprintable() and not any(odd in text for odd in "%\\\ufffd"):
        return text
    return "".join(
        each
        if each.isprintable() and each not in "%\\\ufffd"
        else urllib.parse.quote(each, safe="")
        for each in text
    )


def from_tag_value(kept: str) -> str:
    """The text that `tag_value` was given."""
    return urllib.parse.unquote(kept)


def _tag(name: str, value: str) -> str:
    escaped = tag_value(value).replace(",", "\\,").replace("=", "\\=").replace(" ", "\\ ")
    return f",{name}={escaped}"


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_number = msgspec.json.Encoder().encode


class LineWriter:
    """Makes lines; remembers the beginning of each series' lines."""

    def __init__(self) -> None:
        self._shapes = {struct: (of, _writers(of)) for struct, of in shapes().items()}
        self._heads: dict[tuple[type[Reading], str, str, tuple[str, ...]], bytes] = {}

    def lines(self, points: Sequence[Point]) -> list[bytes]:
        """One line for each point, without the break at its end; times in µs.

        A point later than `LAST_AT`, which no server can keep, has no line.
        """
        return [self._line(*point) for point in points if point.reading.at <= LAST_AT]

    def _line(self, site: str, agent: str, reading: Reading) -> bytes:
        struct = type(reading)
        of, writers = self._shapes[struct]
        labels = of.label_values(reading)
        key = (struct, site, agent, labels)
        head = self._heads.get(key) or self._head(key, of)
        values = zip(writers, of.field_values(reading), strict=True)
        fields = b"".join([write(value) for write, value in values if value is not None])
        return b"%b%di%b %d" % (head, OUTCOME_CODES[reading.outcome], fields, reading.at)

    def _head(self, key: tuple[type[Reading], str, str, tuple[str, ...]], of: Shape) -> bytes:
        _, site, agent, labels = key
        named = zip(of.labels, labels, strict=True)
        tags = {"site": site, "agent": agent, **{name: each for name, each in named if each}}
        head = f"{of.kind}{''.join(_tag(*tag) for tag in sorted(tags.items()))} outcome=".encode()
        if len(self._heads) >= MAX_KNOWN_SERIES:
            self._heads.clear()
        self._heads[key] = head
        return head


def _writers(of: Shape) -> list[Callable[[Any], bytes]]:
    """For each stored value but `outcome`, what makes a field of it."""
    return [
        _writer(f",{name}=".encode(), type_)
        for name, type_ in of.fields.items()
        if name != "outcome"
    ]


def _writer(name: bytes, type_: FieldType) -> Callable[[Any], bytes]:
    if type_ == "float":
        # JSON writes a number as these lines do, and msgspec does it ten times as fast as repr.
        return lambda value: name + _number(value) if isfinite(value) else b""
    if type_ == "int":
        return (name + b"%di").__mod__
    return lambda value: name + _text(value).encode()
