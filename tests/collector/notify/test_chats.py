# SPDX-License-Identifier: Apache-2.0
"""Contacts who are told in the Zalo chat that linked itself: a real server takes the messages."""

from pathlib import Path

from sansang_collector.notify.channels import Bot, Channel
from sansang_collector.notify.linking import Linking
from sansang_collector.notify.recipients import unknown_channels
from sansang_collector.record import Record
from sansang_collector.registry import Registry
from sansang_collector.registry_entries import Contact
from tests.collector.notify.commands import sansang
from tests.collector.notify.test_contacts import contact
from tests.collector.notify.test_dispatch import (
    DOWN,
    HOUSE,
    a_record,
    at_work,
    channels,
    now_us,
    tell,
)
from tests.collector.notify.zalo import TOKEN, Zalo, zalo
from tests.receivers import webhook
from tests.waiting import until

SETTINGS = 'data_dir = "data"\nbroker.listen = "127.0.0.1:1883"\n'
REGISTRY = """
[[contacts]]
id = "truong-thon"
name = "Trưởng thôn"
role = "keeper"
channels = ["zalo"]
"""


def linking_of(record: Record, *contacts: Contact) -> Linking:
    return Linking(bytes(32), record, lambda: Registry((HOUSE,), contacts=contacts))


def link(linking: Linking, whom: str, chat: str) -> None:
    linking.take(chat, linking.code(whom, now_us()), now_us())


def told_in(server: Zalo) -> list[str]:
    """The chats, in the order in which they were told."""
    return [each["chat_id"] for each in server.messages]


async def test_a_contact_is_told_in_the_chat_that_it_linked(tmp_path: Path) -> None:
    """Also one that is linked, or changed, while the collector runs; of its own houses alone."""
    whom = [
        contact(channels=["zalo"]),
        contact("truong-thon-tay", channels=["zalo"], sites=["nvh-tay"]),
    ]
    with a_record(tmp_path) as record, zalo() as server:
        linking, bot = linking_of(record, *whom), Bot(TOKEN, server.api)
        async with at_work(
            record, [], contacts=whom, chats=lambda: linking.channels(bot)
        ) as dispatch:
            link(linking, "truong-thon-tay", "chat-0")
            for chat in ("chat-1", "chat-2"):
                link(linking, "truong-thon", chat)
                dispatch.wake()
                await until(lambda: dispatch.channels == 2, "the chats are known")
                tell(record, DOWN)
                dispatch.wake()
                await until(lambda it=chat: it in told_in(server), "the chat is told")
    assert set(told_in(server)) == {"chat-1", "chat-2"}
    assert server.paths[0] == f"/bot{TOKEN}/sendMessage"
    assert "⚠" in server.messages[0]["text"]


async def test_who_has_linked_no_chat_is_told_through_the_next_channel(tmp_path: Path) -> None:
    """And is known as such until it has."""
    whom, texts = contact(channels=["zalo", "phone"]), list[str]()
    with a_record(tmp_path) as record, zalo() as server, webhook(texts) as url:
        linking, bot = linking_of(record, whom), Bot(TOKEN, server.api)
        tell(record, DOWN)
        assert linking.unlinked() == ["truong-thon"]
        async with at_work(
            record,
            channels(f"phone = {url}"),
            contacts=[whom],
            chats=lambda: linking.channels(bot),
        ) as dispatch:
            await until(lambda: dispatch.sent == 1, "that it is told")
            await until(lambda: not record.unfinished(), "that nobody else waits")
        link(linking, "truong-thon", "chat-1")
        assert linking.unlinked() == []
    assert (len(texts), server.messages) == (1, [])


async def test_a_chat_that_one_more_contact_links_tells_of_its_house_too(tmp_path: Path) -> None:
    """Without a restart."""
    whom = [
        contact(channels=["zalo"]),
        contact("truong-thon-tay", channels=["zalo"], sites=["nvh-tay"]),
    ]
    with a_record(tmp_path) as record, zalo() as server:
        linking, bot = linking_of(record, *whom), Bot(TOKEN, server.api)
        link(linking, "truong-thon-tay", "chat-1")
        async with at_work(
            record, [], contacts=whom, chats=lambda: linking.channels(bot)
        ) as dispatch:
            await until(lambda: dispatch.channels == 1, "the chat is known")
            link(linking, "truong-thon", "chat-1")
            tell(record, DOWN)
            dispatch.wake()
            await until(lambda: server.messages, "the chat is told")


async def test_who_links_just_before_an_outage_is_told_of_it(tmp_path: Path) -> None:
    """Also when the dispatch had read the chats a moment before."""
    whom = contact(channels=["zalo"])
    with a_record(tmp_path) as record, zalo() as server:
        linking, bot = linking_of(record, whom), Bot(TOKEN, server.api)

        def chats() -> list[Channel]:
            known = linking.channels(bot)
            if not known:
                link(linking, "truong-thon", "chat-1")
                tell(record, DOWN)
            return known

        async with at_work(record, [], contacts=[whom], chats=chats) as dispatch:
            await until(record.unfinished, "that the house is down")
            dispatch.wake()
            await until(lambda: server.messages, "the chat is told")


def test_one_chat_of_two_contacts_is_one_channel(tmp_path: Path) -> None:
    """A keeper of two houses is told once of what concerns both; the name holds no secret."""
    whom = [contact(name, channels=["zalo"]) for name in ("dong", "tay")]
    with a_record(tmp_path) as record:
        linking = linking_of(record, *whom, contact("mail", channels=["mail"]))
        for name in ("dong", "tay", "mail"):
            link(linking, name, "chat-1")
        [chat] = linking.channels(Bot(TOKEN))
    assert chat.name == "zalo (dong, tay)"
    assert [chat.reaches(each) for each in (*whom, contact("bac", channels=["zalo"]))] == [
        True,
        True,
        False,
    ]
    assert TOKEN not in repr((chat, Bot(TOKEN)))
    assert "chat-1" not in repr(chat)


def test_zalo_without_a_bot_is_a_mistake() -> None:
    """With what to do."""
    [mistake] = unknown_channels([contact(channels=["zalo"])], [], has_bot=False)
    assert str(mistake) == (
        "contacts.truong-thon.channels: 'zalo' needs the token of a bot: name a token_file in"
        " [zalo] of collector.toml"
    )
    assert unknown_channels([contact(channels=["zalo"])], [], has_bot=True) == []


def test_a_collector_that_could_tell_nobody_by_zalo_does_not_start(tmp_path: Path) -> None:
    """Status 78, as with every mistake in its settings; `doctor` sees it too."""
    config = tmp_path / "collector.toml"
    config.write_text(SETTINGS)
    (tmp_path / "registry.toml").write_text(REGISTRY)
    ran = sansang("up", "--config", config, "--lang", "en")
    assert (ran.returncode, ran.stdout) == (78, "")
    assert "contacts.truong-thon.channels: 'zalo' needs the token of a bot" in ran.stderr
    looked = sansang("doctor", "--config", config, "--lang", "en")
    assert "'zalo' needs the token of a bot" in looked.stdout
