# SPDX-License-Identifier: Apache-2.0
"""i-Speed results that people enter: what is taken, and what there is."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from sansang_collector import ispeed_sql
from sansang_collector.evidence_files import EvidenceFiles
from sansang_collector.hours import VIETNAM_ZONE, Span, wall_instant
from sansang_collector.ispeed_sql import Entry
from sansang_collector.ispeed_views import ISpeedView, LineKind
from sansang_collector.language import mark
from sansang_collector.ledger_changes import OFFICER, RefusedChangeError
from sansang_collector.record import Record
from sansang_collector.registry import Registry
from sansang_collector.registry_entries import Site
from sansang_collector.sheet.words import plain

FIRST_US = 946_684_800_000_000
"""2000."""

Word = Annotated[str, Meta(min_length=1, max_length=128)]
Mbps = Annotated[float, Meta(ge=0, le=100_000)]
Milliseconds = Annotated[float, Meta(ge=0, le=60_000)]


class NewEvidence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file as it is; in JSON its bytes are Base64."""

    name: Word
    content: bytes


class NewISpeed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What i-Speed showed. `at`: `2026-11-22 08:00` by the clock there, or µs. `place`: the id or
    the name of a site, else in words. `corrects`: the number of the entry whose place it takes.
    """

    at: str | int
    place: Word
    line_kind: LineKind
    carrier: Word | None = None
    server: Word | None = None
    download_mbps: Mbps
    upload_mbps: Mbps | None = None
    ping_ms: Milliseconds | None = None
    jitter_ms: Milliseconds | None = None
    who: Word = OFFICER
    evidence: NewEvidence | None = None
    corrects: int | None = None


class EvidenceFile(NamedTuple):
    """A file as it is served."""

    name: str
    media_type: str
    content: bytes


class ISpeeds:
    """Every method raises RecordUnavailableError."""

    def __init__(
        self, record: Record, registry: Callable[[], Registry], files: EvidenceFiles
    ) -> None:
        self._record = record
        self._registry = registry
        self._files = files

    def entries(self, span: Span) -> list[ISpeedView]:
        """What was measured in [start, end), the newest first; corrected ones among them."""
        with self._record.reading() as connection:
            return ispeed_sql.load_entries(connection, span)

    def add(self, new: NewISpeed, now: int) -> ISpeedView:
        """Entered; what is there already and says the same is not entered twice. `now` in µs.

        Raises RefusedChangeError.
        """
        site = self._site(new.place)
        at = _instant(new.at, ZoneInfo(site.time_zone if site else VIETNAM_ZONE), now)
        kept = self._files.keep(new.evidence.name, new.evidence.content) if new.evidence else None
        entry = Entry(
            at=at,
            site=site.id if site else None,
            place=site.name if site else _line(new.place),
            line_kind=new.line_kind,
            carrier=_line(new.carrier) if new.carrier else None,
            server=_line(new.server) if new.server else None,
            download_mbps=new.download_mbps,
            upload_mbps=new.upload_mbps,
            ping_ms=new.ping_ms,
            jitter_ms=new.jitter_ms,
            who=_line(new.who),
            evidence=kept,
            corrects=new.corrects,
        )
        with self._record.writing() as connection:
            same = ispeed_sql.find_entry(connection, entry)
            if same is not None:
                return same
            if new.corrects is not None:
                corrected = ispeed_sql.load_entry(connection, new.corrects)
                _check_corrected(new.corrects, corrected)
            return ispeed_sql.save_entry(connection, entry, now)

    def evidence(self, number: int) -> EvidenceFile | None:
        """What an entry shows; None when there is nothing."""
        with self._record.reading() as connection:
            entry = ispeed_sql.load_entry(connection, number)
        view = entry.evidence if entry else None
        content = self._files.read(view) if view else None
        return EvidenceFile(view.name, view.media_type, content) if view and content else None

    def _site(self, place: str) -> Site | None:
        """The one with this id, or the only one with this name."""
        registry = self._registry()
        wanted = plain(place).casefold()
        named = [each for each in registry.sites if plain(each.name).casefold() == wanted]
        return registry.site(place) or (named[0] if len(named) == 1 else None)


def _check_corrected(number: int, corrected: ISpeedView | None) -> None:
    """Raises RefusedChangeError."""
    if corrected is None:
        raise RefusedChangeError(mark("There is no i-Speed entry {number}."), number=number)
    if corrected.corrected_by is not None:
        raise RefusedChangeError(
            mark("Entry {number} was corrected already: correct entry {by}."),
            number=number,
            by=corrected.corrected_by,
        )


def _line(text: str) -> str:
    """On one line. Raises RefusedChangeError."""
    line = plain(text)
    if not line:
        raise RefusedChangeError(
            mark("A text without a letter was sent: write it, or leave it out.")
        )
    return line


def _instant(given: str | int, zone: ZoneInfo, now: int) -> int:
    """In µs. Raises RefusedChangeError."""
    try:
        if isinstance(given, int):
            at = given
        else:
            at = wall_instant(datetime.strptime(given, "%Y-%m-%d %H:%M"), zone)  # noqa: DTZ007 - the wall's clock
    except (ValueError, OverflowError) as error:
        raise RefusedChangeError(
            mark("{name} is a time such as 2026-11-22 08:00, or µs since the Unix epoch."),
            name="at",
        ) from error
    if not FIRST_US <= at <= now:
        raise RefusedChangeError(mark("The result is of a day before 2000, or is still to come."))
    return at
