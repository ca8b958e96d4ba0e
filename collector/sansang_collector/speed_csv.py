# SPDX-License-Identifier: Apache-2.0
"""How fast lines are, as rows of a sheet: the columns about speed of annex 02 of the report."""

from collections.abc import Iterable, Iterator

from sansang_collector.csv_text import Cell
from sansang_collector.language import Translation
from sansang_collector.speed_judgement import Rate
from sansang_collector.speed_report_words import verdict_word
from sansang_collector.speed_views import SiteSpeedView


def speed_rows(sites: Iterable[SiteSpeedView], translate: Translation) -> Iterator[list[Cell]]:
    """The headings, then a row a site; `≥` stands before what a line can do at the least."""
    yield [
        translate("No."),
        translate("Village"),
        translate("Site"),
        translate("Carrier"),
        translate("Package (Mb/s)"),
        translate("Median download (Mb/s)"),
        translate("Median upload (Mb/s)"),
        translate("Delay (ms)"),
        translate("Number of tests"),
        translate("Against the package"),
        translate("Target (Mb/s)"),
        translate("Against the target"),
    ]
    for number, site in enumerate(sites, 1):
        yield [
            number,
            site.village,
            translate("{name} (simulated)", name=site.name) if site.simulated else site.name,
            site.carrier,
            site.package_mbps,
            _median(site.download, translate),
            _median(site.upload, translate),
            site.idle_rtt_ms,
            site.tests,
            verdict_word(site.package, translate),
            site.target_mbps,
            verdict_word(site.target, translate),
        ]


def _median(rate: Rate | None, translate: Translation) -> Cell:
    if rate is None:
        return None
    if rate.rate_mbps is not None:
        return rate.rate_mbps.median
    return f"≥ {translate.number(rate.bounds_mbps.median, 2)}" if rate.bounds_mbps else None
