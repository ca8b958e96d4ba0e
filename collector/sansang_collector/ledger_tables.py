# SPDX-License-Identifier: Apache-2.0
"""The ledger as tables on a terminal."""

from rich.table import Table
from rich.text import Text

from sansang_collector.fleet import STYLES
from sansang_collector.language import Translation
from sansang_collector.ledger_words import (
    answer_words,
    cause_word,
    kind_words,
    place,
    result_words,
    service_word,
)
from sansang_collector.views import (
    AvailabilityAnswer,
    AvailabilityView,
    MaintenanceView,
    OutageView,
)
from sansang_collector.web.states import SHAPES, Tone

TONES: dict[str, Tone] = {"down": "bad", "degraded": "warn", "unknown": "none"}


def outages_table(found: list[OutageView], now: int, translate: Translation) -> Table:
    """One row an outage; what lasts has lasted until `now` (µs)."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    shown.add_column(translate("No."), justify="right", no_wrap=True)
    for title in (translate("Site"), translate("Kind")):
        shown.add_column(title)
    # Half a date says nothing, and a narrow terminal would cut it.
    shown.add_column(translate("Start"), min_width=len("21/11/2026 08:15"))
    shown.add_column(translate("Duration"), min_width=len("1 giờ 05 phút"))
    for title in (translate("Cause"), translate("Keeper's answer"), translate("State")):
        shown.add_column(title)
    for outage in found:
        end = now if outage.end is None else outage.end
        tone: Tone = TONES[outage.state] if outage.end is None else "ok"
        shown.add_row(
            Text(str(outage.number)),
            Text(place(outage, translate)),
            Text(kind_words(outage, translate)),
            Text(translate.instant(outage.start)),
            Text(translate.duration(end - outage.start)),
            Text(cause_word(outage.cause, translate)),
            Text(answer_words(outage, translate)),
            Text(f"{SHAPES[tone]} {result_words(outage, translate)}", style=STYLES[tone]),
        )
    return shown


def period_line(told: AvailabilityAnswer, translate: Translation) -> Text:
    """Over which time, the last minute included."""
    between = f"{translate.instant(told.start)} – {translate.instant(told.end - 1)}"
    return Text(f"{told.period}: {between}" if told.period else between)


def availability_table(found: list[AvailabilityView], translate: Translation) -> Table:
    """One row for each service of a site, carrier or commune."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for title in (translate("Name"), translate("Service")):
        shown.add_column(title)
    for title in (
        translate("Availability"),
        translate("Coverage"),
        translate("Down for"),
        translate("Outages"),
        translate("To repair"),
    ):
        shown.add_column(title, justify="right")
    for each in found:
        name = each.name
        shown.add_row(
            Text(translate("{name} (simulated)", name=name) if each.simulated else name),
            Text(service_word(each.service, translate)),
            *(_percent(share, translate) for share in (each.share, each.coverage)),
            Text(translate.duration(each.down_us) if each.down_us else ""),
            Text(translate.number(each.outages)),
            Text("" if each.mttr_us is None else translate.duration(each.mttr_us)),
        )
    return shown


def _percent(share: float | None, translate: Translation) -> Text:
    if share is None:
        return Text(translate("not measured"), style=STYLES["none"])
    return Text(translate.percent(100 * share, 2))


def maintenance_table(found: list[MaintenanceView], translate: Translation) -> Table:
    """One row a window, in Việt Nam's time."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for title in (
        translate("Site"),
        translate("Name"),
        translate("Start"),
        translate("End"),
        translate("Note"),
    ):
        shown.add_column(title)
    for each in found:
        name = each.name
        shown.add_row(
            Text(each.site),
            Text(translate("{name} (simulated)", name=name) if each.simulated else name),
            Text(translate.instant(each.start)),
            Text(translate.instant(each.end)),
            Text(each.note),
        )
    return shown
