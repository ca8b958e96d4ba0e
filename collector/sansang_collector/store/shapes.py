# SPDX-License-Identifier: Apache-2.0
"""How a kind of reading lies in a series store, derived once from `sansang_wire.schema`."""

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any, Literal, NamedTuple, TypeVar

from sansang_collector.store.base import Latest, Series
from sansang_wire import readings, schema

FieldType = Literal["float", "int", "str"]
Labelled = TypeVar("Labelled", Series, Latest)


class Shape(NamedTuple):
    """Labels and stored fields of a kind, and quick access to them in a reading."""

    kind: str
    labels: tuple[str, ...]
    fields: Mapping[str, FieldType]
    """Every stored value and its type, `outcome` and `reason` first."""
    label_values: Callable[[Any], tuple[str, ...]]
    """Reading to the values of `labels`."""
    field_values: Callable[[Any], tuple[Any, ...]]
    """Reading to the values of `fields`, without `outcome`; booleans are still booleans."""


def shapes() -> dict[type[readings.Reading], Shape]:
    """The shape of every kind by the struct of its readings."""
    return {struct: shape(name) for name, struct in (readings.KINDS | readings.JUDGED).items()}


def shape(name: str) -> Shape:
    """Raises KeyError for a kind that does not exist."""
    kind = schema.kind(name)
    labels = tuple(label.name for label in kind.labels)
    fields: dict[str, FieldType] = {"outcome": "int", "reason": "str"}
    for value in kind.values:
        fields[value.name] = "int" if value.type == "bool" else value.type
    return Shape(name, labels, fields, _getter(labels), _getter(tuple(fields)[1:]))


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    match names:
        case ():
            return lambda _: ()
        case (name,):
            one = attrgetter(name)
            return lambda reading: (one(reading),)
        case _:
            return attrgetter(*names)


def ordered(found: Iterable[Labelled]) -> list[Labelled]:
    """By site, agent and labels, so that a legend keeps its order."""
    return sorted(found, key=lambda each: (each.site, each.agent, sorted(each.labels.items())))
