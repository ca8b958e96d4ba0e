# SPDX-License-Identifier: Apache-2.0
"""The topic grammar `sansang/1/<agent>/<channel>`: build, parse, subscribe.

Where an agent stands is no part of its topic: villages merge, and the registry knows.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

Channel = Literal["batch", "hello", "status", "receipt", "config"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)

AGENT_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
KNOWN_TOPICS = 16_384
"""A collector hears the same ones thousands of times a second."""
COLLECTOR_STATUS = "sansang/1/collector/status"
"""Retained: instance, version and time of the collector that answers for the agents here."""


class InvalidTopicError(ValueError):
    """A topic outside the grammar."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One agent's channel. Raises InvalidTopicError for an id or channel outside the grammar."""

    agent: str
    channel: Channel

    def __post_init__(self) -> None:
        if not is_agent_id(self.agent):
            raise InvalidTopicError(f"{self.agent[:80]!r} is not an agent id")
        if self.channel not in CHANNELS:
            raise InvalidTopicError(f"{str(self.channel)[:80]!r} is not a channel")

    def __str__(self) -> str:
        return f"sansang/1/{self.agent}/{self.channel}"


def is_agent_id(text: str) -> bool:
    """1 to 63 of a–z, 0–9 and inner hyphens, as in a host name label; `collector` is taken."""
    return AGENT_ID.fullmatch(text) is not None and text != "collector"


@lru_cache(KNOWN_TOPICS)
def parse(topic: str) -> Topic:
    """Raises InvalidTopicError."""
    match topic.split("/"):
        case ["sansang", "1", agent, ("batch" | "hello" | "status" | "receipt" | "config") as name]:
            return Topic(agent, name)
        case _:
            raise InvalidTopicError(f"{topic[:120]!r} is not sansang/1/<agent>/<channel>")


def every_agent(channel: Channel) -> str:
    """The subscription to one channel of all agents."""
    return f"sansang/1/+/{channel}"
