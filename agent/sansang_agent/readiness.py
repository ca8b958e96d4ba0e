# SPDX-License-Identifier: Apache-2.0
"""Is this site ready for IPv6: everything that tells of it, measured at once, and said in lines.

History is no part of it: stability over a day is the collector's to know.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from sansang_agent.probes.base import Probe, ProbeSettings
from sansang_wire.language import Language, Translate
from sansang_wire.readiness.assessment import Assessment, Check, Evidence, ReasonCode
from sansang_wire.readiness.reasons import advice, sentence
from sansang_wire.readiness.words import CHECKS, GROUPS, LABEL, REQUIREMENTS, VERDICTS, Name
from sansang_wire.readings import AnyReading, Nat64Reading, RouterAdvertisementReading

KINDS = (
    *("addressing", "router_advertisement", "dns", "resolver", "ipv6_internet", "path_mtu"),
    *("nat64", "service", "neighbours", "traffic"),
)
MARKS: Mapping[float | None, str] = {None: "?", 0: "✗", 0.5: "~", 1: "✓"}
WITHOUT_RIGHTS = {"not_permitted", "no_helper"}
TIME_LIMIT_S = 18
"""What is not there by then is not known: a person waits."""


class Done(NamedTuple):
    """One probe has ended: with readings, or too late, or with an error."""

    kind: str
    readings: list[AnyReading]
    late: bool = False
    error: str | None = None


async def measure(
    probes: Mapping[str, Probe[ProbeSettings]], within_s: float, tell: Callable[[Done], None]
) -> list[AnyReading]:
    """Run them all at the same time; `tell` hears of each as it ends. What fails is left out."""
    readings: list[AnyReading] = []
    for ending in asyncio.as_completed([_run(*each, within_s) for each in probes.items()]):
        done = await ending
        readings += done.readings
        tell(done)
    return readings


async def _run(kind: str, probe: Probe[ProbeSettings], within_s: float) -> Done:
    try:
        async with asyncio.timeout(within_s):
            return Done(kind, list(await probe.run()))
    except TimeoutError:
        return Done(kind, [], late=True)
    except Exception as error:  # noqa: BLE001 - one probe's fault leaves the others' readings
        return Done(kind, [], error=f"{type(error).__name__}: {error}")


def progress(done: Done, translate: Translate) -> str:
    """One line for who waits."""
    if done.late:
        return translate("{kind}: not done in time, left out").format(kind=done.kind)
    if done.error:
        return translate("{kind}: failed: {error}").format(kind=done.kind, error=done.error)
    reasons = {each.reason for each in done.readings if each.outcome == "broken"}
    if done.readings and all(each.outcome == "broken" for each in done.readings):
        text = translate("{kind}: could not be measured ({reason})")
        return text.format(kind=done.kind, reason=", ".join(sorted(filter(None, reasons))))
    if lacking := _lacking(done.readings):
        text = translate("{kind}: measured in part ({reason}): the rest needs CAP_NET_RAW")
        return text.format(kind=done.kind, reason=", ".join(sorted(lacking)))
    return translate("{kind}: measured").format(kind=done.kind)


def _lacking(readings: Iterable[AnyReading]) -> set[str]:
    """Why routers or DHCP servers were not asked, where that is for want of rights."""
    told = {
        each.asking_reason
        if isinstance(each, RouterAdvertisementReading)
        else each.option_108_reason
        for each in readings
        if isinstance(each, RouterAdvertisementReading | Nat64Reading)
    }
    return {reason for reason in told if reason in WITHOUT_RIGHTS}


def lines(found: Assessment, language: Language, translate: Translate) -> Iterator[str]:
    """Each check with its evidence and what to do, then IPv6 alone, then the score.

    What to do about a reason is told once.
    """
    told: set[ReasonCode] = set()
    for group, name in GROUPS.items():
        checks = [each for each in found.checks if each.group == group]
        if checks:
            yield _said(name, language)
        for check in checks:
            yield _check(check, language)
            if check.reason and check.reason not in told:
                told.add(check.reason)
                yield from _reason(check.reason, check.evidence, language)
    yield from _ipv6_only(found, told, language)
    yield from _score(found, language, translate)


def _check(check: Check, language: Language) -> str:
    mark = MARKS[check.credit]
    values = ", ".join(f"{name} {value}" for name, value in check.evidence.items())
    return f"  {mark} {_said(CHECKS[check.code], language)}" + (f" ({values})" if values else "")


def _reason(reason: ReasonCode, evidence: Evidence, language: Language) -> Iterator[str]:
    yield f"      {sentence(reason, evidence, language)}"
    if todo := advice(reason, evidence, language):
        yield f"      → {todo}"


def _ipv6_only(
    found: Assessment, told: Collection[ReasonCode], language: Language
) -> Iterator[str]:
    yield _said(VERDICTS[found.verdict], language)
    for each in found.requirements:
        yield f"  {MARKS[each.met]} {_said(REQUIREMENTS[each.code], language)}"
    for finding in (*found.blockers, *found.information):
        if finding.reason not in told:
            yield from _reason(finding.reason, finding.evidence, language)


def _score(found: Assessment, language: Language, translate: Translate) -> Iterator[str]:
    coverage = translate("known of what counts: {coverage} %").format(
        coverage=_number(found.coverage_pct, language)
    )
    if found.score is None:
        yield translate("Too little is known for a score; {coverage}").format(coverage=coverage)
    else:
        score = _number(found.score, language)
        yield translate("Score: {score} of 100; {coverage}").format(score=score, coverage=coverage)
    for cap in found.caps:
        yield "  " + translate("Never above {bound}: {why}").format(
            bound=cap.at, why=sentence(cap.reason, {}, language)
        )
    yield _said(LABEL, language)


def _said(name: Name, language: Language) -> str:
    return name.vi if language == "vi" else name.en


def _number(value: float, language: Language) -> str:
    text = f"{value:g}"
    return text.replace(".", ",") if language == "vi" else text
