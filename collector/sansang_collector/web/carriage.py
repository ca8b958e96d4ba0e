# SPDX-License-Identifier: Apache-2.0
"""How an agent's readings got here: what came, what is still out, lost or refused."""

from typing import NamedTuple

from sansang_collector.language import NARROW, Translation
from sansang_collector.views import AgentView, EpochView
from sansang_collector.web.reasons import REJECTED, in_words
from sansang_collector.web.states import Line

EPOCHS_SHOWN = 5


class Carriage(NamedTuple):
    """One line that sums it up, and the figures behind it."""

    summary: Line
    details: list[Line]


def carriage(agent: AgentView, translate: Translation) -> Carriage | None:
    """None for an agent that was never heard from."""
    if agent.last_seen is None:
        return None
    gone = agent.lost + agent.dropped_batches
    missing: list[str] = []
    if agent.outstanding:
        missing.append(
            translate.plural("{count} still to come", "{count} still to come", agent.outstanding)
        )
    if gone:
        missing.append(translate.plural("{count} lost", "{count} lost", gone))
    received = translate.plural("{count} batch received", "{count} batches received", agent.batches)
    state = ", ".join(missing) or translate("none missing")
    summary = Line("warn" if gone else "ok", f"{received}, {state}")
    return Carriage(summary, [*_figures(agent, translate), *_clock(agent, translate)])


def _figures(agent: AgentView, translate: Translation) -> list[Line]:
    lines = [
        Line(
            "ok",
            translate.plural("{count} reading", "{count} readings", agent.readings)
            + ", "
            + translate.plural("{count} start", "{count} starts", len(agent.epochs)),
        ),
        *(_epoch(each, translate) for each in _with_gaps(agent)),
    ]
    if agent.dropped_batches or agent.dropped_readings:
        text = translate(
            "given up by the box, its storage was full: {batches} batches, {readings} readings",
            batches=translate.number(agent.dropped_batches),
            readings=translate.number(agent.dropped_readings),
        )
        lines.append(Line("warn", text))
    for reason, count in sorted(agent.rejected.items()):
        why = in_words(reason, REJECTED, translate)
        text = translate.plural("{count} refused: {why}", "{count} refused: {why}", count, why=why)
        lines.append(Line("warn", text))
    if agent.undated:
        text = translate.plural(
            "{count} reading without a date", "{count} readings without a date", agent.undated
        )
        lines.append(Line("warn", text))
    if agent.outbox_resets:
        text = translate.plural(
            "the box began its storage anew {count} time",
            "the box began its storage anew {count} times",
            agent.outbox_resets,
        )
        lines.append(Line("warn", text))
    if agent.duplicates:
        text = translate.plural("{count} sent twice", "{count} sent twice", agent.duplicates)
        lines.append(Line("ok", text))
    return lines


def _with_gaps(agent: AgentView) -> list[EpochView]:
    gaps = [each for each in agent.epochs if each.outstanding or each.lost]
    return sorted(gaps, key=lambda each: each.last_received or 0, reverse=True)[:EPOCHS_SHOWN]


def _epoch(epoch: EpochView, translate: Translation) -> Line:
    text = translate(
        "epoch {epoch}: {received} of {all} batches here, {outstanding} to come, {lost} lost",
        epoch=epoch.epoch[:8],
        received=translate.number(epoch.received),
        all=translate.number(epoch.next - 1),
        outstanding=translate.number(epoch.outstanding),
        lost=translate.number(epoch.lost),
    )
    return Line("warn" if epoch.lost else "none", text)


def _clock(agent: AgentView, translate: Translation) -> list[Line]:
    error = ""
    if agent.clock_error_ms is not None:
        error = f" (±{translate.number(agent.clock_error_ms)}{NARROW}ms)"
    match agent.clock:
        case "kernel":
            lines = [Line("ok", translate("clock synchronised{error}", error=error))]
        case "collector":
            lines = [Line("ok", translate("clock set by the centre{error}", error=error))]
        case "none":
            lines = [Line("warn", translate("the box does not know the time yet"))]
        case _:
            lines = []
    if agent.certificate_dates_checked is False:
        text = translate("certificate checked without its dates, until the clock is right")
        lines.append(Line("warn", text))
    return lines
