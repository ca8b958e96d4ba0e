# SPDX-License-Identifier: Apache-2.0
"""Who is told what, and when: contacts, their roles, their hours, real webhooks."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sansang_collector.holding import held_until
from sansang_collector.ledger_sql import Revised, numbers_near, write
from sansang_collector.message_sql import Message, NewMessage, Service
from sansang_collector.note_sql import FOREVER, Note, save_note
from sansang_collector.notify.dispatch import FAULT_TOLD_AFTER_US
from sansang_collector.notify.links import read_link
from sansang_collector.notify.recipients import plan_for, unknown_channels, verdict
from sansang_collector.notify.speech import Links
from sansang_collector.record import Record, Saving
from sansang_collector.registry import Registry
from sansang_collector.registry_entries import Contact
from sansang_collector.saving import Telling
from sansang_collector.watch.alerts import Notice, Told
from sansang_collector.watch.entry import Entry, Key
from tests.collector.notify.test_dispatch import HOUSE, WIFI, a_record, at_work, channels, now_us
from tests.receivers import webhook
from tests.servers import free_port
from tests.waiting import until

MINUTE, HOUR = 60_000_000, 3_600_000_000


def contact(name: str = "truong-thon", role: str = "keeper", **more: Any) -> Contact:
    wishes: dict[str, Any] = {"channels": ["phone"], "sites": ["nvh-dong"]} | more
    return Contact(id=name, name="Trưởng thôn", role=role, **wishes)


def begin(record: Record, since: int, about: Service = WIFI, cause: Any = "access_point") -> None:
    """An outage that people are told of."""
    told = {about.site: {about[1:]: Told(since, cause)}}
    notice = Notice("down", since, since, cause)
    record.save(Saving(telling=Telling(told, [NewMessage(about, notice, now_us())])))


def end(record: Record, since: int, about: Service = WIFI) -> None:
    """It is over."""
    notice = Notice("up", now_us(), since, "access_point")
    record.save(Saving(telling=Telling({about.site: {}}, [NewMessage(about, notice, now_us())])))


def quiet_now(*, is_quiet: bool) -> str:
    """Hours in Việt Nam that hold now, or do not."""
    now = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh"))
    start, stop = (-1, 1) if is_quiet else (2, 3)
    first, last = (now + timedelta(hours=each) for each in (start, stop))
    return f"{first:%H}:00-{last:%H}:59"


async def test_a_contact_is_told_in_its_language_with_a_link_of_its_own(tmp_path: Path) -> None:
    """Its own, of this house, for a week."""
    texts: list[str] = []
    links = Links("https://wifi.example.vn", b"k" * 32)
    with a_record(tmp_path) as record, webhook(texts) as url:
        begin(record, now_us() - MINUTE)
        whom = [contact(language="en")]
        async with at_work(record, channels(f"phone = {url}"), contacts=whom, links=links):
            await until(lambda: texts, "the message")
    assert "the Wi-Fi “NVH” is off air" in texts[0]
    token = texts[0].rpartition("/k/")[2].split()[0].rstrip('"}')
    link = read_link(links.key, token, now_us())
    assert (link.site, link.contact) == ("nvh-dong", "truong-thon")


async def test_a_name_that_no_contact_uses_is_told_nothing(tmp_path: Path) -> None:
    """One without a name is told of everything; a message that is for nobody is done with."""
    named: list[str] = []
    nameless: list[str] = []
    with a_record(tmp_path) as record, webhook(named) as one, webhook(nameless) as other:
        begin(record, now_us() - MINUTE)
        async with at_work(record, channels(f"spare = {one}", other)):
            await until(lambda: not record.unfinished(), "that it is done with")
    assert (len(named), len(nameless)) == (0, 1)


async def test_who_is_told_late_is_not_told_of_what_was_short(tmp_path: Path) -> None:
    """Neither of its beginning nor of its end; of what goes on, once its time has come."""
    texts: list[str] = []
    late = [contact(after_min=10)]
    with a_record(tmp_path) as record, webhook(texts) as url:
        since = now_us() - 5 * MINUTE
        begin(record, since)
        async with at_work(record, channels(f"phone = {url}"), contacts=late) as dispatch:
            await until(lambda: dispatch.waiting == 1, "that it waits")
            end(record, since)
            dispatch.wake()
            await until(lambda: not record.unfinished(), "that both are done with")
            assert texts == []
            begin(record, now_us() - 11 * MINUTE)
            dispatch.wake()
            await until(lambda: texts, "the message")
            assert "⚠" in texts[0]


async def test_in_quiet_hours_messages_wait(tmp_path: Path) -> None:
    """And what is over when they end is not told; others are told at once."""
    quiet: list[str] = []
    awake: list[str] = []
    with a_record(tmp_path) as record, webhook(quiet) as one, webhook(awake) as other:
        since = now_us() - MINUTE
        begin(record, since)
        whom = [
            contact(quiet=quiet_now(is_quiet=True)),
            contact("can-bo", "officer", channels=["desk"], quiet=quiet_now(is_quiet=False)),
        ]
        to = channels(f"phone = {one}", f"desk = {other}")
        async with at_work(record, to, contacts=whom) as dispatch:
            await until(lambda: dispatch.sent == 1 and dispatch.waiting == 1, "one has it")
            end(record, since)
            dispatch.wake()
            await until(lambda: not record.unfinished(), "that all is done with")
    assert (len(quiet), len(awake)) == (0, 2)


async def test_who_wishes_it_is_reminded_of_what_lasts(tmp_path: Path) -> None:
    """Each time that it has lasted so much longer, and not once it is over."""
    texts: list[str] = []
    with a_record(tmp_path) as record, webhook(texts) as url:
        since = now_us() - 5 * HOUR
        begin(record, since)
        to = channels(f"phone = {url}")
        async with at_work(record, to, contacts=[contact(remind_h=2)]) as dispatch:
            await until(lambda: record.delivered_to(to[0].id), "that it has the message")
            [message] = record.delivered_to(to[0].id)
            record.reminded(message[0].id, to[0].id, now_us() - 3 * HOUR)
            dispatch.wake()
            await until(lambda: len(texts) == 2, "the reminder")
            end(record, since)
            dispatch.wake()
            await until(lambda: len(texts) == 3, "the end")
            assert record.delivered_to(to[0].id) == []
    assert "5 giờ" in texts[1]
    assert "✓" in texts[2]


async def test_who_acknowledged_an_outage_is_not_reminded_of_it(tmp_path: Path) -> None:
    """Nor is anybody else."""
    texts: list[str] = []
    with a_record(tmp_path) as record, webhook(texts) as url:
        since = now_us() - 5 * HOUR
        begin(record, since)
        entry = Entry(Key("wifi", "NVH", since), "down", None, "access_point")
        with record.writing() as connection:
            write(connection, "nvh-dong", [Revised(entry.key, entry)], since, late=False)
            [number] = numbers_near(connection, "nvh-dong", since)
            save_note(connection, Note(number, now_us(), "ack", None, "", "officer"))
        to = channels(f"phone = {url}")
        async with at_work(record, to, contacts=[contact(remind_h=2)]) as dispatch:
            await until(lambda: record.delivered_to(to[0].id), "that it has the message")
            [message] = record.delivered_to(to[0].id)
            with record.reading() as connection:
                assert held_until(connection, Registry((HOUSE,)), message[0], now_us()) == FOREVER
            record.reminded(message[0].id, to[0].id, now_us() - 3 * HOUR)
            end(record, since)
            dispatch.wake()
            await until(lambda: len(texts) == 2, "the end")
    assert "✓" in texts[1]


async def test_a_channel_that_fails_is_told_through_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To those who look after it; and its recovery, too."""
    monkeypatch.setattr("sansang_collector.notify.dispatch.FAULT_TOLD_AFTER_US", 0)
    assert FAULT_TOLD_AFTER_US > 0
    desk: list[str] = []
    phone: list[str] = []
    port = free_port()
    with a_record(tmp_path) as record, webhook(desk) as url:
        begin(record, now_us() - MINUTE)
        whom = [contact(), contact("can-bo", "officer", channels=["desk"])]
        to = channels(f"phone = json://127.0.0.1:{port}/", f"desk = {url}")
        async with at_work(record, to, contacts=whom) as dispatch:
            await until(lambda: len(desk) == 2, "the outage, and that the phone is not reached")
            assert dispatch.failing == [to[0].name]
            with webhook(phone, port):
                await until(lambda: phone, "what it missed", 30)
                await until(lambda: len(desk) == 3, "that it is reached again")
    assert "phone (json://127.0.0.1)" in desk[1]
    assert "⚠" in desk[1]
    assert "✓" in desk[2]


def message(service: str, cause: Any = None, site: str = "nvh-dong") -> Message:
    sites = () if site else ("nvh-dong",)
    return Message(1, Service(site, service, ""), Notice("down", 1, 1, cause), 1, sites, {})


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ("keeper", {"contact", "power", "internet", "dns", "wifi", "area"}),
        ("carrier", {"internet", "ipv6", "area"}),
        (
            "officer",
            {"contact", "power", "internet", "dns", "wifi", "area", "ipv6", "box", "channel"},
        ),
    ],
)
def test_each_role_is_told_what_concerns_it(role: str, told: set[str]) -> None:
    """A keeper mends no IPv6, and a carrier no access point."""
    [phone] = channels("phone = json://127.0.0.1/")
    found = {
        service
        for service in (
            "contact",
            "power",
            "internet",
            "dns",
            "wifi",
            "area",
            "ipv6",
            "box",
            "channel",
        )
        for site in ("" if service in {"area", "channel"} else "nvh-dong",)
        if plan_for(
            phone, message(service, site=site), Registry((HOUSE,)).site, [contact(role=role)], "vi"
        )
    }
    assert found == told


def test_another_house_is_not_ones_business() -> None:
    """Nor one that the registry does not know any more."""
    [phone] = channels("phone = json://127.0.0.1/")
    elsewhere = [contact(sites=["nvh-doai"])]
    about = message("wifi")
    assert plan_for(phone, about, Registry((HOUSE,)).site, elsewhere, "vi") is None
    assert plan_for(phone, about, Registry(()).site, [contact(sites=[])], "vi") is None


def test_a_contact_that_names_no_address_is_found() -> None:
    """A name that is misspelt would be told nothing, and nobody would know."""
    known = channels("phone = json://127.0.0.1/")
    [mistake] = unknown_channels([contact(channels=["phone", "fone"])], known, has_bot=True)
    assert str(mistake) == (
        "contacts.truong-thon.channels: 'fone' is the name of no line of notify.urls —"
        " did you mean 'phone'?"
    )


def test_an_end_is_for_those_who_know_of_the_beginning() -> None:
    """Whatever the hour."""
    [phone] = channels("phone = json://127.0.0.1/")
    plan = plan_for(phone, message("wifi"), Registry((HOUSE,)).site, [contact()], "vi")
    assert plan is not None
    over = message("wifi")._replace(notice=Notice("up", 2, 1))
    assert verdict(plan, over, 3, lasts=False, knows=True) == "now"
    assert verdict(plan, over, 3, lasts=False, knows=False) == "never"
