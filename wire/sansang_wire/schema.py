# SPDX-License-Identifier: Apache-2.0
"""What is derived from the structs: labels and values of each kind, JSON Schema, AsyncAPI, tables.

`python -m sansang_wire.schema docs` writes the documents; a test says when they are out of date.
"""

import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import msgspec
from msgspec import inspect

from sansang_wire import batch, readings, topics

ENVELOPE_FIELDS = ("at", "outcome", "reason")
UNITS = {
    "ms": "ms",
    "s": "s",
    "us": "µs",
    "pct": "%",
    "bytes": "bytes",
    "mbps": "Mbit/s",
    "dbm": "dBm",
    "celsius": "°C",
    "mhz": "MHz",
    "d": "days",
}
ValueType = Literal["float", "int", "bool", "str"]


class Value(NamedTuple):
    """One value or label of a kind of reading. `unit` is empty for counts, words and flags."""

    name: str
    type: ValueType
    unit: str
    description: str
    words: tuple[str, ...] = ()


class Kind(NamedTuple):
    """A kind of reading as series stores see it."""

    name: str
    labels: tuple[Value, ...]
    values: tuple[Value, ...]


@cache
def kind(name: str) -> Kind:
    """Labels and values of a kind; `outcome` and `reason` are not among the values.

    Raises KeyError for a kind that is neither in `readings.KINDS` nor in `readings.JUDGED`.
    """
    labels: list[Value] = []
    values: list[Value] = []
    info = inspect.type_info((readings.KINDS | readings.JUDGED)[name])
    assert isinstance(info, inspect.StructType)  # noqa: S101 - they hold structs only
    for field in info.fields:
        if field.encode_name in ENVELOPE_FIELDS:
            continue
        value, is_label = _value(field)
        (labels if is_label else values).append(value)
    return Kind(name, tuple(labels), tuple(values))


def _value(field: inspect.Field) -> tuple[Value, bool]:
    description = ""
    is_label = False
    node: Any = field.type
    while isinstance(node, inspect.Metadata):
        schema = cast("dict[str, Any]", node.extra_json_schema or {})
        extra = cast("dict[str, Any]", node.extra or {})
        description = description or schema.get("description", "")
        is_label = is_label or bool(extra.get("label"))
        node = node.type
    if isinstance(node, inspect.UnionType):
        node = next(each for each in node.types if not isinstance(each, inspect.NoneType))
    words: tuple[str, ...] = ()
    match node:
        case inspect.FloatType():
            value_type: ValueType = "float"
        case inspect.BoolType():
            value_type = "bool"
        case inspect.IntType():
            value_type = "int"
        case inspect.LiteralType():
            value_type, words = "str", tuple(str(word) for word in node.values)
        case inspect.StrType():
            value_type = "str"
        case _:
            raise TypeError(f"{field.name}: a reading can't hold a {node}")
    unit = UNITS.get(field.name.rpartition("_")[2], "") if "_" in field.name else ""
    return Value(field.encode_name, value_type, unit, description, words), is_label


MESSAGES: dict[str, type[msgspec.Struct]] = {
    "batch": batch.Batch,
    "hello": batch.Hello,
    "status": batch.Status,
    "receipt": batch.Receipt,
    "config": batch.Config,
    "collector status": batch.CollectorStatus,
}


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of every message."""
    components = _components("#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Sẵn Sàng: messages",
        "$defs": components,
    }


def _components(reference: str) -> dict[str, Any]:
    _, components = cast(
        "tuple[Any, dict[str, Any]]",
        msgspec.json.schema_components(MESSAGES.values(), ref_template=reference),
    )
    return dict(sorted(components.items()))


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3.0: channels, who sends, quality of service, retained or not."""
    components = _components("#/components/schemas/{name}")
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for name, (sender, qos, retained, summary) in _CHANNELS.items():
        struct = MESSAGES[name].__name__
        key = name.replace(" ", "-")
        address = topics.COLLECTOR_STATUS if " " in name else f"sansang/1/{{agent}}/{name}"
        channels[key] = {
            "address": address,
            "messages": {struct: {"$ref": f"#/components/messages/{struct}"}},
        }
        if "{agent}" in address:
            channels[key]["parameters"] = {"agent": {"$ref": "#/components/parameters/agent"}}
        operations[f"{sender}-sends-{key}"] = {
            "action": "send",
            "summary": summary,
            "channel": {"$ref": f"#/channels/{key}"},
            "bindings": {"mqtt": {"qos": qos, "retain": retained, "bindingVersion": "0.2.0"}},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Sẵn Sàng",
            "version": str(batch.VERSION),
            "description": "What agents and the collector say to each other over MQTT 3.1.1.",
        },
        "channels": channels,
        "operations": operations,
        "components": {
            "parameters": {"agent": {"description": "agent id, which is the MQTT user name"}},
            "messages": {
                struct.__name__: {
                    "contentType": "application/json",
                    "payload": {"$ref": f"#/components/schemas/{struct.__name__}"},
                }
                for struct in MESSAGES.values()
            },
            "schemas": components,
        },
    }


_CHANNELS: dict[str, tuple[str, int, bool, str]] = {
    "batch": ("agent", 1, False, "numbered readings"),
    "hello": ("agent", 1, True, "who the agent is and what its outbox holds"),
    "status": ("agent", 1, True, "online, offline (the will) or leaving"),
    "receipt": ("collector", 0, False, "which numbers are stored"),
    "config": ("collector", 1, True, "settings for the agent's probes"),
    "collector status": ("collector", 1, True, "which collector answers here"),
}


def table(name: str) -> str:
    """The labels and values of a kind as a Markdown table, for `docs/probes/`."""
    rows = ["| name | type | unit | what |", "|---|---|---|---|"]
    shape = kind(name)
    for value in (*shape.labels, *shape.values):
        type_words = " ".join(f"`{word}`" for word in value.words) or value.type
        label = "label: " if value in shape.labels else ""
        rows.append(
            f"| `{value.name}` | {type_words} | {value.unit} | {label}{value.description} |"
        )
    return "\n".join(rows) + "\n"


def documents() -> dict[str, str]:
    """File name in `docs/` to content, for what is wholly generated."""
    return {
        "messages.schema.json": json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n",
        "asyncapi.json": json.dumps(asyncapi(), indent=1, ensure_ascii=False) + "\n",
    }


def with_current_table(page: str, name: str) -> str:
    """A probe's page with the table between its `<!-- values -->` marks made anew."""
    return re.sub(
        r"(?s)(<!-- values -->\n).*?(<!-- /values -->)",
        lambda match: match[1] + table(name) + match[2],
        page,
    )


def write(folder: Path) -> None:
    """Write the generated documents into `folder` (the project's `docs`)."""
    for name, content in documents().items():
        (folder / name).write_text(content)
    for name in readings.KINDS:
        page = folder / "probes" / f"{name}.md"
        if page.exists():
            page.write_text(with_current_table(page.read_text(), name))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
