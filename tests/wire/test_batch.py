# SPDX-License-Identifier: Apache-2.0
"""What a bad message costs: a bad reading costs itself, a bad envelope costs the batch."""

import contextlib
import json
import zlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sansang_wire import batch
from sansang_wire.batch import (
    BadMessageError,
    Batch,
    CollectorStatus,
    Config,
    Decoded,
    Hello,
    Receipt,
    Status,
)
from sansang_wire.reading import Reading
from sansang_wire.readings import KINDS
from tests.wire import generated

GOOD: dict[str, Any] = {
    "kind": "host",
    "at": 1_793_000_000_000_000,
    "outcome": "ok",
    "boot": "6a3f",
    "uptime_s": 12.5,
    "clock": "kernel",
}
ENVELOPE: dict[str, Any] = {
    "v": 1,
    "agent": "hall-1",
    "epoch": "00ff00ff00ff00ff",
    "seq": 7,
    "first": 3,
    "boot": "6a3f",
    "clock": "kernel",
}


def as_json(*readings: Any, **changed: Any) -> bytes:
    return json.dumps({**ENVELOPE, "readings": readings, **changed}).encode()


def with_raw_value(field: str, raw: bytes) -> bytes:
    """A good reading, and one whose `field` is these very bytes."""
    return as_json(GOOD, {**GOOD, field: "@"}).replace(b'"@"', raw)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kind": "toaster"}, "unknown_kind"),
        ({"kind": 3}, "unknown_kind"),
        ({"at": "now"}, "wrong_type"),
        ({"at": 1.5}, "wrong_type"),
        ({"outcome": 0}, "wrong_type"),
        ({"uptime_s": None}, "wrong_type"),
        ({"cpu_pct": float("nan")}, "wrong_type"),
        ({"cpu_pct": float("inf")}, "wrong_type"),
        ({"boot": float("-inf")}, "wrong_type"),
        ({"at": -1}, "out_of_range"),
        ({"at": 2**63}, "out_of_range"),
        ({"cpu_pct": 100.1}, "out_of_range"),
        ({"boot": "x" * 129}, "out_of_range"),
        ({"reason": "Not A Word"}, "out_of_range"),
        ({"outcome": "fine"}, "unknown_word"),
        ({"clock": "sundial"}, "unknown_word"),
    ],
)
def test_a_bad_value_costs_its_reading_only(change: dict[str, Any], reason: str) -> None:
    decoded = batch.decode_batch(as_json(GOOD, {**GOOD, **change}, GOOD))
    assert len(decoded.batch.readings) == 2
    assert [rejection.reason for rejection in decoded.rejected] == [reason]
    assert decoded.batch.seq == 7


@pytest.mark.parametrize("field", GOOD)
def test_a_missing_field_costs_its_reading_only(field: str) -> None:
    poor = {name: value for name, value in GOOD.items() if name != field}
    decoded = batch.decode_batch(as_json(poor, GOOD))
    assert len(decoded.batch.readings) == 1
    assert [rejection.reason for rejection in decoded.rejected] == ["missing_field"]
    assert field in decoded.rejected[0].detail


@pytest.mark.parametrize("reading", ["a word", None, [], 3, {}])
def test_what_is_no_reading_at_all_costs_itself_only(reading: Any) -> None:
    decoded = batch.decode_batch(as_json(GOOD, reading))
    assert (len(decoded.batch.readings), len(decoded.rejected)) == (1, 1)


@pytest.mark.parametrize("field", ["boot", "cpu_pct", "at"])
@pytest.mark.parametrize(
    "raw",
    [b"NaN", b"-Infinity", b"1e999", b"9" * 5000, rb'"\ud800"', b"[" * 400 + b"]" * 400],
    ids=["nan", "infinity", "overflow", "long integer", "half a surrogate pair", "deep list"],
)
def test_json_that_others_read_differently_costs_its_reading_only(field: str, raw: bytes) -> None:
    decoded = batch.decode_batch(with_raw_value(field, raw))
    assert (len(decoded.batch.readings), len(decoded.rejected)) == (1, 1)


def test_an_unknown_field_is_from_a_newer_agent_and_is_ignored() -> None:
    decoded = batch.decode_batch(as_json({**GOOD, "moon_phase": 3}, moon=1))
    assert len(decoded.batch.readings) == 1
    assert not decoded.rejected


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"x" * (batch.MAX_MESSAGE_BYTES + 1), "oversized"),
        (zlib.compress(as_json() + b" " * batch.MAX_MESSAGE_BYTES), "oversized"),
        (zlib.compress(b"\0" * 10**8), "oversized"),
        (zlib.compress(as_json(GOOD))[:-5], "malformed"),
        (b"x is not zlib", "malformed"),
        (zlib.compress(as_json(v=2)), "unknown_version"),
        (b"", "malformed"),
        (b"{", "malformed"),
        (as_json(GOOD) + b"x", "malformed"),
        (b"[" * 60_000, "malformed"),
        (with_raw_value("boot", b"[" * 30_000 + b"]" * 30_000), "malformed"),
        (with_raw_value("boot", b'"\xff"'), "not_utf8"),
        (b"[]", "bad_envelope"),
        (b"null", "bad_envelope"),
        (as_json(v=2), "unknown_version"),
        (as_json(v=2, agent=3, readings="later"), "unknown_version"),
        (as_json(v="1"), "bad_envelope"),
        (as_json(v=True), "bad_envelope"),
        (as_json(agent=""), "bad_envelope"),
        (as_json(agent="x" * 64), "bad_envelope"),
        (as_json(agent="\ud800"), "bad_envelope"),
        (as_json(epoch="00FF00FF00FF00FF"), "bad_envelope"),
        (as_json(seq=0), "bad_envelope"),
        (as_json(seq=2**53 + 1), "bad_envelope"),
        (as_json(seq=float("nan")), "bad_envelope"),
        (as_json(first=0), "bad_envelope"),
        (as_json(clock="sundial"), "bad_envelope"),
        (as_json(readings={}), "bad_envelope"),
    ],
)
def test_what_no_envelope_can_be_read_of_is_refused(payload: bytes, reason: str) -> None:
    with pytest.raises(BadMessageError) as raised:
        batch.decode_batch(payload)
    assert raised.value.reason == reason


def test_a_packed_batch_is_the_batch_and_smaller() -> None:
    """An agent's own way to send; the plain JSON says the same."""
    readings = msgspec.Raw(json.dumps([{**GOOD, "at": at} for at in range(9)]).encode())
    sealed = batch.Sealed(**ENVELOPE, readings=readings)
    packed = batch.pack(sealed)
    assert batch.decode_batch(packed) == batch.decode_batch(batch.encode(sealed))
    assert len(packed) < len(batch.encode(sealed)) / 2


@pytest.mark.parametrize("field", ENVELOPE)
def test_every_field_of_the_envelope_is_needed(field: str) -> None:
    poor = {name: value for name, value in ENVELOPE.items() if name != field}
    with pytest.raises(BadMessageError, match=f"missing required field `{field}`"):
        batch.decode_batch(json.dumps({**poor, "readings": []}).encode())


def test_of_a_key_given_twice_the_last_counts_on_both_paths() -> None:
    twice = as_json(GOOD).replace(b'"seq": 7', b'"seq": 6, "seq": 7')
    assert batch.decode_batch(twice).batch.seq == 7
    slow = as_json(GOOD, "bad").replace(b'"seq": 7', b'"seq": 6, "seq": 7')
    assert batch.decode_batch(slow).batch.seq == 7


def decodes(payload: bytes) -> Decoded | None:
    """None when it raised what it may raise; anything else goes through."""
    try:
        return batch.decode_batch(payload)
    except BadMessageError:
        return None


@given(st.binary(max_size=400))
def test_any_bytes_decode_or_raise_bad_message(payload: bytes) -> None:
    decodes(payload)
    for message in (Hello, Status, Receipt, Config, CollectorStatus):
        with contextlib.suppress(BadMessageError):
            batch.decode(payload, message)  # pyright: ignore[reportArgumentType]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=5), st.dictionaries(st.sampled_from([*ENVELOPE]), JSON, max_size=2))
def test_any_json_costs_at_most_itself(readings: list[Any], changed: dict[str, Any]) -> None:
    decoded = decodes(as_json(*readings, **changed))
    if not changed:
        assert decoded is not None
        assert len(decoded.batch.readings) + len(decoded.rejected) == len(readings)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_what_is_encoded_comes_back_equal(kind: str, data: st.DataObject) -> None:
    readings: list[Reading] = data.draw(st.lists(generated.of_kind(kind), max_size=3))
    sent = Batch(**ENVELOPE, readings=readings)  # pyright: ignore[reportArgumentType]
    assert batch.decode_batch(batch.encode(sent)) == (sent, ())
    # and through the slow path, which a bad neighbour makes necessary
    spoilt = msgspec.json.encode({**msgspec.to_builtins(sent), "readings": [*readings, "bad"]})
    assert batch.decode_batch(spoilt).batch == sent


def test_what_is_not_a_batch_is_refused_under_its_own_name() -> None:
    for payload in (b"", b"{}", b"\xff", b'{"state": "asleep", "epoch": "00ff00ff00ff00ff"}'):
        with pytest.raises(BadMessageError) as raised:
            batch.decode(payload, Status)
        assert raised.value.reason == "bad_status"
    with pytest.raises(BadMessageError) as raised:
        batch.decode(b" " * (batch.MAX_MESSAGE_BYTES + 1), Status)
    assert raised.value.reason == "oversized"


def test_a_receipt_names_at_most_16_ranges() -> None:
    receipt = {
        "epoch": "00ff00ff00ff00ff",
        "upto": 0,
        "time": 1,
        "also": [[n, n] for n in range(17)],
    }
    with pytest.raises(BadMessageError, match="length <= 16"):
        batch.decode(json.dumps(receipt).encode(), Receipt)
