# SPDX-License-Identifier: Apache-2.0
"""`sansang outages` and `sansang availability`, as a person runs them."""

import csv
import io
import json
import re
from datetime import datetime
from pathlib import Path

import pytest

from sansang_collector.periods import VIETNAM
from tests.collector.office import office
from tests.collector.serving import page
from tests.collector.test_cli import sansang
from tests.fakes import NOW, FixedSources, availability_view, outage_detail, outage_view, site_view

DAY = 86_400_000_000


def sources() -> FixedSources:
    """What is over, what lasts, what is simulated, and a name that is no markup."""
    outages = (
        outage_view(
            3, start=NOW - 5 * DAY, end=NOW - 5 * DAY + 65 * 60_000_000, service="wifi", subject="N"
        ),
        outage_view(4, start=NOW - DAY, simulated=True, name="[red]Tây", state="degraded"),
        outage_view(5, site="nvh-tay", start=NOW - 50 * DAY, end=NOW - 49 * DAY),
    )
    return FixedSources(
        [site_view([])],
        outage_details=[outage_detail(each) for each in outages],
        availability_views=[
            availability_view(),
            availability_view(name="Tây", simulated=True, share=None, mttr_us=None, down_us=0),
        ],
    )


def date(at: int) -> str:
    """As an option wants it."""
    return f"{datetime.fromtimestamp(at / 1e6, VIETNAM):%Y-%m-%d}"


def test_outages_are_a_table() -> None:
    """Which, where, what, since when, how long, why; what is simulated says so."""
    with page(sources()) as url:
        ran = sansang("outages", "--url", url, "--lang", "en")
        told = json.loads(sansang("outages", "--url", url, "--json").stdout)
    assert ran.returncode == 0, ran.stderr
    over, lasting = ran.stdout.splitlines()[1:]
    assert re.search(r" 3  Nhà văn hóa thôn Đông  Wi-Fi “N”: down .* 1 h 05 min +line cut", over)
    assert over.rstrip().endswith("● is over")
    assert re.search(r" 4  \[red\]Tây \(simulated\) +Internet: poor .* 1 day \d+ h", lasting)
    assert lasting.rstrip().endswith("■ still lasts")
    assert [each["number"] for each in told] == [3, 4]


def test_outages_are_of_what_was_asked() -> None:
    """A site, days, only what lasts; nothing is said in words."""
    with page(sources()) as url:

        def asked(*options: str) -> list[int]:
            ran = sansang("outages", "--url", url, "--json", *options)
            assert ran.returncode == 0, ran.stderr
            return [each["number"] for each in json.loads(ran.stdout)]

        assert asked("--open") == [4]
        assert asked("--from", date(NOW - 51 * DAY), "--to", date(NOW - 49 * DAY)) == [5]
        assert asked("--from", date(NOW - 5 * DAY), "--to", date(NOW - 5 * DAY)) == [3]
        assert asked("--site", "nvh-tay", "--from", date(NOW - 51 * DAY)) == [5]
        nothing = sansang("outages", "--url", url, "--to", "2020-01-01")
    assert (nothing.returncode, nothing.stdout.strip()) == (0, "Không có sự cố nào.")


def test_outages_are_a_sheet() -> None:
    """As the API has it, of those that were asked for."""
    with page(sources()) as url:
        ran = sansang("outages", "--url", url, "--csv", "--open")
    text = ran.stdout.removeprefix("\ufeff")
    assert text != ran.stdout
    found = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert [row[1] for row in found] == ["Mã sự cố", "4"]


def test_availability_is_a_table() -> None:
    """With its period; what is not known is not called up."""
    asked = sources()
    with page(asked) as url:
        options = ("--url", url, "--period", "2026-Q4", "--by", "carrier", "--lang", "en")
        ran = sansang("availability", *options)
        told = json.loads(sansang("availability", *options, "--calendar", "--json").stdout)
        sheet = sansang("availability", "--url", url, "--from", "2026-01-01", "--csv").stdout
    assert ran.returncode == 0, ran.stderr
    period, _, known, unknown = ran.stdout.replace("\u00a0", " ").splitlines()
    assert period == "2026-Q4: 15/09/2026 00:00 – 14/12/2026 23:59"
    assert re.search(r"Đông +Internet +99.00 % +90.91 % +1 h 00 min +2 +30 min", known)
    assert re.search(r"Tây \(simulated\) +Internet +not measured", unknown)
    assert (told["period"], told["calendar"], told["by"]) == ("2026-Q4", True, "carrier")
    assert [by for _, by in asked.availability_asked] == ["carrier", "carrier", "site"]
    assert "99,00" in sheet


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("outages", "--from", "yesterday"), 2, "--from: 'yesterday' is not a day such as"),
        (("outages", "--site", "none"), 1, "There is no site 'none'."),
        (("availability", "--period", "2026-Q7"), 2, "'2026-Q7' is not a period from 2000"),
        (("availability", "--by", "village"), 2, "village"),
    ],
)
def test_a_question_that_can_not_be_answered_is_told(
    arguments: tuple[str, ...], status: int, words: str
) -> None:
    """In a sentence, on standard error; wrong usage is status 2."""
    with page(FixedSources()) as url:
        ran = sansang(*arguments, "--url", url, "--lang", "en")
    assert (ran.returncode, ran.stdout) == (status, "")
    assert words in ran.stderr


def test_a_record_that_can_not_be_read_is_told_in_its_own_sentence() -> None:
    """The collector does answer."""
    with page(FixedSources(record_fault="the record can't be read: worn out")) as url:
        ran = sansang("outages", "--url", url, "--lang", "en")
    assert ran.returncode == 1
    assert ran.stderr.strip() == "sansang: the record can't be read: worn out"


def test_maintenance_is_declared_and_listed(tmp_path: Path) -> None:
    """Through the API, which keeps it; a refusal is a sentence."""
    day_after = date(NOW + 2 * DAY)
    window = ("--from", f"{day_after} 08:00", "--to", f"{day_after} 11:30")
    with office(tmp_path) as (status, _), page(status) as url:
        options = ("--url", url, "--lang", "en")
        nothing = sansang("maintenance", "list", *options)
        added = sansang("maintenance", "add", "--site", "nvh-xa", *window, "--note", "AP", *options)
        late = sansang(
            "maintenance",
            "add",
            "--site",
            "nvh-xa",
            "--from",
            "2020-01-01 08:00",
            *window[2:],
            *options,
        )
        told = json.loads(sansang("maintenance", "list", "--json", *options).stdout)
        listed = sansang("maintenance", "list", *options)
    assert nothing.stdout.strip() == "No maintenance was declared."
    assert added.returncode == 0, added.stderr
    day_first = "/".join(reversed(day_after.split("-")))
    row = rf"nvh-xa +Xa \(simulated\) +{day_first} 06:00 +{day_first} 09:30 +AP"
    assert re.search(row, added.stdout)
    assert listed.stdout == added.stdout
    assert late.returncode == 2
    assert "Maintenance is declared before it begins" in late.stderr
    assert [each["site"] for each in told] == ["nvh-xa"]
