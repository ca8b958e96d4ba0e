# SPDX-License-Identifier: Apache-2.0
"""Change the text of a registry and leave its comments, its order and its layout as they are.

tomlkit moves all entries of a table together when others stand between them, as a box does behind
its site. So the text is taken apart at its `[[headings]]`, and tomlkit sees one entry at a time.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

import tomlkit
import tomlkit.exceptions

from sansang_collector.language import mark
from sansang_collector.settings_file import is_table
from sansang_collector.sheet.plan import Change
from sansang_collector.sheet.words import SheetError

HEADING = re.compile(r"^[ \t]*\[\[[ \t]*([A-Za-z0-9_-]+)[ \t]*\]\]", re.MULTILINE)
Entry = dict[str, Any]


def changed_text(text: str, changes: Sequence[Change], boxes: Mapping[str, Entry]) -> str:
    """The registry `text` with these changes; `boxes` holds the new agent of a new site, by site.

    Raises SheetError when the text is laid out so that it can't be changed safely.
    """
    line_end = "\r\n" if "\r\n" in text else "\n"
    starts = [found.start() for found in HEADING.finditer(text)]
    parts = [text[a:b] for a, b in zip([0, *starts], [*starts, len(text)], strict=True)]
    of: dict[str, list[int]] = {}
    for at, part in enumerate(parts):
        if found := HEADING.match(part):
            of.setdefault(found[1], []).append(at)
    try:
        for change in changes:
            if change.at is not None:
                at = of[change.table][change.at]
                parts[at] = _edited(parts[at], change).replace("\r\n", "\n").replace("\n", line_end)
        if text and not text.endswith("\n"):
            parts.append(line_end)
        for table, entry in _new(changes, boxes):
            parts.append(_block(table, entry).replace("\n", line_end))
        whole = "".join(parts) if text else "".join(parts).lstrip()
        right = tomllib.loads(whole) == _expected(tomllib.loads(text), changes, boxes)
    except (tomlkit.exceptions.TOMLKitError, tomllib.TOMLDecodeError, LookupError) as error:
        raise _layout_error() from error
    if not right:
        raise _layout_error()
    return whole


def _layout_error() -> SheetError:
    return SheetError(
        mark(
            "the registry is laid out so that it can't be changed here: write each entry under a"
            " heading of its own, [[sites]]"
        )
    )


def _edited(part: str, change: Change) -> str:
    lines = part.split("\n")
    end = len(lines)
    # Blank lines and comments at the end speak of the next entry.
    while not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#"):
        end -= 1
    document: Any = tomlkit.parse("\n".join(lines[:end]) + "\n")
    entry = document[change.table][0]
    for key, value in change.values.items():
        _set(entry, key, value)
    return document.as_string() + "\n".join(lines[end:])


def _set(entry: Any, key: str, value: Any) -> None:
    name, _, rest = key.partition(".")
    if not rest:
        entry[name] = value
        return
    if name not in entry:
        entry[name] = tomlkit.inline_table()
    _set(entry[name], rest, value)


def _new(changes: Sequence[Change], boxes: Mapping[str, Entry]) -> Iterator[tuple[str, Entry]]:
    """What is new: of which table, each box behind its site."""
    for change in changes:
        if change.at is None:
            yield change.table, _nested(change.values)
            if box := boxes.get(change.id):
                yield "agents", box


def _block(table: str, entry: Entry) -> str:
    """A blank line and the entry."""
    block: Any = tomlkit.table()
    for key, value in entry.items():
        if is_table(value):
            block[key] = tomlkit.inline_table()
            block[key].update(value)
        else:
            block[key] = value
    document = tomlkit.document()
    document[table] = tomlkit.aot()
    document[table].append(block)  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
    return f"\n{document.as_string()}"


def _nested(values: Mapping[str, Any]) -> Entry:
    nested: Entry = {}
    for key, value in values.items():
        name, _, rest = key.partition(".")
        if rest:
            nested.setdefault(name, {})[rest] = value
        else:
            nested[name] = value
    return nested


def _expected(data: Entry, changes: Sequence[Change], boxes: Mapping[str, Entry]) -> Entry:
    """What the changed text must say: the guard against every surprise of a layout."""
    wanted = deepcopy(data)
    for table, entry in _new(changes, boxes):
        wanted.setdefault(table, []).append(entry)
    for change in changes:
        if change.at is None:
            continue
        entry = wanted[change.table][change.at]
        for key, value in _nested(change.values).items():
            entry[key] = {**entry.get(key, {}), **value} if is_table(value) else value
    return wanted
