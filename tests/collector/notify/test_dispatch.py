# SPDX-License-Identifier: Apache-2.0
"""Messages of the record on their way to real webhooks and a real mail server."""

import asyncio
import contextlib
import html
import re
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from pathlib import Path
from typing import get_args

import msgspec
import pytest
import sqlalchemy as sa

from sansang_collector.language import Translation
from sansang_collector.message_sql import (
    NewMessage,
    Service,
    deliveries_table,
    messages_table,
)
from sansang_collector.notify.channels import Channel, parse_channels
from sansang_collector.notify.dispatch import GIVE_UP_AFTER_US, Dispatch, no_chats
from sansang_collector.notify.speech import Links, Speech
from sansang_collector.notify.wording import message_text
from sansang_collector.record import Record, Saving
from sansang_collector.registry import Registry
from sansang_collector.registry_entries import Contact, Site
from sansang_collector.saving import Telling
from sansang_collector.stages import STAGES
from sansang_collector.watch.alerts import Notice, Told
from sansang_wire.language import Language
from sansang_wire.reading import JourneyStage
from tests.receivers import mailbox, webhook
from tests.servers import free_port
from tests.waiting import until

MORNING = 1_795_223_700_000_000
"""08:15 on 21/11/2026 in Vietnam."""
HOUSE = Site(
    id="nvh-dong",
    name="NVH thôn Đông",
    commune="11824",
    commune_name="Xã Vĩnh Bảo",
    kind="cultural_house",
)
WIFI = Service("nvh-dong", "wifi", "NVH")


def now_us() -> int:
    return time.time_ns() // 1000


def channels(*urls: str) -> list[Channel]:
    found, mistakes = parse_channels("\n".join(urls))
    assert not mistakes
    return found


def tell(record: Record, *alerts: Notice, made: int | None = None, about: Service = WIFI) -> None:
    """As the ingest does when the judge says so."""
    told = [NewMessage(about, each, made or now_us()) for each in alerts]
    record.save(Saving(telling=Telling(messages=told)))


@contextlib.contextmanager
def a_record(folder: Path) -> Generator[Record]:
    record = Record(folder / "record.db")
    try:
        yield record
    finally:
        record.close()


@contextlib.asynccontextmanager
async def at_work(  # noqa: PLR0917 - what a dispatch is made of
    record: Record,
    to: list[Channel],
    site: Site = HOUSE,
    contacts: Sequence[Contact] = (),
    links: Links | None = None,
    chats: Callable[[], list[Channel]] = no_chats,
) -> AsyncGenerator[Dispatch]:
    """A dispatch that runs until the block ends; that it still does is part of every test."""
    registry = Registry((site,), contacts=tuple(contacts))
    dispatch = Dispatch(record, lambda: registry, to, Speech(lambda: registry, "vi", links), chats)
    running = asyncio.create_task(dispatch.run())
    try:
        yield dispatch
        assert not running.done(), running.exception()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


DOWN = Notice("down", MORNING, MORNING, "access_point")
UP = Notice("up", MORNING + 3_600_000_000, MORNING, "access_point")


def said(notice: Notice, translate: Translation, about: Service = WIFI) -> str:
    """The whole text."""
    return message_text(about, notice, (), Registry((HOUSE,)).site, translate)


class Held(list[str]):
    """What a webhook was told; it answers the first only when `let_go` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def append(self, text: str) -> None:
        super().append(text)
        self.let_go.wait(10)


async def test_what_comes_up_while_another_is_sent_is_sent_too(tmp_path: Path) -> None:
    """Two houses lose their Wi-Fi within the second that a mail takes."""
    texts = Held()
    with a_record(tmp_path) as record, webhook(texts) as url:
        async with at_work(record, channels(url)) as dispatch:
            tell(record, DOWN)
            dispatch.wake()
            await until(lambda: texts, "the first")
            tell(record, UP)
            dispatch.wake()
            texts.let_go.set()
            await until(lambda: dispatch.sent == 2, "both")
            assert ["⚠" in each for each in texts] == [True, False]


async def test_a_channel_that_takes_its_time_keeps_no_other_waiting(tmp_path: Path) -> None:
    """Each by itself: a mail server that hangs is no reason to tell nobody else."""
    slow, quick = Held(), list[str]()
    with a_record(tmp_path) as record, webhook(slow) as one, webhook(quick) as other:
        async with at_work(record, channels(one, other)) as dispatch:
            tell(record, DOWN)
            dispatch.wake()
            await until(lambda: slow and quick, "the first at both")
            tell(record, UP)
            dispatch.wake()
            await until(lambda: len(quick) == 2, "the second at the quick one")
            assert len(slow) == 1
            slow.let_go.set()
            await until(lambda: len(slow) == 2, "the second at the slow one")


async def test_mail_says_what_where_since_when_and_what_to_do(tmp_path: Path) -> None:
    """In the words people know, with times of their own, however late it comes."""
    site = msgspec.structs.replace(HOUSE, simulated=True)
    with a_record(tmp_path) as record, mailbox() as mail:
        tell(record, DOWN, UP)
        async with at_work(record, channels(mail.url), site):
            await until(lambda: len(mail.texts) == 2, "both mails")
        down, up = (html.unescape(re.sub("<[^>]*>", "\n", text)).split("\n") for text in mail.texts)
        assert [line.strip() for line in down if line.strip()] == [
            (
                "⚠ NVH thôn Đông (mô phỏng): Wi-Fi “NVH” ngừng phát từ 08:15 ngày 21/11/2026."
                " Thiết bị đo vẫn có điện và vẫn gửi số liệu."
            ),
            "Việc cần làm: tắt rồi bật lại bộ phát Wi-Fi; nếu vẫn không được, gọi nhà mạng.",
        ]
        assert [line.strip() for line in up if line.strip()] == [
            (
                "✓ NVH thôn Đông (mô phỏng): Wi-Fi “NVH” đã phát lại từ 09:15 ngày 21/11/2026,"
                " sau 1 giờ 00 phút."
            )
        ]


NO_ADDRESS = """\
⚠ NVH thôn Đông: khách không vào được Wi-Fi “NVH” từ 08:15 ngày 21/11/2026: \
Wi-Fi có phát nhưng không cấp địa chỉ. Thiết bị đo vẫn có điện và vẫn gửi số liệu.
Việc cần làm: tắt, bật lại bộ phát Wi-Fi."""
NO_ADDRESS_ANY_MORE = """\
✓ NVH thôn Đông: khách lại vào được Wi-Fi “NVH” từ 09:15 ngày 21/11/2026, sau 1 giờ 00 phút."""
REFUSED = """\
⚠ NVH thôn Đông: no guest gets into the Wi-Fi “NVH” since 08:15 on 21/11/2026: \
Wi-Fi refuses the passphrase. The measuring box has power and still sends.
To do: see whether the passphrase was changed; tell the keeper of the boxes the new one."""
TAKEN = """\
✓ NVH thôn Đông: guests get into the Wi-Fi “NVH” again since 09:15 on 21/11/2026, \
after 1 h 00 min."""


@pytest.mark.parametrize(
    ("stage", "language", "down", "up"),
    [
        ("address", "vi", NO_ADDRESS, NO_ADDRESS_ANY_MORE),
        ("authenticate", "en", REFUSED, TAKEN),
    ],
)
def test_a_wifi_that_lets_nobody_in_is_told_by_its_stage(
    stage: JourneyStage, language: Language, down: str, up: str
) -> None:
    """What helps is not the same: the router is on air."""
    translate = Translation(language)
    assert said(DOWN._replace(stage=stage), translate) == down
    assert said(UP._replace(stage=stage), translate) == up


@pytest.mark.parametrize("stage", get_args(JourneyStage))
def test_every_stage_has_its_message(stage: JourneyStage) -> None:
    """In both languages, with its own words."""
    for language in get_args(Language):
        text = said(DOWN._replace(stage=stage), Translation(language))
        assert Translation(language)(STAGES[stage].failing) in text


async def test_what_was_not_taken_comes_in_order_and_once(tmp_path: Path) -> None:
    """An end without its beginning would be a riddle."""
    with a_record(tmp_path) as record, mailbox() as mail:
        mail.stop()
        tell(record, DOWN)
        async with at_work(record, channels(mail.url)) as dispatch:
            await until(lambda: dispatch.failing, "that it fails")
            tell(record, UP)
            dispatch.wake()
            mail.start()
            await until(lambda: dispatch.sent == 2, "both mails", 30)
            assert ["⚠" in each for each in mail.texts] == [True, False]
            assert not dispatch.failing


async def test_what_a_channel_did_not_take_for_a_day_is_given_up(tmp_path: Path) -> None:
    """And counted; what is younger goes on waiting."""
    nobody = f"json://127.0.0.1:{free_port()}/"
    with a_record(tmp_path) as record:
        tell(record, DOWN, made=now_us() - GIVE_UP_AFTER_US - 1)
        tell(record, UP)
        async with at_work(record, channels(nobody)) as dispatch:
            await until(lambda: dispatch.given_up, "that it is given up")
            await until(lambda: dispatch.failing, "that the channel fails")
            assert (dispatch.waiting, dispatch.sent) == (1, 0)
        assert [each.notice for each in record.unfinished()] == [UP]


async def test_a_centre_that_was_off_for_days_does_not_tell_of_them(tmp_path: Path) -> None:
    """An alarm of the day before yesterday helps nobody; what is young is told."""
    texts: list[str] = []
    with a_record(tmp_path) as record, webhook(texts) as url:
        tell(record, DOWN, made=now_us() - GIVE_UP_AFTER_US - 1)
        tell(record, UP)
        async with at_work(record, channels(url)) as dispatch:
            await until(lambda: not record.unfinished(), "that both are done with")
        assert ["⚠" in each for each in texts] == [False]
        assert (dispatch.sent, dispatch.given_up) == (1, 1)


async def test_where_nobody_is_to_be_told_nothing_waits(tmp_path: Path) -> None:
    """A channel that is added next year does not begin with this year's outages."""
    with a_record(tmp_path) as record:
        tell(record, DOWN)
        async with at_work(record, []):
            await until(lambda: not record.unfinished(), "that it is done with")
        assert record.reached() == set()


async def test_told_is_what_somebody_was_told(tmp_path: Path) -> None:
    """Not what was only meant to be told; and not any more once it is back."""
    known = {WIFI.site: {("wifi", "NVH"): Told(MORNING, "access_point")}}
    down = Telling(known, [NewMessage(WIFI, DOWN, now_us())])
    texts: list[str] = []
    with a_record(tmp_path) as record, webhook(texts) as url:
        record.save(Saving(telling=down))
        assert record.reached() == set()
        async with at_work(record, channels(url)):
            await until(record.reached, "that it is told")
        assert record.reached() == {WIFI}
        record.save(Saving(telling=Telling({WIFI.site: {}})))
        assert record.reached() == set()


async def test_a_message_that_everyone_has_is_not_sent_by_the_next_start(tmp_path: Path) -> None:
    """One that only some have is sent to the others."""
    first: list[str] = []
    second: list[str] = []
    with a_record(tmp_path) as record, webhook(first) as one, webhook(second) as other:
        away = f"json://127.0.0.1:{free_port()}/"
        tell(record, DOWN)
        async with at_work(record, channels(one, away)) as dispatch:
            await until(lambda: dispatch.sent == 1 and dispatch.failing, "one has it")
        async with at_work(record, channels(one, other)) as dispatch:
            await until(lambda: dispatch.sent == 1, "the other has it")
            await until(lambda: not record.unfinished(), "that it is done with")
        async with at_work(record, channels(one, other)) as dispatch:
            tell(record, UP)
            dispatch.wake()
            await until(lambda: dispatch.sent == 2, "the next message")
        assert ["⚠" in each for each in first] == ["⚠" in each for each in second] == [True, False]


async def test_what_is_sent_twice_can_be_told_from_what_happened_twice(tmp_path: Path) -> None:
    """A collector that is killed between a mail and its note sends it again, under the same key."""
    hook_keys: list[str | None] = []
    texts: list[str] = []
    with a_record(tmp_path) as record, mailbox() as mail, webhook(texts, keys=hook_keys) as url:
        to = channels(mail.url, url)
        tell(record, DOWN, UP)
        for _ in range(2):
            async with at_work(record, to) as dispatch:
                await until(lambda: dispatch.sent == 4, "two messages at each")
                await until(lambda: not record.unfinished(), "that they are done with")
            with record.writing() as connection:
                connection.execute(sa.delete(deliveries_table))
                connection.execute(sa.update(messages_table).values(done=False))
    for keys in (mail.keys, hook_keys):
        down, up, *again = keys
        assert again == [down, up]
        assert down != up


async def test_a_record_that_can_not_be_read_now_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Messages wait meanwhile."""
    texts: list[str] = []
    with a_record(tmp_path) as record, webhook(texts) as url:
        tell(record, DOWN)
        engine = record.engine
        broken = sa.create_engine(f"sqlite:///{tmp_path}/none/record.db")
        monkeypatch.setattr(record, "engine", broken)
        async with at_work(record, channels(url)) as dispatch:
            await until(lambda: "messages wait" in caplog.text, "that it is said")
            monkeypatch.setattr(record, "engine", engine)
            dispatch.wake()
            await until(lambda: texts, "the message")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("slack://TokenAAAAA/TokenBBBBB/TokenCCCCCCCCCCCCCCCCCCC", "slack://…"),
        (f"pover://{'u' * 30}@{'t' * 30}", "pover://…"),
        ("tgram://123456789:abcdefg_hijklmnop/12315544/", "tgram://…"),
        ("ntfy://secrettopic", "ntfy://…"),
        ("mailtos://me:word@mail.example?to=you@example.vn", "mailtos://mail.example"),
        ("JSON://me:word@hook.example:8443/word", "json://hook.example"),
    ],
)
def test_a_name_holds_no_secret(url: str, name: str) -> None:
    """In some addresses the place of the host is where the key stands."""
    assert Channel(url).name == name
    assert url not in repr(Channel(url))


def test_one_address_a_line() -> None:
    """Apprise takes several in one text; a retry would tell those again that have it."""
    _, mistakes = parse_channels("\n\n# two\njson://a/secret json://b/secret")
    assert mistakes == [
        "line 4 holds more than one address: write each on a line of its own",
    ]
