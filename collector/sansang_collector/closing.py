# SPDX-License-Identifier: Apache-2.0
"""When a site need not serve although its hours say so: it is worked on, or its keeper says that it
is closed today. Reckoned from what was declared, as the hours are; never stored.
"""

from collections.abc import Iterable, Mapping

from sansang_collector.answer_sql import Answer, load_answers
from sansang_collector.evidence_sql import Connection
from sansang_collector.hours import Span, union
from sansang_collector.maintenance_sql import load_maintenance
from sansang_collector.mornings import day_end
from sansang_collector.registry import Registry

DAY_US = 25 * 3_600_000_000
"""The longest there is."""


def closed_by_keepers(
    connection: Connection, registry: Registry, start: int, end: int
) -> dict[str, list[Span]]:
    """By site, when it is closed by its keeper's word within a time that touches [start, end)."""
    given: dict[str, list[Answer]] = {}
    for each in load_answers(connection, start - DAY_US, end):
        given.setdefault(each.site, []).append(each)
    return {
        site: [each for each in closings(answers, registry.hours(site).zone) if each.end > start]
        for site, answers in given.items()
    }


def not_serving(
    connection: Connection, registry: Registry, start: int, end: int
) -> Mapping[str, list[Span]]:
    """By site, when it is worked on or closed by its keeper's word, as far as that touches
    [start, end).
    """
    found = closed_by_keepers(connection, registry, start, end)
    for each in load_maintenance(connection, start, end):
        found.setdefault(each.site, []).append(each.span)
    return found


def closings(answers: Iterable[Answer], zone: str) -> list[Span]:
    """From each answer that a site is closed today until its midnight. Whatever else the same
    contact answers later on that day, about whichever outage, takes it back.
    """
    since: dict[tuple[str, int], int] = {}
    for each in sorted(answers, key=lambda each: each.at):
        midnight = day_end(zone, each.at)
        if each.answer == "closed_today":
            since.setdefault((each.contact, midnight), each.at)
        else:
            since.pop((each.contact, midnight), None)
    return union(Span(at, midnight) for (_, midnight), at in since.items())
