# SPDX-License-Identifier: Apache-2.0
"""Who waits for whom before messages are stored."""

from hypothesis import given
from hypothesis import strategies as st

from sansang_collector.fair_queue import FairQueue, Queued
from sansang_wire.topics import Topic


def message(agent: str, number: int) -> Queued:
    """Message `number` of an agent."""
    return Queued(Topic(agent, "batch"), b"%d" % number, False)


def filled(*agents: str) -> FairQueue:
    """A message of each, numbered in the order in which they came."""
    queue = FairQueue()
    for number, agent in enumerate(agents):
        assert queue.put(message(agent, number))
    return queue


def said(lot: list[Queued]) -> list[str]:
    """Agent and number of each."""
    return [f"{each.topic.agent}{each.payload.decode()}" for each in lot]


def test_all_that_an_agent_has_goes_together() -> None:
    """Those who have waited longest first; a lot is never larger than asked for."""
    queue = filled("a", "b", "a", "c", "b", "a")
    assert said(queue.take(4)) == ["a0", "a2", "a5", "b1"]
    assert said(queue.take(4)) == ["c3", "b4"]
    assert (said(queue.take(4)), len(queue)) == ([], 0)


def test_a_backlog_keeps_others_waiting_for_a_lot_and_no_longer() -> None:
    """It goes on behind them."""
    queue = filled(*"aaaaaaaab")
    assert said(queue.take(3)) == ["a0", "a1", "a2"]
    assert said(queue.take(3)) == ["b8", "a3", "a4"]


@given(st.lists(st.sampled_from(["a", "b", "c", 1, 2, 5]), max_size=60))
def test_nothing_is_lost_and_no_agent_is_put_out_of_order(steps: list[str | int]) -> None:
    """Whatever comes (a letter) and however much is taken (a number), in any order."""
    queue, put, taken = FairQueue(), list[Queued](), list[Queued]()
    for number, step in enumerate(steps):
        if isinstance(step, str):
            put.append(message(step, number))
            assert queue.put(put[-1])
        else:
            lot = queue.take(step)
            assert len(lot) == min(step, len(put) - len(taken))
            taken += lot
        assert len(queue) == len(put) - len(taken)
    taken += queue.take(len(put))
    for agent in "abc":
        its = [each for each in put if each.topic.agent == agent]
        assert [each for each in taken if each.topic.agent == agent] == its
