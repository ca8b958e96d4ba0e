# SPDX-License-Identifier: Apache-2.0
"""The series store in InfluxDB 1.x, 2.x or 3.

Every read is InfluxQL on the path `/query`, which all three answer: 2.x needs a DBRP mapping from
the bucket's name, which it makes by itself for buckets made through its API.
"""

import base64
import logging
import re
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Self

import msgspec

from sansang_collector.store.base import Latest, Point, Series, StoreUnavailableError
from sansang_collector.store.influx_http import (
    Answer,
    Http,
    OfficialClient,
    Sender,
    identifier,
    literal,
    unavailable,
)
from sansang_collector.store.line_protocol import LAST_AT, LineWriter, from_tag_value, tag_value
from sansang_collector.store.shapes import Shape, ordered, shape

LOT_LINES = 1000
"""InfluxDB makes a map of the values of each request, and is quicker with small ones."""
POSTS_AT_ONCE = 4
"""So that the server works on one lot of lines while the next is made and travels."""
SPLITS = 64
"""Requests that may go into finding the bad lines of one lot before the rest is given up."""

_log = logging.getLogger(__name__)


class InfluxStore:
    """A `SeriesStore`. Making one sends nothing: a server that is down is said by `write`."""

    def __init__(self, sender: Sender, reader: Http) -> None:
        self._sender = sender
        self._reader = reader
        self._lines = LineWriter()
        self._lines_lock = threading.Lock()
        self._posts = ThreadPoolExecutor(POSTS_AT_ONCE, "influxdb")

    @classmethod
    def version_1(
        cls, url: str, database: str, user: str | None = None, password: str | None = None
    ) -> Self:
        """InfluxDB 1.x. Raises ValueError for an address that can't be used."""
        authorization = None
        if user is not None:
            secret = f"{user}:{password or ''}".encode()
            authorization = f"Basic {base64.b64encode(secret).decode()}"
        http = Http(url, database, authorization)
        return cls(http, http)

    @classmethod
    def version_2(cls, url: str, org: str, bucket: str, token: str) -> Self:
        """InfluxDB 2.x and 3. Raises ValueError for an address that can't be used."""
        return cls(OfficialClient(url, org, bucket, token), Http(url, bucket, f"Token {token}"))

    def write(self, points: Sequence[Point]) -> int:
        """As the protocol says."""
        refused = 0
        posts: list[Future[int]] = []
        for index in range(0, len(points), LOT_LINES):
            lot = points[index : index + LOT_LINES]
            with self._lines_lock:
                lines = self._lines.lines(lot)
            refused += len(lot) - len(lines)
            if lines:
                posts.append(self._posts.submit(self._write_lot, lines))
        # None may still be on its way when the caller is told to write again.
        wait(posts)
        try:
            return refused + sum(post.result() for post in posts)
        finally:
            # An error holds this frame, and its future the error: a ring that keeps sockets open.
            posts.clear()

    def _write_lot(self, lot: list[bytes]) -> int:
        """Write lines, in halves when the whole is refused, so that one bad line costs one."""
        refused = 0
        requests = 0
        waiting = [lot]
        while waiting:
            lines = waiting.pop()
            answer = self._sender.write(b"\n".join(lines))
            requests += 1
            if answer.status in {200, 204}:
                continue
            lost = lost_points(answer, len(lines))
            if lost is None:
                if not _about_lines(answer) or (answer.status == 413 and len(lines) == 1):
                    raise unavailable(self._reader.url, self._reader.database, answer)
                if len(lines) > 1 and (requests < SPLITS or answer.status == 413):
                    middle = len(lines) // 2
                    waiting += [lines[middle:], lines[:middle]]
                    continue
                lost = len(lines)
            refused += lost
            _log.warning("InfluxDB refused %d of %d points: %s", lost, len(lines), answer.message)
        return refused

    def series(  # noqa: PLR0913, PLR0917 - the shape of the API's query
        self,
        kind: str,
        value: str,
        site: str | None,
        start: int,
        end: int,
        step: int | None = None,
    ) -> list[Series]:
        """As the protocol says."""
        of = shape(kind)
        type_ = of.fields[value]
        start, end = max(start, 0), min(end, LAST_AT)
        if start >= end:
            return []
        what, grouping = identifier(value), _tags(of)
        if step is not None:
            what = f"{'last' if type_ == 'str' else 'mean'}({what})"
            grouping = f"time({step}u), {grouping} fill(none)"
        rows = self._reader.query(
            f"SELECT {what} FROM {identifier(kind)} WHERE {_of_site(site)}"  # noqa: S608 - escaped
            f"time >= {start}u AND time < {end}u GROUP BY {grouping}"
        )
        convert = float if type_ == "float" or (step is not None and type_ == "int") else _same
        return ordered(
            Series(*_named(row), [(at, convert(each)) for at, each in row["values"]])
            for row in rows
        )

    def latest(self, kind: str, site: str | None, since: int) -> list[Latest]:
        """As the protocol says."""
        of = shape(kind)
        names = list(of.fields)
        if since > LAST_AT:
            return []
        rows = self._reader.query(
            f"SELECT {', '.join(map(identifier, names))} FROM {identifier(kind)}"  # noqa: S608 - escaped
            f" WHERE {_of_site(site)}time >= {max(since, 0)}u"
            f" GROUP BY {_tags(of)} ORDER BY time DESC LIMIT 1"
        )
        found: list[Latest] = []
        for row in rows:
            at, *values = row["values"][0]
            fields = {
                name: float(each) if of.fields[name] == "float" else each
                for name, each in zip(names, values, strict=True)
                if each is not None
            }
            found.append(Latest(kind, *_named(row), at, fields))
        return ordered(found)

    def healthy(self) -> str | None:
        """None, or what is wrong: asks the server something that needs the database."""
        try:
            self._reader.query("SHOW MEASUREMENTS LIMIT 1")
        except StoreUnavailableError as error:
            return str(error)
        return None

    def close(self) -> None:
        """Let go of the connections; every write has been answered."""
        self._posts.shutdown(wait=False)
        self._sender.close()
        self._reader.close()


def lost_points(answer: Answer, lines: int) -> int | None:
    """How many of `lines` were refused while the others were stored; None when none was stored.

    1.x and 2.x say `partial write: … dropped=N`, or list the lines they could not read; 3 lists
    them as data. Where no number is told, all are counted: a loss that did not happen is the
    smaller lie.
    """
    if answer.status not in {400, 422} or b"partial write" not in answer.body:
        return None
    told = re.search(rb"dropped=(\d+)", answer.body)
    if told is not None:
        return min(int(told[1]), lines)
    unread = answer.body.count(b"unable to parse")
    if unread:
        return min(unread, lines)
    try:
        listed = msgspec.json.decode(answer.body, type=_Version3)
    except msgspec.MsgspecError:
        return lines
    return min(len(listed.data), lines) or lines


def _about_lines(answer: Answer) -> bool:
    """Whether fewer or other lines could help; else the request, the server or its settings are
    wrong, and to count the points as refused would throw them away.
    """
    return answer.status == 413 or (
        answer.status in {400, 422}
        and re.search(rb"(?i)pars|conflict|line protocol|range|retention", answer.body) is not None
    )


class _Version3(msgspec.Struct):
    data: list[Any]


def _same(value: Any) -> Any:
    return value


def _tags(of: Shape) -> str:
    return ", ".join(map(identifier, ("site", "agent", *of.labels)))


def _of_site(site: str | None) -> str:
    return "" if site is None else f"site = {literal(tag_value(site))} AND "


def _named(row: Mapping[str, Any]) -> tuple[str, str, dict[str, str]]:
    """Site, agent and labels out of a row's tags; a label that a series lacks is an empty tag."""
    tags = {name: from_tag_value(kept) for name, kept in row["tags"].items() if kept}
    return tags.pop("site"), tags.pop("agent"), tags
