# SPDX-License-Identifier: Apache-2.0
"""What an import says: to people in sentences, to programs as a document."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sansang_collector.language import Translation
from sansang_collector.sheet.importing import Imported
from sansang_collector.sheet.plan import Change
from sansang_collector.sheet.read import Place, Wrong


def document(done: Imported, translate: Translation, *, written: bool) -> dict[str, Any]:
    """All of it, for programs. Passwords stand here and nowhere else."""
    if done.wrong:
        wrong = [
            {**place._asdict(), "what": error.told(translate)} for place, error in _wrong(done)
        ]
        return {"written": False, "wrong": wrong}
    return {
        "written": written,
        "new": [_entry(each) for each in done.plan.changes if each.at is None],
        "changed": [
            {**_entry(each), "keys": list(each.values)}
            for each in done.plan.changes
            if each.at is not None
        ],
        "unchanged": done.plan.unchanged,
        "examples": done.content.examples,
        "unread": [place._asdict() for place in done.content.unread],
        "agents": [each._asdict() for each in done.passwords],
        "backup": done.backup and str(done.backup),
    }


def mistakes(file: Path, done: Imported, translate: Translation) -> tuple[str, str, list[str]]:
    """What is wrong, what to do, and everything that can't be used in the order of the file."""
    return told(file, _wrong(done), translate)


def told(file: Path, wrong: Iterable[Wrong], translate: Translation) -> tuple[str, str, list[str]]:
    """The same of these."""
    found = [f"{place_words(place, translate)}: {error.told(translate)}" for place, error in wrong]
    what = translate.plural(
        "{file}: {count} mistake", "{file}: {count} mistakes", len(found), file=file
    )
    todo = translate("Nothing was changed. Mend the file, and import it again.")
    return what, todo, found


def lines(registry: Path, done: Imported, translate: Translation, *, written: bool) -> list[str]:
    """What changes, what was left out, and the passwords of new boxes."""
    changes = done.plan.changes
    new = sum(each.at is None for each in changes)
    said = [
        translate(
            "{registry}: {new} new, {changed} changed, {unchanged} unchanged.",
            registry=registry,
            new=new,
            changed=len(changes) - new,
            unchanged=done.plan.unchanged,
        )
    ]
    for each in changes:
        keys = f": {', '.join(each.values)}" if each.at is not None else ""
        said.append(f"  {'+' if each.at is None else '~'} {each.id}  {each.name}{keys}")
    if done.content.examples:
        said.append(translate("The example rows were left out."))
    said += [
        translate(
            "Not read, for nothing here has this name: {place}", place=place_words(each, translate)
        )
        for each in done.content.unread
    ]
    if changes and not written:
        said.append(translate("Nothing was written: this was a trial."))
    if done.backup:
        said.append(translate("The registry as it was before: {path}", path=done.backup))
    return said + _handing_over(done, translate)


def _handing_over(done: Imported, translate: Translation) -> list[str]:
    """The passwords of new boxes, and what to do with them; nothing when there are none."""
    if not done.passwords:
        return []
    width = max(len(each.agent) for each in done.passwords)
    return [
        "",
        translate("Passwords of the new boxes. They are shown this once and kept nowhere:"),
        *(f"  {each.agent:{width}}  {each.password}" for each in done.passwords),
        translate(
            "Write each on its box: the id as agent in /etc/sansang/agent.toml, the password"
            " alone in /etc/sansang/broker.password."
        ),
    ]


def _wrong(done: Imported) -> list[Wrong]:
    sheets = [row.title for row in done.content.rows]
    order = {title: at for at, title in reversed(list(enumerate(sheets)))}
    found = [*done.content.wrong, *done.plan.wrong]
    return sorted(found, key=lambda each: (order.get(each.place.sheet, 0), each.place.row))


def _entry(change: Change) -> dict[str, str]:
    return {"table": change.table, "id": change.id, "name": change.name}


def place_words(place: Place, translate: Translation) -> str:
    """Sheet, row and column."""
    parts = [
        translate("sheet {name}", name=place.sheet) if place.sheet else "",
        translate("row {row}", row=place.row) if place.row else "",
        translate("column {name}", name=place.column) if place.column else "",
    ]
    return ", ".join(part for part in parts if part)
