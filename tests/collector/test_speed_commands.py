# SPDX-License-Identifier: Apache-2.0
"""`sansang speed` and `sansang ispeed`, as a person runs them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sansang_collector.evidence_files import EvidenceFiles
from sansang_collector.ispeeds import ISpeeds
from sansang_collector.record import Record
from sansang_collector.registry import Registry
from tests.collector.serving import page
from tests.collector.speeding import SPAN, commune_with_tests, house
from tests.collector.test_cli import sansang
from tests.fakes import FixedSources

DAYS = ("--from", "2026-10-23", "--to", "2026-11-22")
HEAD = "Ngày giờ;Địa điểm;Loại mạng;Tải xuống (Mb/s);Minh chứng"


def test_speed_is_a_table_with_the_shares(tmp_path: Path) -> None:
    """Of one site if wished; with --json every figure."""
    with commune_with_tests(tmp_path) as sources, page(sources) as url:
        assert sources.speed(SPAN)
        ran = sansang("speed", *DAYS, "--url", url, "--lang", "en")
        one = sansang("speed", *DAYS, "--url", url, "--site", "nvh-doai", "--json")
        sheet = sansang("speed", *DAYS, "--url", url, "--site", "nvh-dong", "--csv", "--lang", "vi")
        nowhere = sansang("speed", "--url", url, "--site", "bac", "--lang", "en")
    assert ran.returncode == 0, ran.stderr
    lines = [" ".join(line.split()) for line in ran.stdout.splitlines()]
    assert lines[1].startswith("nvh-dong Đông 90.0 40.0 3 ● Met ◆ Not met 22/11/2026")
    assert lines[2].startswith("nvh-doai Đoài ≥ 94.0 3 ○ Too few tests ○ Too few tests")
    assert lines[4] == (
        "Xã Vĩnh Bảo: 1 of 2 sites meet their package, 0 of 2 the target; not measured: 0"
    )
    assert json.loads(one.stdout)["figures"][0]["limited_by"] == {"port": 3}
    assert sheet.stdout.splitlines()[1].startswith("1;Thôn Đông;Đông;VNPT;100,00;90,00;40,00")
    assert (nowhere.returncode, nowhere.stderr) == (1, "sansang: There is no site 'bac'.\n")


@pytest.fixture
def sources(tmp_path: Path) -> Iterator[FixedSources]:
    """A record without results."""
    record = Record(tmp_path / "record.db")
    registry = Registry((house("nvh-dong", name="Nhà văn hóa thôn Đông"),))
    files = EvidenceFiles(tmp_path / "evidence")
    yield FixedSources(ispeeds=ISpeeds(record, lambda: registry, files))
    record.close()


def test_results_are_imported_once_and_listed(tmp_path: Path, sources: FixedSources) -> None:
    """With their evidence, however often the sheet is imported."""
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    sheet = tmp_path / "i.csv"
    rows = "20/11/2026 08:00;nvh-dong;Cố định;141,7;a.png\n20/11/2026 08:05;Chợ;Di động;70;\n"
    sheet.write_text(f"{HEAD}\n{rows}")
    with page(sources) as url:
        first = sansang("ispeed", "import", sheet, "--url", url, "--lang", "en")
        again = sansang("ispeed", "import", sheet, "--url", url, "--json")
        listed = sansang("ispeed", "list", "--period", "2026", "--url", url, "--lang", "en")
    assert (first.returncode, first.stdout) == (0, "2 results are entered.\n"), first.stderr
    assert [each["number"] for each in json.loads(again.stdout)] == [1, 2]
    lines = [" ".join(line.split()) for line in listed.stdout.splitlines()]
    assert lines[1:] == [
        "2 20/11/2026 08:05 Chợ 70.0",
        "1 20/11/2026 08:00 Nhà văn hóa thôn Đông 141.7",
    ]
    assert len(list((tmp_path / "evidence").iterdir())) == 1


def test_a_sheet_with_a_bad_row_enters_nothing(tmp_path: Path, sources: FixedSources) -> None:
    """What is wrong, where, and what to do."""
    sheet = tmp_path / "i.csv"
    sheet.write_text(f"{HEAD}\n20/11/2026 08:00;Chợ;Cố định;141,7;\n20/11/2026;Chợ;4G;nhanh;\n")
    with page(sources) as url:
        ran = sansang("ispeed", "import", sheet, "--url", url, "--lang", "en")
        listed = sansang("ispeed", "list", "--url", url, "--lang", "en")
    assert ran.returncode == 1
    assert [line.strip().partition(":")[0] for line in ran.stderr.splitlines()[1:3]] == [
        "row 3, column Ngày giờ",
        "row 3, column Tải xuống (Mb/s)",
    ]
    assert listed.stdout == "Nothing was entered for this time.\n"


def test_a_template_is_never_written_over_a_file(tmp_path: Path) -> None:
    """It may be filled in already."""
    made = sansang("ispeed", "template", tmp_path / "i.xlsx", "--lang", "en")
    assert made.returncode == 0, made.stderr
    assert sansang("ispeed", "template", tmp_path / "i.xlsx").returncode == 1
