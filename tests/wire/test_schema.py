# SPDX-License-Identifier: Apache-2.0
"""What is derived from the structs is current, and the samples people read are true."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from sansang_wire import batch, readings, schema

DOCS = Path(__file__).parents[2] / "docs"
SAMPLES: list[tuple[str, str]] = re.findall(
    r"(?ms)^#+ (\w+)$\n(?:(?!^#).)*?^```json\n(.*?)^```$", (DOCS / "wire.md").read_text()
)
STRUCTS: dict[str, type[msgspec.Struct]] = {
    struct.__name__: struct for struct in (*schema.MESSAGES.values(), *readings.KINDS.values())
}


@pytest.mark.parametrize("name", schema.documents())
def test_the_generated_documents_are_current(name: str) -> None:
    assert (DOCS / name).read_text() == schema.documents()[name], (
        "out of date: .venv/bin/python -m sansang_wire.schema docs"
    )


def test_every_message_and_kind_has_a_sample() -> None:
    assert sorted(name for name, _ in SAMPLES) == sorted(STRUCTS)


@pytest.mark.parametrize(("name", "sample"), SAMPLES, ids=[name for name, _ in SAMPLES])
def test_a_sample_is_what_it_says(name: str, sample: str) -> None:
    decoded = msgspec.json.decode(sample, type=STRUCTS[name])
    # nothing in it is misspelt: an unknown field would be ignored
    shown: dict[str, Any] = json.loads(sample)
    assert set(shown) - {"kind"} <= {field.encode_name for field in msgspec.structs.fields(decoded)}
    assert decoded == msgspec.json.decode(batch.encode(decoded), type=STRUCTS[name])
    everything = schema.json_schema()
    jsonschema.validate(shown, {**everything, "$ref": f"#/$defs/{name}"})


def test_the_schema_refuses_what_the_decoder_refuses() -> None:
    sample = json.loads(dict(SAMPLES)["HostReading"])
    rules = {**schema.json_schema(), "$ref": "#/$defs/HostReading"}
    for wrong in ({"cpu_pct": 101}, {"at": "now"}, {"outcome": "fine"}, {"boot": None}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**sample, **wrong}, rules)


@pytest.mark.parametrize("document", [schema.json_schema(), schema.asyncapi()])
def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = [*_references(document)]
    assert found
    for reference in found:
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():  # pyright: ignore[reportUnknownVariableType]
            if key == "$ref":
                yield value
            yield from _references(value)
    elif isinstance(node, list):
        for each in node:  # pyright: ignore[reportUnknownVariableType]
            yield from _references(each)


def test_channels_are_those_of_the_topic_grammar() -> None:
    assert set(schema.MESSAGES) == {*batch_channels(), "collector status"}
    for channel in schema.asyncapi()["channels"].values():
        assert channel["address"].startswith("sansang/1/")


def batch_channels() -> set[str]:
    return {"batch", "hello", "status", "receipt", "config"}


@pytest.mark.parametrize("name", readings.KINDS)
def test_every_value_of_a_kind_says_what_it_is(name: str) -> None:
    kind = schema.kind(name)
    assert kind.values
    for value in (*kind.labels, *kind.values):
        assert value.description, f"{name}.{value.name}: Meta(description=…)"
    for label in kind.labels:
        assert label.type == "str", f"{name}.{label.name}: a label is a word"


def test_a_kind_is_described_with_units_labels_and_words() -> None:
    kind = schema.kind("reachability")
    assert [label.name for label in kind.labels] == ["target", "family", "scope"]
    values = {value.name: value for value in kind.values}
    assert values["rtt_avg_ms"].unit == "ms"
    assert values["loss_pct"].unit == "%"
    assert values["sent"].type == "int"
    assert values["method"].words == ("icmp_datagram", "icmp_raw", "tcp_connect")
    assert "outcome" not in values
    with pytest.raises(KeyError):
        schema.kind("toaster")
