# SPDX-License-Identifier: Apache-2.0
"""What keepers answer, beside what was measured."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from sansang_collector.watch.cause import Cause
from sansang_collector.watch.entry import CONTACT, Entry, Key
from sansang_collector.watch.keeper import Word, with_words, without_words

WORDS = st.lists(
    st.builds(
        Word,
        st.sampled_from([CONTACT, ("wifi", "NVH"), ("internet", "main")]),
        st.sampled_from(["power_out", "repairing", "closed_today"]),
        st.integers(0, 30),
    )
)
CAUSES: list[Cause] = ["silent", "agent_fault", "box_power", "switched_off"]
ENTRIES = st.one_of(
    st.builds(
        Entry,
        st.builds(Key, st.just("box"), st.just("dong-1"), st.integers(0, 15)),
        st.just("down"),
        st.one_of(st.none(), st.integers(16, 30)),
        st.sampled_from(CAUSES),
        st.just(()),
        st.none(),
    ),
    st.builds(
        Entry,
        st.builds(Key, st.just("wifi"), st.just("NVH"), st.integers(0, 15)),
        st.just("down"),
        st.one_of(st.none(), st.integers(16, 30)),
        st.just("access_point"),
        st.just((("wifi:down", 3),)),
        st.none(),
    ),
)


@given(ENTRIES, WORDS, st.randoms())
def test_the_order_and_the_number_of_tellings_do_not_matter(
    entry: Entry, words: list[Word], chance: Random
) -> None:
    """And taken back they leave the entry as the judge has it."""
    found = with_words(entry, words)
    shuffled = list(words)
    chance.shuffle(shuffled)
    assert with_words(entry, shuffled) == with_words(found, words) == found
    assert with_words(found, []) == without_words(found) == entry


@given(ENTRIES, WORDS)
def test_only_what_nobody_has_measured_gets_its_cause_from_a_keeper(
    entry: Entry, words: list[Word]
) -> None:
    """And only from what was said while it lasted."""
    said = any(
        each.answer == "power_out" and entry.overlaps(each.at, each.at + 1) for each in words
    )
    guessed = entry.cause == "silent" and said
    assert with_words(entry, words).cause == ("power_cut" if guessed else entry.cause)
