# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies made from the structs: a new kind of reading is tested at once."""

from typing import Any

from hypothesis import strategies as st
from msgspec import inspect

from sansang_wire import readings
from sansang_wire.reading import Reading

TEXT = st.characters(exclude_categories=["Cs"])


def of_kind(name: str) -> st.SearchStrategy[Reading]:
    """A reading of one kind."""
    struct = readings.KINDS[name]
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    return st.builds(struct, **{field.name: _values(field.type) for field in info.fields})


def _values(node: inspect.Type) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - a table of types
    match node:
        case inspect.Metadata():
            return _values(node.type)
        case inspect.UnionType():
            return st.one_of([_values(each) for each in node.types])
        case inspect.NoneType():
            return st.none()
        case inspect.BoolType():
            return st.booleans()
        case inspect.FloatType():
            return st.floats(node.ge, node.le, allow_nan=False, allow_infinity=False)
        case inspect.IntType():
            return st.integers(node.ge, node.le)
        case inspect.LiteralType():
            return st.sampled_from(node.values)
        case inspect.StrType(pattern=None):
            return st.text(TEXT, min_size=node.min_length or 0, max_size=node.max_length)
        case inspect.StrType():
            matching = st.from_regex(str(node.pattern).replace("$", r"\Z"), fullmatch=True)
            return matching.filter(lambda text: len(text) <= (node.max_length or len(text)))
        case _:
            raise TypeError(f"no strategy for {node}")
