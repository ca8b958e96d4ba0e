# SPDX-License-Identifier: Apache-2.0
"""Contacts name sites, communes and carriers as people do; the registry wants them exactly."""

from collections.abc import Iterable, Mapping
from typing import Any

from sansang_collector.language import mark
from sansang_collector.sheet.read import Row, Wrong
from sansang_collector.sheet.words import SheetError

UNKNOWN = {
    "sites": mark("there is no site “{got}”: write its id, or its name as in the list of sites"),
    "communes": mark("no site is in a commune with the code “{got}”: look at the code again"),
    "carriers": mark("no site has the carrier “{got}”: write it as in the list of sites"),
}
SEVERAL = mark("several sites have the name “{got}”: write the id of the one that is meant")


def resolved(
    contacts: Iterable[Row], sites: Iterable[Mapping[str, Any]]
) -> tuple[list[Row], list[Wrong]]:
    """The rows with what they refer to as the registry has it, and what it does not have."""
    known = _known(sites)
    rows: list[Row] = []
    wrong: list[Wrong] = []
    for row in contacts:
        values = dict(row.values)
        for key in UNKNOWN.keys() & values.keys():
            found = {each: known[key].get(_alike(each)) for each in values[key]}
            values[key] = list(
                dict.fromkeys(name for names in found.values() for name in names or ())
            )
            wrong += [
                row.wrong(key, SheetError(SEVERAL if names else UNKNOWN[key], got=each))
                for each, names in found.items()
                if names is None or len(names) > 1
            ]
        rows.append(row._replace(values=values))
    return rows, wrong


def _known(sites: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, set[str]]]:
    """For each key of a contact: what may be written, and what that is exactly.

    Of a site whose row can't be taken there is a name, and nothing that it is.
    """
    known: dict[str, dict[str, set[str]]] = {key: {} for key in UNKNOWN}
    for site in sites:
        if name := site.get("name"):
            known["sites"].setdefault(_alike(name), set())
        if own := site.get("id"):
            known["sites"].setdefault(_alike(own), set()).add(own)
            known["sites"].setdefault(_alike(site.get("name", own)), set()).add(own)
        for key, of in (("communes", "commune"), ("carriers", "carrier")):
            if value := site.get(of):
                known[key].setdefault(_alike(value), {value})
    return known


def _alike(name: str) -> str:
    return " ".join(name.casefold().split())
