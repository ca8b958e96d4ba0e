# SPDX-License-Identifier: Apache-2.0
"""Which rows are new, which change an entry of the registry and how, and which can't be taken.

A row is the entry with its id, else the one that it is by name (of a site: commune and name).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sansang_collector.language import mark
from sansang_collector.registry_entries import DAYS
from sansang_collector.settings_file import is_table
from sansang_collector.sheet.cells import LONGEST_ID
from sansang_collector.sheet.column import Sheet, Table
from sansang_collector.sheet.contact_columns import CONTACTS
from sansang_collector.sheet.read import Row, Wrong
from sansang_collector.sheet.references import resolved
from sansang_collector.sheet.site_columns import SITES
from sansang_collector.sheet.words import SheetError, slug

Entry = Mapping[str, Any]


class Change(NamedTuple):
    """One entry: which of its table (None: a new one), and the values that differ, by dotted key.

    A new one has them all.
    """

    table: Table
    at: int | None
    id: str
    name: str
    values: dict[str, Any]


@dataclass
class Plan:
    """What an import would do; nothing when something is wrong."""

    changes: list[Change] = field(default_factory=list[Change])
    unchanged: int = 0
    wrong: list[Wrong] = field(default_factory=list[Wrong])


def plan(rows: Iterable[Row], data: Mapping[str, Any]) -> Plan:
    """What these rows make of a registry as it was read, which is in order."""
    made = Plan()
    of = {sheet: [row for row in rows if row.sheet is sheet] for sheet in (SITES, CONTACTS)}
    _plan_sheet(SITES, of[SITES], data, made)
    new = [change.values for change in made.changes if change.at is None]
    # A site whose row can't be taken yet is told there, not where it is referred to.
    known = [*data.get("sites", []), *new, *(row.values for row in of[SITES])]
    contacts, wrong = resolved(of[CONTACTS], known)
    made.wrong += wrong
    _plan_sheet(CONTACTS, contacts, data, made)
    return made


def _plan_sheet(sheet: Sheet, rows: list[Row], data: Mapping[str, Any], made: Plan) -> None:
    entries: list[Entry] = data.get(sheet.table, [])
    index = _Index(sheet, entries)
    seen: dict[object, int] = {}
    taken = {*index.at, *(row.values["id"] for row in rows if "id" in row.values)}
    for row in rows:
        if row.bad & {"id", *sheet.identity}:
            continue  # told already; which entry it is can't be said
        found, error = index.match(row)
        error = error or _twice(row, found, seen)
        wrong = [row.wrong(_told_at(row), error)] if error else _lacking(row, found, entries, index)
        made.wrong += wrong
        if wrong:
            continue
        at = index.at.get(found) if found else None
        if at is None:
            name = found or new_id(sheet, row.values, taken)
            taken.add(name)
            values = {"id": name, **row.values}
            made.changes.append(Change(sheet.table, None, name, row.values["name"], values))
        elif differing := _differing(row, entries[at]):
            name = str(entries[at]["id"])
            made.changes.append(Change(sheet.table, at, name, entries[at]["name"], differing))
        else:
            made.unchanged += 1


class _Index:
    """The entries of one table: `at` by id, `named` by what they are known as."""

    def __init__(self, sheet: Sheet, entries: list[Entry]) -> None:
        self._sheet = sheet
        self.at: dict[str, int] = {entry["id"]: at for at, entry in enumerate(entries)}
        self.named: dict[tuple[str, ...], list[str]] = {}
        for entry in entries:
            if known := sheet.known_as(entry):
                self.named.setdefault(known, []).append(entry["id"])

    def match(self, row: Row) -> tuple[str | None, SheetError | None]:
        """The id that the row has or means; none when one must be made; what is wrong with it."""
        wanted: str | None = row.values.get("id")
        if wanted in self.at:
            return wanted, None
        known = self._sheet.known_as(row.values)
        namesakes = self.named.get(known, []) if known else []
        if wanted is not None and namesakes:
            text = mark("there is one of this name with the id {ids}: write that, or another name")
        elif len(namesakes) > 1:
            text = mark("several have this name, with the ids {ids}: write which one is meant")
        else:
            return wanted or next(iter(namesakes), None), None
        return None, SheetError(text, ids=", ".join(namesakes))


def _told_at(row: Row) -> str:
    return "id" if "id" in row.values else "name"


def _twice(row: Row, found: str | None, seen: dict[object, int]) -> SheetError | None:
    """Whether an earlier row is the same one, by id or by name."""
    marks = [each for each in (found, row.sheet.known_as(row.values)) if each is not None]
    earlier = next((seen[each] for each in marks if each in seen), None)
    for each in marks:
        seen.setdefault(each, row.number)
    if earlier is None:
        return None
    return SheetError(
        mark("row {row} is the same one: delete one of them, or write another name"), row=earlier
    )


def _lacking(row: Row, found: str | None, entries: list[Entry], index: _Index) -> list[Wrong]:
    """What must be there and is not, in the row or in the entry that it changes."""
    at = index.at.get(found) if found else None
    entry: Entry = {} if at is None else entries[at]
    empty = SheetError(mark("is empty, and what is new needs it: fill it in (in every merged row)"))
    wrong = [
        row.wrong(column.key, empty)
        for column in row.sheet.columns
        if at is None and column.needed and column.key not in {*row.values, *row.bad}
    ]
    written = [key.partition(".") for key in (*row.values, *row.bad)]
    hours = {*entry.get("hours", ()), *(day for table, _, day in written if table == "hours")}
    if hours and "daily" not in hours and not all(day in hours for day in DAYS):
        text = mark("is empty, and hours of Saturday or Sunday need it: fill it in")
        wrong.append(row.wrong("hours.daily", SheetError(text)))
    return wrong


def new_id(sheet: Sheet, values: Mapping[str, Any], taken: set[str]) -> str:
    """An id from what the row is known as, which nobody else has: `11824-thon-dong`."""
    whole = slug(" ".join(values[key] for key in sheet.identity), LONGEST_ID) or sheet.table
    if whole not in taken:
        return whole
    count = 2
    while (numbered := f"{slug(whole, LONGEST_ID - len(str(count)) - 1)}-{count}") in taken:
        count += 1
    return numbered


def _differing(row: Row, entry: Entry) -> dict[str, Any]:
    return {key: value for key, value in row.values.items() if value_at(entry, key) != value}


def value_at(entry: Entry, key: str) -> Any:
    """What an entry has under a dotted key; None when it has nothing there."""
    name, _, rest = key.partition(".")
    value = entry.get(name)
    return value_at(value, rest) if rest and is_table(value) else None if rest else value
