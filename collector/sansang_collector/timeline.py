# SPDX-License-Identifier: Apache-2.0
"""The ledger step by step: how much of each step each service worked in its service time."""

from collections.abc import Callable, Sequence

from sansang_collector import ledger_sql
from sansang_collector.availability import availability
from sansang_collector.closing import not_serving
from sansang_collector.hours import Span, open_spans, subtract
from sansang_collector.outages import of_site
from sansang_collector.record import Record
from sansang_collector.registry import Registry
from sansang_collector.registry_entries import Site
from sansang_collector.views import TimelineView


class Timeline:
    """Reads the ledger."""

    def __init__(self, record: Record, registry: Callable[[], Registry]) -> None:
        self._record = record
        self._registry = registry

    def take(self, site: str | None, steps: Sequence[Span], now: int) -> list[TimelineView]:
        """Of one site or of all; of a step that runs only what is over counts, and steps that lie
        ahead of `now` (µs) are left out. Raises RecordUnavailableError.
        """
        past = [Span(start, min(end, now)) for start, end in steps if start < now]
        if not past:
            return []
        asked = Span(past[0].start, past[-1].end)
        registry = self._registry()
        with self._record.reading() as connection:
            outages = ledger_sql.load(connection, *asked, site)
            away = not_serving(connection, registry, *asked)
            worked = ledger_sql.load_worked(connection)
        by_site: dict[str, list[ledger_sql.Outage]] = {}
        for each in outages:
            by_site.setdefault(each.site, []).append(each)
        found: list[TimelineView] = []
        for place in registry.sites:
            if site not in {None, place.id}:
                continue
            hours = open_spans(registry.hours(place.id), *asked)
            wanted = subtract(hours, away.get(place.id, ()))
            known = of_site(place, by_site.get(place.id, ()), worked.get(place.id, {}), asked)
            found += _of_services(place, wanted, known, past)
        return found


def _of_services(
    site: Site,
    wanted: Sequence[Span],
    services: dict[str, tuple[list[Span], list[Span]]],
    steps: Sequence[Span],
) -> list[TimelineView]:
    serving = _by_step(wanted, steps)
    found: list[TimelineView] = []
    for service, (down, unknown) in services.items():
        failed, unsure = _by_step(down, steps), _by_step(unknown, steps)
        parts = [availability(*each, ()) for each in zip(serving, failed, unsure, strict=True)]
        found.append(
            TimelineView(
                site=site.id,
                service=service,
                shares=[each.share for each in parts],
                closed=[each.service_us == 0 for each in parts],
            )
        )
    return found


def _by_step(spans: Sequence[Span], steps: Sequence[Span]) -> list[list[Span]]:
    """What of the spans lies in each step."""
    return [
        [
            Span(max(start, first), min(end, last))
            for start, end in spans
            if start < last and end > first
        ]
        for first, last in steps
    ]
