# SPDX-License-Identifier: Apache-2.0
"""What was heard during an outage, in a sentence."""

import pytest

from sansang_collector.language import Translation
from sansang_collector.web.evidence import sentence


@pytest.mark.parametrize(
    ("clues", "english", "vietnamese"),
    [
        (
            {"gateway:up": 9, "internet:down": 12, "carrier:up": 9, "address:up": 9},
            "the router answers; nothing on the Internet answers",
            "bộ định tuyến vẫn trả lời; không nơi nào trên Internet trả lời",
        ),
        (
            {"carrier:down": 3, "gateway:down": 3, "internet:down": 3},
            "the network cable has no link; the router does not answer",
            "cáp mạng không có tín hiệu; bộ định tuyến không trả lời",
        ),
        (
            {"portal:portal": 1, "gateway:up": 40, "internet:down": 40},
            "web pages are answered by a page of somebody else; the router answers",
            "mở trang web nào cũng ra một trang khác; bộ định tuyến vẫn trả lời",
        ),
        ({"wifi:address": 2}, "guests are given no address", "máy khách không được cấp địa chỉ"),
        ({"nvh-dong": 1_795_230_000_000_000}, "", ""),
        ({}, "", ""),
    ],
)
def test_the_two_strongest_clues_are_told(
    clues: dict[str, int], english: str, vietnamese: str
) -> None:
    """What is broken nearest to the box first, then what works beside it; nothing is made up."""
    assert sentence(clues, Translation("en")) == english
    assert sentence(clues, Translation("vi")) == vietnamese


def test_of_contradicting_clues_the_one_heard_more_often_is_told() -> None:
    """A router that missed one echo of ten answers."""
    told = sentence({"gateway:down": 1, "gateway:up": 9, "dns:down": 4}, Translation("en"))
    assert told == "the router answers; no name is found"
    told = sentence({"gateway:down": 9, "gateway:up": 1}, Translation("en"))
    assert told == "the router does not answer"
