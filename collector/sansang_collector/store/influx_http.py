# SPDX-License-Identifier: Apache-2.0
"""How requests reach InfluxDB: the paths of 1.x, and the official client for those of 2.x and 3.

Secrets go into a header and nowhere else: not into an address, a log or a message.
"""

import re
import urllib.parse
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, cast

import msgspec
import urllib3

from sansang_collector.store.base import StoreUnavailableError

TIMEOUT_S = 10.0
EXCERPT = 300
"""Characters of an answer that are shown to a person."""


class Answer(NamedTuple):
    """What a server said: HTTP status and body."""

    status: int
    body: bytes

    @property
    def message(self) -> str:
        """What is wrong, in the server's words."""
        try:
            told = msgspec.json.decode(self.body, type=_Told)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return self.body[:EXCERPT].decode(errors="replace").strip()
        return told.error or told.message or next((r.error for r in told.results if r.error), "")


class _Result(msgspec.Struct):
    series: list[dict[str, Any]] = []
    error: str | None = None


class _Told(msgspec.Struct):
    error: str = ""
    message: str = ""
    results: list[_Result] = []


class Sender(Protocol):
    """One way to write lines."""

    def write(self, body: bytes) -> Answer:
        """Send lines. Raises StoreUnavailableError when there was no answer."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


class Http:
    """Requests to the paths of InfluxDB 1.x, which 2.x and 3 answer, too."""

    def __init__(self, url: str, database: str, authorization: str | None) -> None:
        self.url = checked_url(url)
        self.database = database
        self._headers = {} if authorization is None else {"Authorization": authorization}
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(total=TIMEOUT_S), retries=False, maxsize=4
        )

    def request(
        self, method: str, path: str, parameters: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """Raises StoreUnavailableError when there was no answer."""
        address = f"{self.url}{path}?{urllib.parse.urlencode(parameters)}"
        try:
            answer = self._pool.request(method, address, body=body, headers=self._headers)
        except urllib3.exceptions.HTTPError as error:
            raise no_answer(self.url, error) from error
        return Answer(answer.status, answer.data)

    def write(self, body: bytes) -> Answer:
        """Write lines to the database, which is made when it is missing."""
        parameters = {"db": self.database, "precision": "u"}
        answer = self.request("POST", "/write", parameters, body)
        if answer.status != 404:
            return answer
        made = self.request("POST", "/query", {"q": f"CREATE DATABASE {identifier(self.database)}"})
        if b'"error"' in made.body:
            raise unavailable(self.url, self.database, made)
        return self.request("POST", "/write", parameters, body)

    def query(self, influxql: str) -> list[dict[str, Any]]:
        """The series of the answer, times in µs. Raises StoreUnavailableError."""
        answer = self.request("GET", "/query", {"db": self.database, "q": influxql, "epoch": "u"})
        if answer.status != 200:
            raise unavailable(self.url, self.database, answer)
        try:
            told = msgspec.json.decode(answer.body, type=_Results)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise StoreUnavailableError(
                f"what answers at {self.url} is not InfluxDB ({error}): look at the address"
            ) from error
        for result in told.results:
            # A database that nothing was written to yet holds no series.
            if result.error is not None and not result.error.startswith("database not found"):
                raise unavailable(self.url, self.database, Answer(200, answer.body), result.error)
        return [series for result in told.results for series in result.series]

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.clear()


class _Results(msgspec.Struct):
    results: list[_Result]


class OfficialClient:
    """Writes with influxdb-client to `/api/v2/write`.

    It is imported here because it costs 20 MiB, which those who don't use it need not pay.
    """

    def __init__(self, url: str, org: str, bucket: str, token: str) -> None:
        from influxdb_client.client.influxdb_client import InfluxDBClient  # noqa: PLC0415 - see above
        from influxdb_client.client.write_api import SYNCHRONOUS  # noqa: PLC0415
        from influxdb_client.rest import ApiException  # noqa: PLC0415

        self._url = checked_url(url)
        self._bucket = bucket
        self._refused = ApiException
        self._client: Any = InfluxDBClient(
            self._url, token, org=org, timeout=int(1000 * TIMEOUT_S), retries=False
        )
        self._api: Any = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, body: bytes) -> Answer:
        """Write lines to the bucket. Raises StoreUnavailableError when there was no answer."""
        try:
            self._api.write(bucket=self._bucket, record=body, write_precision="us")
        except self._refused as error:
            told = cast("Any", error)
            if not told.status:
                raise no_answer(self._url, error) from error
            text = told.body or b""
            return Answer(int(told.status), text.encode() if isinstance(text, str) else text)
        except urllib3.exceptions.HTTPError as error:
            raise no_answer(self._url, error) from error
        return Answer(204, b"")

    def close(self) -> None:
        """Let go of the connections."""
        self._api.close()
        self._client.close()


def checked_url(url: str) -> str:
    """`url` without a slash at its end. Raises ValueError when it can't be used."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("the address of InfluxDB must begin with http:// or https://")
    if parts.username is not None or parts.password is not None or parts.query:
        raise ValueError("the address of InfluxDB can't hold a user, password or token")
    return url.rstrip("/")


def identifier(name: str) -> str:
    """`name` as an InfluxQL identifier; nothing in it can end the quotes."""
    return '"' + _escaped(name, '"') + '"'


def literal(text: str) -> str:
    """`text` as an InfluxQL string; nothing in it can end the quotes."""
    return "'" + _escaped(text, "'") + "'"


def _escaped(text: str, quote: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace(quote, f"\\{quote}")
    return re.sub(r"[\x00-\x1f]", " ", escaped)


def no_answer(url: str, error: Exception) -> StoreUnavailableError:
    """The sentence for a server that could not be reached; names the error's type, never its text,
    which may repeat a request.
    """
    reason = getattr(error, "reason", None)
    words = type(reason if isinstance(reason, Exception) else error).__name__
    return StoreUnavailableError(
        f"InfluxDB at {url} does not answer ({words}): see whether it runs and the address is right"
    )


_ADVICE = {
    401: "the user and password, or token, are not right",
    403: "the user or token may not use this database or bucket",
    404: "this database, bucket or organisation is not there: make it or correct the name",
    429: "it is asked too much: give it more room, or write less",
}


def unavailable(
    url: str, database: str, answer: Answer, told: str | None = None
) -> StoreUnavailableError:
    """The sentence for an answer that says no."""
    advice = _ADVICE.get(answer.status, "look at its log, disk and memory")
    words = (told or answer.message)[:EXCERPT] or "no message"
    return StoreUnavailableError(
        f"InfluxDB at {url}, {database!r}, answered {answer.status} ({words}): {advice}"
    )
