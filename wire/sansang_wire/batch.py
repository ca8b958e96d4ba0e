# SPDX-License-Identifier: Apache-2.0
"""The messages that carry readings and their receipts; how they are encoded and decoded.

An agent numbers its batches within an epoch (one run of its outbox). The envelope of a batch never
changes its shape; `v` is the version of everything else, and a collector that does not know it
leaves the batch with the agent. `docs/wire.md` has a sample of each message.
"""

import json
import math
import re
import zlib
from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

from sansang_wire.reading import Clock, Count, Microseconds, Milliseconds, Text
from sansang_wire.readings import AnyReading

VERSION = 1
MAX_BATCH_BYTES = 32 * 1024
"""What an agent puts into one batch at most; brokers disconnect over larger messages."""
MAX_MESSAGE_BYTES = 2 * MAX_BATCH_BYTES
"""What the collector looks at; anything larger is not ours."""
LONGEST_INTEGER = 40
"""Digits of an integer that are still read as one; Python refuses to read very long ones."""

AgentId = Annotated[str, Meta(min_length=1, max_length=63)]
Epoch = Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]
Sequence1 = Annotated[int, Meta(ge=1, le=2**53)]
Settings = dict[str, Any]


class Batch(Struct, frozen=True, kw_only=True):
    """One message of an agent: its readings, numbered. `first` is the lowest number of the epoch
    that the agent still holds: what is below and was not received has been given up.
    """

    v: int
    agent: AgentId
    epoch: Epoch
    seq: Sequence1
    first: Sequence1
    boot: Text
    clock: Clock
    readings: list[AnyReading]


class Envelope(Struct, frozen=True, kw_only=True):
    """A batch whose readings have not been looked at."""

    v: int
    agent: AgentId
    epoch: Epoch
    seq: Sequence1
    first: Sequence1
    boot: Text
    clock: Clock
    readings: list[Raw]


class Sealed(Struct, frozen=True, kw_only=True):
    """A batch whose readings are JSON already: what an outbox sends."""

    v: int
    agent: AgentId
    epoch: Epoch
    seq: Sequence1
    first: Sequence1
    boot: Text
    clock: Clock
    readings: Raw


class EpochClaim(Struct, frozen=True, kw_only=True):
    """What an agent says of one of its epochs: it holds no number outside [first, next)."""

    epoch: Epoch
    first: Sequence1
    next: Sequence1


class Machine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The box, in words a person would look for."""

    system: Text
    architecture: Text
    python: Text
    processors: int
    memory_bytes: int
    model: Text | None = None


class ConfigAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of the last `config` message; `mistakes` is empty when it was applied."""

    version: Text
    mistakes: list[str] = []


class Hello(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who the agent is and what its outbox holds; retained, sent at each connection.

    `sent` is CLOCK_BOOTTIME in microseconds: the receipt that answers carries it back as `echo`,
    so that an agent without a clock can date its readings by the collector's time.
    """

    agent: AgentId
    epoch: Epoch
    boot: Text
    sent: Microseconds
    version: Text
    machine: Machine
    clock: Clock
    clock_error_ms: Milliseconds | None = None
    certificate_dates_checked: bool = True
    batch_every_s: float = 30
    epochs: list[EpochClaim]
    dropped_batches: Count = 0
    dropped_readings: Count = 0
    outbox_resets: Count = 0
    probes: dict[str, Settings] = {}
    probe_failures: dict[str, Count] = {}
    config: ConfigAnswer | None = None
    simulated: bool = False


class Status(Struct, frozen=True, kw_only=True):
    """Retained, and the agent's will: a hint, for silence is judged by the collector."""

    state: Literal["online", "offline", "leaving"]
    epoch: Epoch


class Receipt(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The collector's word: every number up to `upto`, and those in `also` (inclusive ranges, at
    most 16), are stored or were given up by the agent. `time` is the collector's, in microseconds.
    """

    epoch: Epoch
    upto: Annotated[int, Meta(ge=0)]
    time: Microseconds
    also: Annotated[list[tuple[int, int]], Meta(max_length=16)] = []
    echo: Microseconds | None = None


class Config(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Settings the collector wants for this agent's probes; retained."""

    version: Text
    probes: dict[str, Settings] = {}


class CollectorStatus(Struct, frozen=True, kw_only=True):
    """Retained, and the collector's will; a new `instance`: send again what has no receipt."""

    state: Literal["online", "offline"]
    instance: Text
    version: Text
    time: Microseconds


class BadMessageError(ValueError):
    """A message that can't be used; `reason` is a word to count by."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


class Rejection(NamedTuple):
    """A reading that was left out: a word to count by, and what the decoder said."""

    reason: str
    detail: str


class Decoded(NamedTuple):
    """A batch as received: its good readings, and what was wrong with the others."""

    batch: Batch
    rejected: Sequence[Rejection]


_encoder = msgspec.json.Encoder()
_batch_decoder = msgspec.json.Decoder(Batch)
_envelope_decoder = msgspec.json.Decoder(Envelope)
_reading_decoder = msgspec.json.Decoder(AnyReading)

encode = _encoder.encode
"""Any message of this module to JSON. Floats must be finite: NaN would become null."""


def pack(sealed: Sealed) -> bytes:
    """A batch as it travels: its JSON, compressed as in RFC 1950. The line is paid by the byte."""
    return zlib.compress(encode(sealed))


def decode_batch(message: bytes) -> Decoded:
    """A batch in JSON, compressed or not. Each reading by itself: a bad one costs one reading.

    Raises BadMessageError when not even the envelope can be read: `oversized`, `not_utf8`,
    `malformed`, `unknown_version`, `bad_envelope`.
    """
    payload = _unpacked(message)
    try:
        batch = _batch_decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        batch = None
    if batch is not None and batch.v == VERSION:
        return Decoded(batch, ())
    return _decode_one_by_one(payload)


def _unpacked(message: bytes) -> bytes:
    if len(message) > MAX_MESSAGE_BYTES:
        raise BadMessageError("oversized", f"{len(message)} bytes, at most {MAX_MESSAGE_BYTES}")
    # JSON begins with a brace; what zlib makes with its usual window begins with an x.
    if message[:1] != b"x":
        return message
    stream = zlib.decompressobj()
    try:
        payload = stream.decompress(message, MAX_MESSAGE_BYTES + 1)
    except zlib.error as error:
        raise BadMessageError("malformed", str(error)) from error
    if len(payload) > MAX_MESSAGE_BYTES:
        raise BadMessageError("oversized", f"unpacks to more than {MAX_MESSAGE_BYTES} bytes")
    if not stream.eof:
        raise BadMessageError("malformed", "the compressed batch ends too early")
    return payload


def _decode_one_by_one(payload: bytes) -> Decoded:
    envelope = _decode_envelope(payload)
    readings: list[AnyReading] = []
    rejected: list[Rejection] = []
    for raw in envelope.readings:
        try:
            readings.append(_reading_decoder.decode(raw))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            rejected.append(Rejection(_reason(str(error)), str(error)))
    return Decoded(
        Batch(
            v=envelope.v,
            agent=envelope.agent,
            epoch=envelope.epoch,
            seq=envelope.seq,
            first=envelope.first,
            boot=envelope.boot,
            clock=envelope.clock,
            readings=readings,
        ),
        rejected,
    )


def _decode_envelope(payload: bytes) -> Envelope:
    # The standard library reads what msgspec does not: NaN, numbers beyond any type, half a
    # surrogate pair. They become lists, which no field of a reading takes, or stay broken text: a
    # batch that carries one loses only that reading.
    try:
        loose = json.loads(
            payload.decode(), parse_constant=_unusable, parse_float=_float, parse_int=_int
        )
    except UnicodeDecodeError as error:
        raise BadMessageError("not_utf8", str(error)) from error
    except (ValueError, RecursionError) as error:
        raise BadMessageError("malformed", str(error)) from error
    version: object = loose.get("v") if isinstance(loose, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if isinstance(version, int) and version != VERSION:
        raise BadMessageError("unknown_version", f"v is {version}, known is {VERSION}")
    try:
        return _envelope_decoder.decode(
            json.dumps(loose, ensure_ascii=False).encode(errors="surrogatepass")
        )
    except (msgspec.DecodeError, ValueError, TypeError) as error:
        raise BadMessageError("bad_envelope", str(error)) from error


def _unusable(text: str) -> list[str]:
    return [text]


def _float(text: str) -> float | list[str]:
    value = float(text)
    return value if math.isfinite(value) else _unusable(text)


def _int(text: str) -> int | list[str]:
    return int(text) if len(text) <= LONGEST_INTEGER else _unusable(text)


_REASONS = (
    (re.compile(r"at `\$\.kind`"), "unknown_kind"),
    (re.compile(r"missing required field"), "missing_field"),
    (re.compile(r"Expected `[^`]*`, got "), "wrong_type"),
    (re.compile(r"Expected `.*` [<>]=? |out of range|length [<>]=|matching regex"), "out_of_range"),
    (re.compile(r"Invalid enum value"), "unknown_word"),
)


def _reason(detail: str) -> str:
    return next((reason for pattern, reason in _REASONS if pattern.search(detail)), "invalid")


Message = TypeVar("Message", Hello, Status, Receipt, Config, CollectorStatus)


def decode(payload: bytes, message: type[Message]) -> Message:
    """Any message but a batch. Raises BadMessageError."""
    if len(payload) > MAX_MESSAGE_BYTES:
        raise BadMessageError("oversized", f"{len(payload)} bytes, at most {MAX_MESSAGE_BYTES}")
    try:
        return msgspec.json.decode(payload, type=message)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadMessageError(f"bad_{message.__name__.lower()}", str(error)) from error
