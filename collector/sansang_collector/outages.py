# SPDX-License-Identifier: Apache-2.0
"""The ledger as people and machines ask for it: outages, what was ever said of one, availability.

Of a period only what is over counts. A service is unknown before it was first heard of, while its
site is silent, and at a site without a box; what is unknown is never up.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, get_args

from sansang_collector import ledger_sql, message_sql, note_sql
from sansang_collector.answer_sql import Answer, held, load_answers
from sansang_collector.availability import Availability, availability, merge
from sansang_collector.closing import not_serving
from sansang_collector.hours import Span, open_spans
from sansang_collector.ledger_changes import note_view
from sansang_collector.ledger_sql import Outage
from sansang_collector.message_sql import Message
from sansang_collector.note_sql import Note
from sansang_collector.record import Record
from sansang_collector.registry import Registry
from sansang_collector.registry_entries import Site
from sansang_collector.told_of import ToldOf, answers_about
from sansang_collector.told_of_sql import load_down_messages
from sansang_collector.views import (
    AnswerView,
    AvailabilityView,
    OutageDetail,
    OutageView,
    RevisionView,
    SentView,
    ToldView,
)

By = Literal["site", "carrier", "commune"]
GROUPINGS: tuple[By, ...] = get_args(By)
SERVICES = ("power", "internet", "dns", "wifi", "ipv6")
NO_CARRIER = "?"
OFF = frozenset({"silent", "switched_off", "box_power", "power_cut"})
"""What a silence of a box may be when nothing was measured of the power, whatever is said of it."""
TOLD_WITHIN_US = 3_600_000_000
"""After its end an outage is told of for so long."""


class _Aside(NamedTuple):
    """What stands elsewhere in the record about outages."""

    told_of: ToldOf
    notes: Mapping[int, Sequence[Note]]
    answers: Mapping[str, Sequence[Answer]]
    """By site, all that were ever given."""


class Ledger:
    """Reads the ledger. Every method raises RecordUnavailableError. `reach`: whom a message
    reached, and whom it is still to reach.
    """

    def __init__(
        self,
        record: Record,
        registry: Callable[[], Registry],
        reach: Callable[[Message], list[SentView]],
    ) -> None:
        self._record = record
        self._registry = registry
        self._reach = reach

    def outages(self, start: int, end: int | None, site: str | None = None) -> list[OutageView]:
        """What lasted for a while within [start, end) (µs), oldest first."""
        with self._record.reading() as connection:
            found = ledger_sql.load(connection, start, end, site)
        aside = self._aside(found)
        return [self._view(each, aside) for each in found]

    def outage(self, number: int) -> OutageDetail | None:
        """One, with its history; None when there never was one of this number."""
        with self._record.reading() as connection:
            said = ledger_sql.revisions(connection, number)
            if not said:
                return None
            last = said[-1][2]
            end = None if last.entry.end is None else last.entry.end + TOLD_WITHIN_US
            messages = message_sql.load_told_of(
                connection, last.site, last.entry.key.start - TOLD_WITHIN_US, end
            )
        aside = self._aside([last])
        return OutageDetail(
            outage=self._view(last, aside),
            revisions=[
                RevisionView(recorded=recorded, withdrawn=withdrawn, said=self._view(each))
                for recorded, withdrawn, each in said
            ],
            told=[
                ToldView(
                    made=each.made,
                    state=each.notice.state,
                    service=each.about.service,
                    sent=self._reach(each),
                )
                for each in messages
            ],
            notes=[note_view(each) for each in aside.notes.get(number, ())],
            answers=[
                self._answer_view(each)
                for each in answers_about(aside.answers.get(last.site, ()), last)
            ],
        )

    def availability(self, span: Span, by: By, now: int) -> list[AvailabilityView]:
        """Of each service, by site, carrier or commune, over what of the span is over."""
        registry = self._registry()
        asked = Span(span.start, max(span.start, min(span.end, now)))
        with self._record.reading() as connection:
            outages = ledger_sql.load(connection, asked.start, asked.end)
            away = not_serving(connection, registry, *asked)
            worked = ledger_sql.load_worked(connection)
        by_site = _by_site(outages)
        groups: dict[tuple[str, str, str], list[Availability]] = {}
        simulated: set[str] = set()
        for site in registry.sites:
            hours = open_spans(registry.hours(site.id), *asked)
            works = away.get(site.id, ())
            known = worked.get(site.id, {})
            group, name = _group(site, by)
            simulated |= {group} if site.simulated else set()
            for service, spans in of_site(site, by_site.get(site.id, ()), known, asked).items():
                found = availability(hours, spans[0], spans[1], works)
                groups.setdefault((group, name, service), []).append(found)
        return [
            _availability_view(key, len(parts), merge(parts), simulated=key[0] in simulated)
            for key, parts in groups.items()
        ]

    def _aside(self, outages: Sequence[Outage]) -> _Aside:
        numbers = [each.number for each in outages]
        first, last = min(numbers, default=0), max(numbers, default=0)
        start, end = _range(outages)
        answers: dict[str, list[Answer]] = {}
        with self._record.reading() as connection:
            # A link is good for some days after the end of what it is about.
            for each in load_answers(connection, start):
                answers.setdefault(each.site, []).append(each)
            return _Aside(
                ToldOf(load_down_messages(connection, start, end)),
                note_sql.load_notes_between(connection, first, last),
                answers,
            )

    def _view(self, outage: Outage, aside: _Aside | None = None) -> OutageView:
        site = self._registry().site(outage.site)
        key, entry = outage.entry.key, outage.entry
        notes = [note_view(each) for each in aside.notes.get(outage.number, ())] if aside else []
        comments = [each.text for each in notes if each.kind == "comment"]
        return OutageView(
            number=outage.number,
            revision=outage.revision,
            site=outage.site,
            name=site.name if site else outage.site,
            simulated=bool(site and site.simulated),
            service=key.service,
            subject=key.subject,
            state=entry.state,
            start=key.start,
            end=entry.end,
            cause=entry.cause,
            root=None
            if entry.root is None
            else (entry.root.service, entry.root.subject, entry.root.start),
            late=outage.late,
            clues=dict(entry.clues),
            told=aside and aside.told_of.first(outage),
            comment=comments[-1] if comments else None,
            notes=notes,
            answer=aside and self._last_answer(outage, aside),
            sent=self._sent(outage, aside) if aside else [],
        )

    def _sent(self, outage: Outage, aside: _Aside) -> list[SentView]:
        found = [to for each in aside.told_of.messages(outage) for to in self._reach(each)]
        return sorted(found, key=lambda each: (each.at is None, each.at or 0))

    def _last_answer(self, outage: Outage, aside: _Aside) -> AnswerView | None:
        answers = held(answers_about(aside.answers.get(outage.site, ()), outage))
        return self._answer_view(answers[-1]) if answers else None

    def _answer_view(self, answer: Answer) -> AnswerView:
        contact = self._registry().contact(answer.contact)
        return AnswerView(
            at=answer.at,
            answer=answer.answer,
            comment=answer.comment,
            who=answer.contact,
            name=contact.name if contact else answer.contact,
        )


def _range(outages: Sequence[Outage]) -> tuple[int, int | None]:
    """From the first beginning to the last end, None while one lasts."""
    start = min((each.entry.key.start for each in outages), default=0)
    ends = [each.entry.end for each in outages if each.entry.end is not None]
    return start, max(ends, default=0) if len(ends) == len(outages) else None


def _by_site(outages: Iterable[Outage]) -> dict[str, list[Outage]]:
    found: dict[str, list[Outage]] = {}
    for each in outages:
        found.setdefault(each.site, []).append(each)
    return found


def _group(site: Site, by: By) -> tuple[str, str]:
    match by:
        case "site":
            return site.id, site.name
        case "carrier":
            return site.carrier or NO_CARRIER, site.carrier or NO_CARRIER
        case "commune":
            return site.commune, site.commune_name


def of_site(
    site: Site,
    outages: Sequence[Outage],
    worked: Mapping[tuple[str, str], int],
    asked: Span,
) -> dict[str, tuple[list[Span], list[Span]]]:
    """By service, what was down and what is not known. IPv6 that never worked is not offered; a
    site without Wi-Fi to expect has none.
    """
    first = min(worked.values(), default=asked.end)
    found: dict[str, tuple[list[Span], list[Span]]] = {}
    for service in SERVICES:
        things = {subject: at for (name, subject), at in worked.items() if name == service}
        if (service == "ipv6" and not things) or (service == "wifi" and not site.ssids):
            continue
        begins = first if service == "power" else min(things.values(), default=asked.end)
        own = [each for each in outages if each.entry.key.service == service]
        begins = min([begins, *(each.entry.key.start for each in own)])
        down = [_span(each, asked) for each in own if each.entry.state == "down"]
        unknown = [_span(each, asked) for each in own if each.entry.state == "unknown"]
        if service == "power":
            unknown += [
                _span(each, asked)
                for each in outages
                if each.entry.key.service == "box" and each.entry.cause in OFF
            ]
        found[service] = down, [*unknown, Span(asked.start, max(asked.start, begins))]
    return found


def _span(outage: Outage, asked: Span) -> Span:
    end = asked.end if outage.entry.end is None else outage.entry.end
    return Span(outage.entry.key.start, max(end, outage.entry.key.start))


def _availability_view(
    key: tuple[str, str, str], sites: int, found: Availability, *, simulated: bool
) -> AvailabilityView:
    group, name, service = key
    return AvailabilityView(
        group=group,
        name=name,
        service=service,
        sites=sites,
        simulated=simulated,
        service_us=found.service_us,
        up_us=found.up_us,
        down_us=found.down_us,
        unknown_us=found.unknown_us,
        share=found.share,
        coverage=found.coverage,
        lowest=found.lowest,
        highest=found.highest,
        outages=found.outages,
        mtbf_us=found.mtbf_us,
        mttr_us=found.mttr_us,
    )
