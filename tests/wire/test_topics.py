# SPDX-License-Identifier: Apache-2.0
"""Topics are built and parsed by one grammar; what is outside it is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_wire import topics
from sansang_wire.topics import InvalidTopicError, Topic

AGENTS = st.from_regex(topics.AGENT_ID, fullmatch=True).filter(topics.is_agent_id)


@given(AGENTS, st.sampled_from(topics.CHANNELS))
def test_what_is_built_is_parsed_back(agent: str, channel: topics.Channel) -> None:
    topic = Topic(agent, channel)
    assert topics.parse(str(topic)) == topic


@given(st.text(max_size=80))
def test_any_text_parses_or_raises(text: str) -> None:
    for candidate in (text, f"sansang/1/{text}/batch"):
        try:
            topic = topics.parse(candidate)
        except InvalidTopicError:
            continue
        assert str(topic) == candidate


@pytest.mark.parametrize(
    "agent",
    ["", "-a", "a-", "A", "a.b", "a/b", "a b", "+", "#", "é", "a\n", "a" * 64, "collector", "$SYS"],
)
def test_what_is_no_agent_id_is_refused(agent: str) -> None:
    assert not topics.is_agent_id(agent)
    with pytest.raises(InvalidTopicError, match="is not"):
        Topic(agent, "batch")


@pytest.mark.parametrize("agent", ["a", "0", "hall-1", "a" * 63, "11824-nvh-dong"])
def test_a_host_name_label_is_an_agent_id(agent: str) -> None:
    assert topics.is_agent_id(agent)


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "sansang/1/a",
        "sansang/1/a/batch/",
        "sansang/2/a/batch",
        "sansang/1/a/Batch",
        "sansang/1/a/orders",
        "/sansang/1/a/batch",
        topics.COLLECTOR_STATUS,
    ],
)
def test_what_is_outside_the_grammar_is_refused(topic: str) -> None:
    with pytest.raises(InvalidTopicError):
        topics.parse(topic)


def test_a_channel_outside_the_grammar_is_refused() -> None:
    with pytest.raises(InvalidTopicError, match="'orders' is not a channel"):
        Topic("a", "orders")  # pyright: ignore[reportArgumentType]


def test_one_subscription_covers_every_agent() -> None:
    assert topics.every_agent("batch") == "sansang/1/+/batch"
