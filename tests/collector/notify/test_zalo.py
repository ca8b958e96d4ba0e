# SPDX-License-Identifier: Apache-2.0
"""Messages through a Zalo bot, to a real server that answers as Zalo does and as it should not."""

import json
import logging
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_collector.notify.channels import Channel, parse_channels
from sansang_collector.notify.zalo import LONGEST_TEXT, fitting
from tests.collector.notify.commands import sansang
from tests.collector.notify.zalo import CHAT_ID, TAKEN, TOKEN, zalo
from tests.servers import free_port

TEXT = "⚠ NVH thôn Đông: Wi-Fi “NVH” ngừng phát từ 08:15 ngày 21/11/2026."


def test_a_message_goes_to_one_chat_of_one_bot() -> None:
    """As JSON, letter for letter, with who tells it before it."""
    with zalo() as bot:
        assert Channel(bot.url).send(TEXT)
    assert bot.paths == [f"/bot{TOKEN}/sendMessage"]
    [message] = bot.messages
    assert message == {"chat_id": CHAT_ID, "text": f"Sẵn Sàng\r\n{TEXT}"}


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, b'{"ok": false, "error_code": 400, "description": "no such chat"}'),
        (200, b'{"ok": 1}'),
        (200, b'{"result": {}}'),
        (200, b"<html>Log in to the hotel's network</html>"),
        (200, b"\xff\xfe"),
        (200, b"[" * 60_000),
        (200, b""),
        (200, b'{"ok": true, "padding": "' + b"x" * 70_000 + b'"}'),
        (201, TAKEN),
        (401, TAKEN),
        (500, b"oops"),
    ],
)
def test_only_what_zalo_says_it_took_is_sent(status: int, answer: bytes) -> None:
    """An answer of something else on the way is none."""
    with zalo() as bot:
        bot.status, bot.answer = status, answer
        assert not Channel(bot.url).send(TEXT)
        bot.status, bot.answer = 200, TAKEN
        assert Channel(bot.url).send(TEXT)


def test_the_token_goes_nowhere_else() -> None:
    """Whatever the server says."""
    with zalo() as bot, zalo() as elsewhere:
        bot.status, bot.headers = 307, {"Location": f"{elsewhere.api}/bot{TOKEN}/sendMessage"}
        assert not Channel(bot.url).send(TEXT)
    assert len(bot.messages) == 1
    assert not elsewhere.messages


def test_a_server_that_says_nothing_is_given_up() -> None:
    """Others wait for the thread that sends; one that is not there is given up at once."""
    with zalo() as bot:
        bot.answering.clear()
        assert not Channel(f"{bot.url}&rto=0.2").send(TEXT)
        assert bot.messages
    assert not Channel(f"zalo://{TOKEN}/{CHAT_ID}?api=http://127.0.0.1:{free_port()}").send(TEXT)


def test_a_long_text_is_cut_after_a_word() -> None:
    """What Zalo would refuse whole."""
    with zalo() as bot:
        assert Channel(bot.url).send("Nhà văn hóa\n" * 400)
    [message] = bot.messages
    assert LONGEST_TEXT - 12 < len(message["text"]) <= LONGEST_TEXT
    assert re.search(r"\b(Nhà|văn|hóa)…$", message["text"])


@given(st.text(alphabet="aữ⚠ \n", min_size=LONGEST_TEXT - 3, max_size=LONGEST_TEXT + 3))
def test_what_fits_is_as_it_was_and_the_rest_is_its_beginning(text: str) -> None:
    """With the sign that something is missing; no word is cut that has a space before it."""
    kept = fitting(text)
    assert 0 < len(kept) <= LONGEST_TEXT
    if len(text) <= LONGEST_TEXT:
        assert kept == text
        return
    assert kept.endswith("…")
    assert text.startswith(kept[:-1])
    assert text[len(kept) - 1].isspace() or not re.search(r"\s", text[: len(kept)])


@pytest.mark.parametrize(
    "url",
    [
        f"zalo://{TOKEN}",
        f"zalo://{TOKEN}/one/another",
        f"zalo://{TOKEN}/one?api=http://proxy.example",
        f"zalo://{TOKEN}/one?api=https://me:word@proxy.example",
        f"zalo://{TOKEN}/one?api=https://proxy.example/path",
        f"zalo://{TOKEN}/one?api=ftp://proxy.example",
        f"zalo://{TOKEN}/one?api=https://proxy.example:port",
        f"zalo://{TOKEN}/one?api=https://[::1",
        f"zalo://{TOKEN}/one?api=proxy.example",
    ],
)
def test_an_address_that_is_none_is_told_without_its_token(url: str) -> None:
    """Nor may the token travel where everybody can read it."""
    channels, mistakes = parse_channels(url)
    assert not channels
    assert mistakes == [
        "line 1 is not zalo://TOKEN/CHAT_ID, one chat a line, or its api is not https://host[:port]"
    ]


@pytest.mark.parametrize("api", ["", "?api=https://zalo.example.vn:8443", "?api=http://[::1]:80/"])
def test_an_address_shows_no_secret(api: str, caplog: pytest.LogCaptureFixture) -> None:
    """Neither its token nor the chat, nor when it is read or used."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3.connectionpool").setLevel(logging.DEBUG)
    [channel], mistakes = parse_channels(f"ZALO://{TOKEN}/{CHAT_ID}{api}")
    assert not mistakes
    with zalo() as bot:
        assert Channel(bot.url).send(TEXT)
        bot.status = 401
        assert not Channel(bot.url).send(TEXT)
    shown = f"{channel.name} {channel!r} {caplog.text}"
    assert channel.name == "zalo://…"
    assert "a-Secret" not in shown
    assert CHAT_ID not in shown


def test_the_command_tries_a_bot_too(tmp_path: Path) -> None:
    """By the names the file gives, without tokens."""
    config, urls = tmp_path / "collector.toml", tmp_path / "urls"
    config.write_text('broker.listen = "127.0.0.1:1883"\nnotify.urls_file = "urls"\n')
    urls.touch(0o600)
    with zalo() as bot, zalo() as other:
        other.answer = b'{"ok": false}'
        urls.write_text(f"thon-dong = {bot.url}\n{other.url}\n")
        ran = sansang("notify", "--config", config, "--lang", "en")
        told = json.loads(sansang("notify", "--config", config, "--json").stdout)
    assert ran.stdout.splitlines() == [
        "● sent  thon-dong (zalo://…)",
        "◆ not taken  zalo://…",
    ]
    assert [each["ok"] for each in told] == [True, False]
    assert "a-Secret" not in ran.stdout + ran.stderr
