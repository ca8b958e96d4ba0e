# SPDX-License-Identifier: Apache-2.0
"""Who was told of an outage, who is still to be told, and who is left in peace: real webhooks."""

from pathlib import Path

from sansang_collector.answer_sql import Answer, AnswerKind, outage_name
from sansang_collector.holding import held_until
from sansang_collector.mornings import day_end, next_working_morning
from sansang_collector.record import Record
from sansang_collector.registry import Registry
from sansang_collector.watch.entry import Key
from tests.collector.notify.test_contacts import HOUR, MINUTE, begin, contact
from tests.collector.notify.test_dispatch import (
    HOUSE,
    WIFI,
    a_record,
    at_work,
    channels,
    now_us,
)
from tests.receivers import webhook
from tests.servers import free_port
from tests.waiting import until

REGISTRY = Registry((HOUSE,))


def answer(record: Record, said: AnswerKind, since: int) -> int:
    """The keeper's, through the link of that message; when it was given."""
    at = now_us()
    name = outage_name(Key(*WIFI[1:], since))
    record.answer(Answer("nvh-dong", name, "truong-thon", said, "", at))
    return at


def held(record: Record) -> int:
    [message] = record.unfinished()
    with record.reading() as connection:
        return held_until(connection, REGISTRY, message, now_us())


async def test_it_is_known_who_has_a_message_and_who_waits_for_it(tmp_path: Path) -> None:
    """By role and channel, without the address; a channel that takes nothing is said so."""
    texts: list[str] = []
    whom = [
        contact(),
        contact("can-bo", "officer", channels=["desk"]),
        contact("nha-mang", "carrier", channels=["carrier"], after_min=600),
    ]
    with a_record(tmp_path) as record, webhook(texts) as url:
        begin(record, now_us() - MINUTE, WIFI._replace(service="internet"))
        to = channels(
            f"phone = {url}",
            f"desk = json://127.0.0.1:{free_port()}/secret",
            f"carrier = {url}secret",
        )
        async with at_work(record, to, contacts=whom) as dispatch:
            await until(lambda: dispatch.failing and dispatch.sent == 1, "one has it")
            dispatch.wake()
            await until(lambda: dispatch.waiting, "that it is counted")
            [message] = record.unfinished()
            found = {each.role: each for each in dispatch.reach(message)}
    assert {role: each.state for role, each in found.items()} == {
        "keeper": "sent",
        "officer": "failing",
        "carrier": "waiting",
    }
    assert found["keeper"].at == next(iter(message.delivered.values()))
    assert found["officer"].channel == "desk"


async def test_what_is_being_mended_calls_nobody_else(tmp_path: Path) -> None:
    """Until the next working morning, however late they wish to be told; it is not given up."""
    since, texts = now_us() - 5 * HOUR, list[str]()
    whom = [contact(after_min=60)]
    with a_record(tmp_path) as record, webhook(texts) as url:
        begin(record, since)
        at = answer(record, "repairing", since)
        assert held(record) == next_working_morning(REGISTRY.hours("nvh-dong"), at)
        async with at_work(record, channels(f"phone = {url}"), contacts=whom) as dispatch:
            await until(lambda: dispatch.waiting, "that it waits")
            assert (texts, dispatch.given_up) == ([], 0)
            answer(record, "power_out", since)
            dispatch.wake()
            await until(lambda: texts, "the message")


def test_a_closed_house_is_left_in_peace_until_midnight(tmp_path: Path) -> None:
    """By its own clock."""
    with a_record(tmp_path) as record:
        since = now_us() - HOUR
        begin(record, since)
        assert held(record) == 0
        at = answer(record, "closed_today", since)
        assert held(record) == day_end(HOUSE.time_zone, at)
