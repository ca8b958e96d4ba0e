# SPDX-License-Identifier: Apache-2.0
"""What people add to the ledger: maintenance that they declare, notes about outages."""

from collections.abc import Callable

from sansang_collector import maintenance_sql, note_sql
from sansang_collector.hours import Span
from sansang_collector.language import mark
from sansang_collector.maintenance_sql import Maintenance
from sansang_collector.note_sql import Note
from sansang_collector.record import Record
from sansang_collector.registry import Registry
from sansang_collector.views import MaintenanceView, NoteView

OFFICER = "officer"
"""Whoever works at the machine itself."""


class RefusedChangeError(Exception):
    """Something that can't be added; `message` is a marked text, with its blanks in `values`."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values


class LedgerChanges:
    """Writes to the record. Every method raises RecordUnavailableError."""

    def __init__(self, record: Record, registry: Callable[[], Registry]) -> None:
        self._record = record
        self._registry = registry

    def maintenance(self, start: int, end: int) -> list[MaintenanceView]:
        """What was declared for any time within [start, end) (µs), in time order."""
        with self._record.reading() as connection:
            found = maintenance_sql.load_maintenance(connection, start, end)
        return [self._view(each) for each in found]

    def declare(self, site: str, span: Span, note: str, now: int) -> MaintenanceView:
        """Before it begins. Raises RefusedChangeError."""
        window = Maintenance(site, span, note, now)
        try:
            with self._record.writing() as connection:
                maintenance_sql.declare(connection, window)
        except ValueError as error:
            raise RefusedChangeError(str(error)) from error
        return self._view(window)

    def note(self, note: Note) -> NoteView:
        """By the officer or a contact of the registry. Raises RefusedChangeError."""
        known = {OFFICER, *(contact.id for contact in self._registry().contacts)}
        if note.who not in known:
            raise RefusedChangeError(mark("There is no contact {who!r}."), who=note.who)
        if note.kind == "snooze" and (note.until is None or note.until <= note.at):
            raise RefusedChangeError(mark("A snooze lasts until an instant that is to come."))
        if note.kind != "snooze" and note.until is not None:
            raise RefusedChangeError(mark("Only a snooze has an end: leave until out."))
        if note.kind == "comment" and not note.text:
            raise RefusedChangeError(mark("A comment says something: write a text."))
        with self._record.writing() as connection:
            note_sql.save_note(connection, note)
        return note_view(note)

    def _view(self, window: Maintenance) -> MaintenanceView:
        site = self._registry().site(window.site)
        return MaintenanceView(
            site=window.site,
            name=site.name if site else window.site,
            simulated=bool(site and site.simulated),
            start=window.span.start,
            end=window.span.end,
            note=window.note,
            declared=window.declared,
        )


def note_view(note: Note) -> NoteView:
    """As it is shown."""
    return NoteView(at=note.at, kind=note.kind, until=note.until, text=note.text, who=note.who)
