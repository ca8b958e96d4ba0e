# SPDX-License-Identifier: Apache-2.0
"""What the page of one site's IPv6 readiness shows: score, verdict, every check and what to do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple
from urllib.parse import quote

from sansang_collector.language import Translation
from sansang_collector.readiness_views import DayView, ReadinessView
from sansang_collector.web.chart import HEIGHT, Chart, Drawn
from sansang_collector.web.readiness_words import (
    MARKS,
    TONES,
    Told,
    evidence_words,
    figure,
    reasons,
    said,
    score_words,
    standing,
    told,
    verdict,
)
from sansang_collector.web.states import Line, Tone
from sansang_wire.readiness.assessment import Assessment, Check, Group
from sansang_wire.readiness.words import CHECKS, GROUPS, REQUIREMENTS

DAYS = 30
WIDTH = 1440
"""Of the box that charts are drawn in."""


class CheckRow(NamedTuple):
    """One check: how good it is, by a shape and a sign, what was found, why, and what to do."""

    tone: Tone
    mark: str
    name: str
    found: str
    why: Told | None


class CheckGroup(NamedTuple):
    """Checks that belong together, and their points: 12 of 20."""

    name: str
    points: str
    rows: list[CheckRow]


@dataclass(frozen=True, slots=True)
class ReadinessPage:
    """Everything on the page, in words. `groups` are empty for a site that was never measured."""

    title: str
    subtitle: str
    updated: str
    site: str
    simulated: bool
    standing: Line
    measured: str
    caps: list[str]
    todo: Told | None
    groups: list[CheckGroup]
    verdict: Line | None
    requirements: list[CheckRow]
    findings: list[Told]
    history: Chart | None


def build(
    view: ReadinessView, days: Sequence[DayView], now: int, translate: Translation
) -> ReadinessPage:
    """Say in words what is known; `days` are the newest of the site, oldest first."""
    found = view.assessment
    return ReadinessPage(
        title=view.name,
        subtitle=translate("IPv6 readiness"),
        updated=translate.instant(now),
        site=f"/sites/{quote(view.site, safe='')}",
        simulated=view.simulated,
        standing=standing(view, now, translate),
        measured=_measured(view, now, translate),
        caps=list(_caps(found, translate)) if found else [],
        todo=_first(found, translate) if found else None,
        groups=_groups(found, translate) if found else [],
        verdict=verdict(found, translate) if found else None,
        requirements=_requirements(found, translate) if found else [],
        findings=list(_findings(found, translate)) if found else [],
        history=_history(days, translate),
    )


def _measured(view: ReadinessView, now: int, translate: Translation) -> str:
    if view.assessment is None or view.at is None:
        return translate("No box of this site has measured IPv6 yet.")
    return translate(
        "Measured {when} by box {agent}; {coverage} of what counts is known.",
        when=translate.when(view.at, now),
        agent=view.agent,
        coverage=translate.percent(view.assessment.coverage_pct),
    )


def _caps(found: Assessment, translate: Translation) -> Iterator[str]:
    for each in found.caps:
        why = told(each.reason, {}, translate).what
        yield translate("Never above {bound}: {why}", bound=each.at, why=why)


def _first(found: Assessment, translate: Translation) -> Told | None:
    return next((each for each in reasons(found, translate) if each.todo), None)


def _groups(found: Assessment, translate: Translation) -> list[CheckGroup]:
    by_group: dict[Group, list[Check]] = {}
    for each in found.checks:
        by_group.setdefault(each.group, []).append(each)
    return [
        CheckGroup(
            said(GROUPS[group], translate),
            _points(checks, translate),
            [_check(each, translate) for each in checks],
        )
        for group, checks in by_group.items()
    ]


def _points(checks: Sequence[Check], translate: Translation) -> str:
    known = [each for each in checks if each.credit is not None]
    if not known:
        return translate("not measured")
    earned = sum(each.weight * (each.credit or 0) for each in known)
    return translate(
        "{earned} of {points} points",
        earned=figure(earned, translate),
        points=sum(each.weight for each in known),
    )


def _check(check: Check, translate: Translation) -> CheckRow:
    return CheckRow(
        tone=TONES[check.credit],
        mark=MARKS[check.credit],
        name=said(CHECKS[check.code], translate),
        found=evidence_words(check.evidence, translate)
        if check.credit is not None
        else translate("not measured"),
        why=told(check.reason, check.evidence, translate) if check.reason else None,
    )


def _requirements(found: Assessment, translate: Translation) -> list[CheckRow]:
    return [
        CheckRow(
            tone=TONES[each.met],
            mark=MARKS[each.met],
            name=said(REQUIREMENTS[each.code], translate),
            found=translate("not measured") if each.met is None else "",
            why=None,
        )
        for each in found.requirements
    ]


def _findings(found: Assessment, translate: Translation) -> Iterator[Told]:
    """What a check tells already is not told again."""
    known = {each.reason for each in found.checks}
    for each in (*found.blockers, *found.information):
        if each.reason not in known:
            yield told(each.reason, each.evidence, translate)


def _history(days: Sequence[DayView], translate: Translation) -> Chart | None:
    """The score day by day, where there is one."""
    if not days:
        return None
    last = date.fromisoformat(days[-1].day)
    first = last - timedelta(days=DAYS - 1)
    scores = {
        (date.fromisoformat(each.day) - first).days: each.score
        for each in days
        if each.score is not None
    }
    if not scores:
        return None
    newest, least, most = scores[max(scores)], min(scores.values()), max(scores.values())
    words = translate(
        "{last} (lowest {least}, highest {most})",
        last=score_words(newest, translate),
        least=translate.number(least),
        most=translate.number(most),
    )
    name = translate("Score")
    line = Drawn(name, _path(scores), words)
    ends = [f"{each:%d/%m}" for each in (first, first + (last - first) / 2, last)]
    return Chart(translate("The last 30 days"), "100", "50", ends, [line])


def _path(scores: dict[int, float]) -> str:
    """A point a day; a day without a score is a gap."""
    parts: list[str] = []
    for day, score in sorted(scores.items()):
        x, y = round((day + 0.5) * WIDTH / DAYS), f"{HEIGHT - HEIGHT * score / 100:g}"
        # As in `chart`: a line of no length is a dot.
        parts.append(f"L{x} {y}" if day - 1 in scores else f"M{x} {y}h0")
    return "".join(parts)
