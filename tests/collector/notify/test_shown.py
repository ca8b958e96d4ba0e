# SPDX-License-Identifier: Apache-2.0
"""Whether people can be reached is shown to those who look after the centre, without secrets."""

import json
from pathlib import Path

import msgspec
import pytest

from sansang_collector.language import Translation
from sansang_collector.web.summary import collector_lines
from tests.collector.notify.commands import sansang
from tests.fakes import collector_view
from tests.receivers import webhook
from tests.servers import free_port


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings of a collector that tells nobody."""
    path = tmp_path / "collector.toml"
    path.write_text('data_dir = "data"\nbroker.listen = "127.0.0.1:1883"\n')
    return path


def tell(config: Path, *urls: str) -> None:
    secrets = config.with_name("urls")
    secrets.touch(0o600)
    secrets.write_text("\n".join(urls))
    with config.open("a") as settings:
        settings.write('notify.urls_file = "urls"\n')


def test_a_trial_message_says_whom_it_did_not_reach(config: Path) -> None:
    """In the language of the messages; not reaching someone is an error."""
    texts: list[str] = []
    with webhook(texts) as url:
        tell(config, f"{url}a-secret", f"xml://localhost:{free_port()}/a-secret")
        ran = sansang("notify", "--config", config, "--lang", "en")
        told = json.loads(sansang("notify", "--config", config, "--json").stdout)
    assert ran.returncode == 1
    assert ran.stdout.splitlines() == ["● sent  json://127.0.0.1", "◆ not taken  xml://localhost"]
    assert told == [
        {"channel": "json://127.0.0.1", "ok": True},
        {"channel": "xml://localhost", "ok": False},
    ]
    assert texts == ["Tin thử: khi có sự cố, anh/chị sẽ được báo theo cách này."] * 2
    assert "a-secret" not in ran.stdout + ran.stderr


def test_a_trial_message_to_nobody_says_so(config: Path) -> None:
    """With what to do."""
    ran = sansang("notify", "--config", config, "--lang", "en")
    assert ran.returncode == 1
    assert ran.stdout.strip() == "Nobody is told: name an urls_file in [notify]."


@pytest.mark.parametrize(
    ("figures", "tone", "text"),
    [
        ({}, "none", "chưa báo cho ai"),
        ({"channels": 2, "messages_sent": 3}, "ok", "đã gửi 3, chờ gửi 0"),
        (
            {"channels": 2, "messages_waiting": 1, "channels_failing": ["json://ioc"]},
            "warn",
            "đã gửi 0, chờ gửi 1; không gửi được qua json://ioc",
        ),
        (
            {"channels": 2, "messages_given_up": 1},
            "warn",
            "đã gửi 0, chờ gửi 0; bỏ 1 tin sau một ngày không gửi được",
        ),
    ],
)
def test_the_page_says_who_could_not_be_told(
    figures: dict[str, object], tone: str, text: str
) -> None:
    """In the part about the centre."""
    view = msgspec.structs.replace(collector_view(), **figures)
    lines = {line.label: line for line in collector_lines(view, Translation("vi"))}
    assert (lines["Tin báo"].tone, lines["Tin báo"].text) == (tone, text)


def test_one_channel_is_tried_by_its_name_or_number(config: Path) -> None:
    """Nobody else gets anything."""
    texts: list[str] = []
    with webhook(texts) as url:
        tell(config, f"xml://localhost:{free_port()}/a", f"thon-dong = {url}b")
        options = ("--config", config, "--lang", "en")
        named = sansang("notify", "test", "thon-dong", *options)
        numbered = sansang("notify", "test", "2", *options)
        shown = sansang("notify", "test", "xml://localhost", *options)
        everyone = sansang("notify", "test", *options)
    assert named.stdout.splitlines() == ["● sent  thon-dong (json://127.0.0.1)"]
    assert (named.returncode, numbered.stdout) == (0, named.stdout)
    assert (shown.returncode, shown.stdout.strip()) == (1, "◆ not taken  xml://localhost")
    assert len(everyone.stdout.splitlines()) == 2
    assert len(texts) == 3


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("thon-tay", "there is no channel 'thon-tay'"),
        ("0", "there is no channel '0'"),
        ("3", "there is no channel '3'"),
        ("json://localhost", "there are several channels named 'json://localhost': write the num"),
    ],
)
def test_a_channel_that_is_not_there_is_told_with_those_that_are(
    config: Path, wanted: str, words: str
) -> None:
    """By number and name, without their secrets; nothing is sent."""
    tell(config, "json://localhost/a-secret", "json://localhost/another-secret")
    ran = sansang("notify", "test", wanted, "--config", config, "--lang", "en")
    assert (ran.returncode, ran.stdout) == (1, "")
    first, *known = ran.stderr.splitlines()
    assert first.startswith(f"sansang: {words}")
    assert known == ["  1  json://localhost", "  2  json://localhost"]


def test_an_option_before_the_command_is_wrong_usage(config: Path) -> None:
    """It would say nothing to it."""
    ran = sansang("notify", "--config", config, "test", "1")
    assert ran.returncode == 2
    assert "write --config behind test" in ran.stderr
