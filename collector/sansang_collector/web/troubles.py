# SPDX-License-Identifier: Apache-2.0
"""What the ledger says is wrong now: one finding for each cause, with what it takes along."""

from collections.abc import Collection, Iterable

from sansang_collector.language import Translation
from sansang_collector.views import OutageView, SiteView
from sansang_collector.web import evidence
from sansang_collector.web.beside import beside
from sansang_collector.web.board import Board
from sansang_collector.web.fields import word
from sansang_collector.web.findings import Finding, named
from sansang_collector.web.outage_words import (
    BLIND,
    SERVICES,
    happened,
    sentence,
    stage,
    words,
)
from sansang_collector.web.reasons import WIFI, in_words
from sansang_collector.web.states import Tone

SILENT = frozenset({"box"})


def of_site(site: SiteView, link: str, board: Board, translate: Translation) -> list[Finding]:
    """Of one site, what is down first, the longest first. While it is closed nothing is red, and
    that nobody is heard there is as it should be.
    """
    open_ = board.going_on.get(site.site, ())
    roots = [each for each in open_ if is_root(each, open_)]
    if (lost := _lost_since(site, open_)) is not None:
        others = [each for each in roots if each.service not in SILENT]
        silent = [each for each in roots if each.service in SILENT and each.start == lost]
        roots = silent[:1] + others
    shown = sorted(roots, key=lambda each: (each.state != "down", each.start))
    return [
        _finding(each, link, board, translate, alone=lost is None)
        for each in shown
        if not (each.service in SILENT and site.site in board.closed)
    ]


def is_root(view: OutageView, others: Iterable[OutageView]) -> bool:
    """Whether nothing that still lasts explains it. What is not known and was explained once is
    waited for.
    """
    if view.root is None:
        return True
    lasts = any((each.service, each.subject, each.start) == view.root for each in others)
    return not lasts and view.state != "unknown"


def _lost_since(site: SiteView, open_: Iterable[OutageView]) -> int | None:
    """Since when (µs) none of its boxes is heard; None while one is."""
    silent = {each.subject: each.start for each in open_ if each.service in SILENT}
    starts = [silent.get(each.agent) for each in site.agents]
    known = [each for each in starts if each is not None]
    return max(known) if known and len(known) == len(starts) else None


def _finding(
    view: OutageView, link: str, board: Board, translate: Translation, *, alone: bool
) -> Finding:
    """`alone`: other boxes of the site are heard."""
    failing, why = stage(view), words(view)
    todo = translate(failing.todo if failing else why.todo)
    parts = [because(view, translate)]
    if alone and view.service in SILENT:
        parts = [translate("Box {agent} sends nothing.", agent=view.subject)]
        todo = translate("check the power and the network cable of the box.")
    parts += _with_it(view, board.going_on.get(view.site, ()), translate)
    parts += _box_says(view, board, translate)
    if view.site in board.closed:
        parts.append(translate("The house is closed now."))
    return Finding(
        tone_of(view, board.closed),
        view.name,
        happened(view, board.now, translate),
        " ".join(parts),
        todo,
        link,
        "silent" if view.service in SILENT else view.service if view.state == "down" else "",
        view.start,
        beside(view, board.now, translate),
    )


def because(view: OutageView, translate: Translation) -> str:
    """Why, and by which evidence, as a sentence."""
    told = evidence.sentence(view.clues, translate)
    why = translate(words(view).what)
    return sentence(f"{why}: {told}" if told else why)


def tone_of(view: OutageView, closed: Collection[str]) -> Tone:
    """What is not known, or nobody can use now, is never red."""
    if view.state == "unknown" or view.site in closed:
        return "none"
    return "bad" if view.state == "down" and view.service != "ipv6" else "warn"


def _with_it(view: OutageView, open_: Iterable[OutageView], translate: Translation) -> list[str]:
    key = (view.service, view.subject, view.start)
    names = [
        translate(name)
        for service, name in SERVICES.items()
        if any(each.root == key and each.service == service for each in open_)
    ]
    return [translate("With it: {names}.", names=", ".join(names))] if names else []


def _box_says(view: OutageView, board: Board, translate: Translation) -> list[str]:
    if view.service != "wifi":
        return []
    for each in board.latest.get(view.site, []):
        reason = word(each.fields, "reason")
        if each.kind == "wifi" and each.labels.get("ssid") == view.subject and reason:
            return [translate("It says: {reason}.", reason=in_words(reason, WIFI, translate))]
    return []


def of_areas(
    board: Board, lost: Collection[str], translate: Translation
) -> tuple[list[Finding], set[str]]:
    """Many sites at once, and which sites that tells of. `lost`: the sites that are not heard."""
    found: list[Finding] = []
    covered: set[str] = set()
    names = {each.site: each.name for each in board.sites}
    for view in board.going_on.get("", ()):
        members = [site for site in view.clues if site in lost and site not in board.closed]
        if view.service != "area" or not members:
            continue
        covered.update(members)
        what = translate.plural(
            "contact lost at {count} site at once since {when} ({duration})",
            "contact lost at {count} sites at once since {when} ({duration})",
            len(members),
            when=translate.when(view.start, board.now),
            duration=translate.duration(board.now - view.start),
        )
        detail = sentence(named([names.get(each, each) for each in members]))
        todo = translate("ask whether the power or the carrier's network is down there.")
        where = area_name(view, board, translate)
        said = beside(view, board.now, translate)
        found.append(Finding("bad", where, what, detail, todo, beside=said))
    return found, covered


def area_name(view: OutageView, board: Board, translate: Translation) -> str:
    """What the sites of an outage have in common."""
    kind, _, name = view.subject.partition(":")
    if kind == "carrier":
        return translate("Carrier {name}", name=name)
    communes = {each.commune: each.commune_name for each in board.sites}
    return communes.get(name, translate("Many sites"))


def of_record(fault: str, translate: Translation) -> Finding:
    """The ledger can't be read."""
    what = translate("can't read its record of outages")
    todo = translate("see that the disk has room and the data folder can be written.")
    return Finding("bad", translate("The centre"), what, fault, todo)


def of_centre(board: Board, translate: Translation) -> list[Finding]:
    """That the ledger can't be read; when the centre was blind within the day."""
    here = translate("The centre")
    found: list[Finding] = []
    if board.record_fault is not None and board.collector.record is None:
        found.append(of_record(board.record_fault, translate))
    for view in board.outages:
        if view.service != "collector":
            continue
        times = {
            "start": translate.when(view.start, board.now),
            "duration": translate.duration((view.end or board.now) - view.start),
        }
        what = (
            translate("hears nobody since {start} ({duration})", **times)
            if view.end is None
            else translate("heard nobody from {start} on, for {duration}", **times)
        )
        why = sentence(translate(BLIND.get(view.subject, words(view).what)))
        detail = " ".join([why, translate("What happened meanwhile is not known.")])
        found.append(Finding("warn", here, what, detail, translate(words(view).todo)))
    return found
