# SPDX-License-Identifier: Apache-2.0
"""Every reason that the probes' pages name has words for people."""

import re
from pathlib import Path

import pytest

from sansang_collector.language import Translation
from sansang_collector.web.reasons import JOURNEY, SPEED, SURVEY, UNREACHABLE, WIFI, in_words

PAGES = Path(__file__).parents[3] / "docs" / "probes"
SAID = re.compile(r"`(\w+)`")
CODES = ("servfail", "nxdomain", "refused", "formerr", "notimp")
"""Response codes of DNS, which the page of a journey does not spell out."""


def named(page: str) -> set[str]:
    """The reasons of a page: a column of its tables, or a point of its list."""
    found: set[str] = set()
    column = None
    for line in (PAGES / f"{page}.md").read_text().splitlines():
        cells = line.split("|")
        heads = [at for at, cell in enumerate(cells) if cell.strip().startswith("reason")]
        if len(cells) == 1:
            column = None
        elif heads:
            column = heads[0]
        elif column is not None:
            found |= set(SAID.findall(re.sub("the probe `.*?`", "", cells[column])))
        if re.match(r"- `broken` reasons", line):
            found |= set(SAID.findall(line)) - {"broken"}
    return found


@pytest.mark.parametrize(
    ("page", "known", "one"),
    [
        ("reachability", UNREACHABLE, "parameter_problem"),
        ("dns", UNREACHABLE, "format_error"),
        ("service", UNREACHABLE, "certificate_expired"),
        ("route", UNREACHABLE, "no_answer"),
        ("addressing", UNREACHABLE, "no_default_route"),
        ("router_advertisement", UNREACHABLE, "not_accepted"),
        ("neighbours", UNREACHABLE, "no_lan"),
        ("traffic", UNREACHABLE, "offloaded"),
        ("resolver", UNREACHABLE, "no_address"),
        ("nat64", UNREACHABLE, "box_routes"),
        ("ipv6_only", UNREACHABLE, "second_device_refused"),
        ("throughput", SPEED, "no_budget_file"),
        ("wifi", WIFI, "cannot_tell"),
        ("wifi_scan", JOURNEY, "radio_blocked"),
        ("wifi_journey", JOURNEY, "encrypted_otherwise"),
        ("wifi_journey", JOURNEY, "no_passphrase"),
    ],
)
def test_every_reason_has_words(page: str, known: dict[str, str], one: str) -> None:
    """In both languages."""
    reasons = named(page)
    assert one in reasons
    assert sorted(reasons - set(known)) == []
    for reason in reasons:
        english, vietnamese = (in_words(reason, known, Translation(it)) for it in ("en", "vi"))
        assert len({reason, english, vietnamese}) == 3


def test_every_reason_of_a_radio_and_of_a_name_server_has_words() -> None:
    """Those of the channel's load, and response codes of DNS on a guest's way."""
    told = set(re.findall(r"`(survey_\w+)`", (PAGES / "radio.md").read_text()))
    assert told == set(SURVEY)
    assert set(CODES) <= set(JOURNEY)


def test_a_stranger_with_the_expected_name_is_told_as_such() -> None:
    """No access point of the name is encrypted as the box was told."""
    text = in_words("encrypted_otherwise", JOURNEY, Translation("vi"))
    assert "người lạ" in text
