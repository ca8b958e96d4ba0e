# SPDX-License-Identifier: Apache-2.0
"""Asks the API of the running collector, for the command line."""

from typing import TypeVar
from urllib.parse import urlencode

import msgspec
import urllib3

from sansang_collector.web.openapi import Fault

TIMEOUT_S = 30
"""Availability of a year is reckoned anew at each question."""
Asked = TypeVar("Asked")


class NoAnswerError(Exception):
    """The collector did not answer; the message says what came instead."""


class RefusedQuestionError(Exception):
    """The collector has no answer to that; the message is its sentence, `status` that of HTTP."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


def get(url: str, what: str, shape: type[Asked], **query: object) -> Asked:
    """What the collector at `url` (`http://host:port`) tells of `what`; what is None in the
    question is left out.

    Raises NoAnswerError, RefusedQuestionError.
    """
    asked = urlencode({name: value for name, value in query.items() if value is not None})
    return _answer("GET", f"{_place(url, what)}?{asked}", shape)


def post(url: str, what: str, content: object, shape: type[Asked], lang: str) -> Asked:
    """Have something changed; otherwise as `get`."""
    headers = {"Content-Type": "application/json", "X-Sansang": "1"}
    body = msgspec.json.encode(content)
    return _answer("POST", f"{_place(url, what)}?{urlencode({'lang': lang})}", shape, body, headers)


def _place(url: str, what: str) -> str:
    return f"{url.rstrip('/')}/api/v1/{what}"


def _answer(
    method: str,
    address: str,
    shape: type[Asked],
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> Asked:
    try:
        answer = urllib3.request(
            method, address, body=body, headers=headers, timeout=TIMEOUT_S, retries=False
        )
        if answer.status >= 400:
            raise _refused(answer.data, answer.status)
        return msgspec.json.decode(answer.data, type=shape)
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        raise NoAnswerError(str(error)) from error


def _refused(body: bytes, status: int) -> Exception:
    try:
        return RefusedQuestionError(msgspec.json.decode(body, type=Fault).detail, status)
    except msgspec.DecodeError:
        return NoAnswerError(f"HTTP {status}")
