# SPDX-License-Identifier: Apache-2.0
"""Check settings against a struct and report every mistake at once, each with its key path.

msgspec stops at the first mistake; a person who edits a file wants them all. Used for the TOML
files of both sides and for the settings a collector sends to an agent.
"""

import difflib
import types
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Struct

T = TypeVar("T", bound=Struct)


class Mistake(NamedTuple):
    """One thing that is wrong: where (`probes.host.every_s`) and what."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}" if self.path else self.what


class InvalidSettingsError(ValueError):
    """Settings that can't be used; `mistakes` holds all that is wrong with them."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


def check(data: Mapping[str, Any], struct: type[T], path: str = "") -> T:
    """`data` as a `struct`. Raises InvalidSettingsError with every mistake."""
    mistakes = list(_mistakes(data, struct, path))
    if mistakes:
        raise InvalidSettingsError(mistakes)
    try:
        return msgspec.convert(data, struct)
    except (msgspec.ValidationError, ValueError) as error:
        raise InvalidSettingsError([Mistake(path, str(error))]) from error


def suggestion(word: str, known: list[str]) -> str:
    """` — did you mean …?` or nothing."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f" — did you mean {near[0]!r}?" if near else ""


def _mistakes(data: Mapping[str, Any], struct: type[Struct], path: str) -> list[Mistake]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    found = [
        Mistake(_join(path, key), f"unknown key{suggestion(key, list(fields))}")
        for key in data
        if key not in fields
    ]
    for name, field in fields.items():
        if name in data:
            found += _value_mistakes(data[name], field.type, _join(path, name))
        elif field.required:
            found.append(Mistake(_join(path, name), "is missing"))
    return found


def _value_mistakes(value: Any, kind: Any, path: str) -> list[Mistake]:
    """Looks into structs, and into lists and tables of them; leaves the rest to msgspec."""
    inner = _struct_in(kind)
    if inner is not None and isinstance(value, dict):
        return _mistakes(value, inner, path)  # pyright: ignore[reportUnknownArgumentType]
    item = _item_struct(kind, list)
    if item is not None and isinstance(value, list):
        return [
            mistake
            for index, each in enumerate(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
            for mistake in _value_mistakes(each, item, f"{path}[{index}]")
        ]
    item = _item_struct(kind, dict)
    if item is not None and isinstance(value, dict):
        return [
            mistake
            for key, each in value.items()  # pyright: ignore[reportUnknownVariableType]
            for mistake in _value_mistakes(each, item, _join(path, str(key)))  # pyright: ignore[reportUnknownArgumentType]
        ]
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        return [Mistake(path, _plain(str(error), value))]
    return []


def _struct_in(kind: Any) -> type[Struct] | None:
    for each in _alternatives(kind):
        if isinstance(each, type) and issubclass(each, Struct):
            return each
    return None


def _item_struct(kind: Any, container: type) -> type[Struct] | None:
    for each in _alternatives(kind):
        if get_origin(each) is container:
            return _struct_in(get_args(each)[-1])
    return None


def _alternatives(kind: Any) -> tuple[Any, ...]:
    if get_origin(kind) is Annotated:
        return _alternatives(get_args(kind)[0])
    if get_origin(kind) in {Union, types.UnionType}:
        return get_args(kind)
    return (kind,)


def _plain(detail: str, value: Any) -> str:
    words = detail.split(" - at `", maxsplit=1)[0]
    return f"{words[0].lower()}{words[1:]} (it is {value!r})"


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
