# SPDX-License-Identifier: Apache-2.0
"""Zalo Bot as a way to reach people: `zalo://TOKEN/CHAT_ID`, in place of Apprise's own, which takes
an answer that is not Zalo's for a message sent, and sends what is too long for Zalo.

    zalo://TOKEN/CHAT_ID?api=https://zalo.example.vn        through a proxy of one's own

Importing this module tells Apprise of it; that takes a second.
"""

import re
from typing import Any

import msgspec
import urllib3
from apprise import NotifyBase
from apprise.plugins import N_MGR

from sansang_collector.addresses import origin

API = "https://bot-api.zaloplatforms.com"
MISTAKE = "is not zalo://TOKEN/CHAT_ID, one chat a line, or its api is not https://host[:port]"
LONGEST_TEXT = 2000
ANSWER_BYTES = 65_536
ADDRESS = re.compile(
    r"(?i:zalo)://(?P<token>[\w:.-]+)/(?P<chat_id>[\w.-]+)/?(?P<query>\?.*)?", re.ASCII
)


class _Answer(msgspec.Struct, frozen=True):
    ok: bool


class ZaloBot(NotifyBase):
    """One chat of one bot, as Apprise wants it."""

    service_name = "Zalo Bot"
    service_url = "https://bot.zaloplatforms.com"
    secure_protocol = "zalo"
    templates = ("{schema}://{token}/{chat_id}",)
    title_maxlen = 0
    body_maxlen = LONGEST_TEXT

    def __init__(self, token: str, chat_id: str, api: str = API, **kwargs: Any) -> None:
        """Raises ValueError for an `api` to which the token may not be sent."""
        super().__init__(**kwargs)  # pyright: ignore[reportUnknownMemberType] - Apprise's own
        self._token = token
        self._chat_id = chat_id
        self._api = origin(api)

    def send(self, body: str, *args: Any, **kwargs: Any) -> bool:
        """Whether Zalo says that it took the text. Blocks for its time-outs at most."""
        del args, kwargs
        connect_s, read_s = self.request_timeout
        timeout = urllib3.Timeout(connect=connect_s, read=read_s)
        url = f"{self._api}/bot{self._token}/sendMessage"
        message = {"chat_id": self._chat_id, "text": fitting(body)}
        try:
            with urllib3.PoolManager(timeout=timeout, retries=False) as http:
                answer = http.request("POST", url, json=message, preload_content=False)
                return answer.status == 200 and _is_ok(answer.read(ANSWER_BYTES))
        except urllib3.exceptions.HTTPError:
            return False

    def url(self, privacy: bool = False, *args: Any, **kwargs: Any) -> str:
        """The address; with `privacy` without what is secret in it."""
        del args, kwargs
        if privacy:
            return "zalo://…/…"
        api = "" if self._api == API else f"?api={self._api}"
        return f"zalo://{self._token}/{self._chat_id}{api}"

    @staticmethod
    def parse_url(url: str, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """What the address says; None when it is none."""
        del args, kwargs
        found = ADDRESS.fullmatch(url)
        if found is None:
            return None
        # Apprise reads the options that all addresses have. It would take the colon of a token for
        # that before a port.
        results: dict[str, Any] | None = NotifyBase.parse_url(
            f"zalo://bot{found['query'] or ''}", verify_host=False
        )
        if not results:
            return None
        its_own = {"api": results["qsd"].get("api", API)}
        return {**results, "token": found["token"], "chat_id": found["chat_id"], **its_own}


def fitting(text: str) -> str:
    """As much of it as Zalo takes, cut after a word."""
    if len(text) <= LONGEST_TEXT:
        return text
    whole_words = re.sub(r"\s+\S*$", "", text[:LONGEST_TEXT])
    return whole_words[: LONGEST_TEXT - 1] + "…"


def _is_ok(answer: bytes) -> bool:
    try:
        return msgspec.json.decode(answer, type=_Answer).ok
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


N_MGR.add(ZaloBot, force=True)  # pyright: ignore[reportUnknownMemberType] - Apprise's own
