# SPDX-License-Identifier: Apache-2.0
"""What people measured with i-Speed, as rows: beside our own tests, never mixed with them."""

from collections.abc import Sequence
from typing import NamedTuple

from sansang_collector.ispeed_csv import LINE_KINDS
from sansang_collector.ispeed_views import ISpeedView
from sansang_collector.language import NARROW, Translation
from sansang_collector.ledger_changes import OFFICER


class Evidence(NamedTuple):
    """The file and its address."""

    name: str
    link: str


class ISpeedRow(NamedTuple):
    """One entry that holds."""

    number: int
    when: str
    place: str
    network: str
    download: str
    upload: str
    delay: str
    who: str
    evidence: Evidence | None
    corrects: int | None


def ispeed_rows(entries: Sequence[ISpeedView], translate: Translation) -> list[ISpeedRow]:
    """As they come; what was corrected is left out."""
    return [_row(each, translate) for each in entries if each.corrected_by is None]


def _row(entry: ISpeedView, translate: Translation) -> ISpeedRow:
    network = [translate(LINE_KINDS[entry.line_kind]), entry.carrier, entry.server]
    delay = [
        translate("ping {delay}", delay=translate.milliseconds(entry.ping_ms))
        if entry.ping_ms is not None
        else "",
        translate("jitter {delay}", delay=translate.milliseconds(entry.jitter_ms))
        if entry.jitter_ms is not None
        else "",
    ]
    evidence = entry.evidence
    return ISpeedRow(
        number=entry.number,
        when=translate.instant(entry.at),
        place=entry.place,
        network=", ".join(filter(None, network)),
        download=_as_entered(entry.download_mbps, translate),
        upload=_as_entered(entry.upload_mbps, translate) if entry.upload_mbps is not None else "",
        delay=", ".join(filter(None, delay)),
        who=translate("the officer") if entry.who == OFFICER else entry.who,
        evidence=Evidence(evidence.name, f"/api/v1/ispeed/{entry.number}/evidence")
        if evidence
        else None,
        corrects=entry.corrects,
    )


def _as_entered(rate: float, translate: Translation) -> str:
    """With no more and no fewer decimals."""
    decimals = len(f"{rate:.2f}".rstrip("0").partition(".")[2])
    return f"{translate.number(rate, decimals)}{NARROW}Mb/s"
