# SPDX-License-Identifier: Apache-2.0
"""What a message of an agent turns out to be. Pure: bytes in, an event out, nothing touched."""

from typing import NamedTuple

from sansang_wire import topics
from sansang_wire.batch import BadMessageError, Batch, Hello, Rejection, decode, decode_batch
from sansang_wire.readings import AnyReading

FUTURE_US = 600 * 1_000_000
ANCIENT_US = 400 * 86_400 * 1_000_000
CLAIMS_AT_MOST = 256
"""Epochs in one hello; agents name 64 at most."""


class Arrival(NamedTuple):
    """A batch that belongs to a registered agent."""

    agent: str
    site: str
    batch: Batch
    rejected: tuple[Rejection, ...]
    good: tuple[AnyReading, ...]


class Refused(NamedTuple):
    """A message of which nothing can be used."""

    agent: str
    rejection: Rejection


class Greeting(NamedTuple):
    """A hello; one that is not `live` had been kept by the broker."""

    hello: Hello
    live: bool


Event = Arrival | Refused | Greeting


def read(topic: topics.Topic, payload: bytes, site: str, now: int, *, retained: bool) -> Event:
    """A batch or hello of the agent of this topic, which stands at `site`; `now` is in µs."""
    try:
        if topic.channel == "batch":
            return _arrival(topic.agent, site, payload, now)
        return Greeting(_hello(topic.agent, payload), live=not retained)
    except BadMessageError as error:
        return Refused(topic.agent, Rejection(error.reason, str(error)))


def _arrival(agent: str, site: str, payload: bytes, now: int) -> Arrival:
    """Raises BadMessageError for a batch of which nothing can be used."""
    decoded = decode_batch(payload)
    batch = decoded.batch
    if batch.agent != agent:
        raise BadMessageError("wrong_agent", f"the batch says it is from {batch.agent[:80]!r}")
    if batch.first > batch.seq:
        raise BadMessageError("bad_envelope", f"first {batch.first} is beyond seq {batch.seq}")
    rejected = list(decoded.rejected)
    good: list[AnyReading] = []
    for reading in batch.readings:
        if batch.clock == "none" or now - ANCIENT_US <= reading.at <= now + FUTURE_US:
            good.append(reading)
        else:
            word = "future" if reading.at > now else "ancient"
            rejected.append(Rejection(word, f"a reading is dated {reading.at} µs"))
    return Arrival(agent, site, batch, tuple(rejected), tuple(good))


def _hello(agent: str, payload: bytes) -> Hello:
    hello = decode(payload, Hello)
    if hello.agent != agent:
        raise BadMessageError("wrong_agent", f"the hello says it is from {hello.agent[:80]!r}")
    if len(hello.epochs) > CLAIMS_AT_MOST:
        raise BadMessageError("bad_hello", f"{len(hello.epochs)} epochs, at most {CLAIMS_AT_MOST}")
    for claim in hello.epochs:
        if claim.first > claim.next:
            what = f"epoch {claim.epoch}: first {claim.first} is beyond next {claim.next}"
            raise BadMessageError("bad_hello", what)
    return hello
