# SPDX-License-Identifier: Apache-2.0
"""Speed tests as other programs get them."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from sansang_collector.speed_views import SiteSpeedDetail, SpeedAnswer, SpeedTestsAnswer
from tests.collector.speeding import SPAN, commune_with_tests
from tests.collector.web.reading import Browse
from tests.fakes import NOW, FixedSources

ASKED = f"from={SPAN.start}&to={SPAN.end}"


@pytest.fixture
def sources(tmp_path: Path) -> Iterator[FixedSources]:
    """A commune with tests."""
    with commune_with_tests(tmp_path) as found:
        yield found


def test_every_site_is_told_with_its_verdicts_and_the_shares(
    browse: Browse, sources: FixedSources
) -> None:
    """Numerator, denominator, and who was not measured; simulated sites by themselves."""
    answer = browse(sources).get(f"/api/v1/speed?{ASKED}")
    told = msgspec.json.decode(answer.content, type=SpeedAnswer)
    assert told.sites == sources.speed(SPAN)
    assert (told.start, told.end, told.rules.package_ratio) == (*SPAN, 0.8)
    real, simulated = told.communes
    assert (real.package.met, real.package.too_few, real.package.of) == (1, 1, 2)
    assert (real.target.not_met, real.target.too_few, real.target.of) == (1, 1, 2)
    assert (simulated.simulated, simulated.target.not_measured) == (True, 1)


def test_periods_are_those_of_reports(browse: Browse, sources: FixedSources) -> None:
    """The quarter of NĐ 09/2019 unless asked otherwise."""
    client = browse(sources)
    assert client.get("/api/v1/speed?period=2026-Q4").json()["start"] == 1_789_405_200_000_000
    calendar = client.get("/api/v1/speed?period=2026-Q4&calendar=true").json()
    assert (calendar["start"], calendar["calendar"]) == (1_790_787_600_000_000, True)
    assert client.get("/api/v1/speed?period=2026-Q5").status_code == 422
    assert client.get("/api/v1/sites/nvh-dong/speed?from=x&lang=en").status_code == 422


def test_one_site_is_told_group_by_group(browse: Browse, sources: FixedSources) -> None:
    """One that there is not is told in a sentence."""
    client = browse(sources)
    answer = client.get(f"/api/v1/sites/nvh-dong/speed?{ASKED}")
    told = msgspec.json.decode(answer.content, type=SiteSpeedDetail)
    assert [each.phase for each in told.figures] == ["download", "idle", "upload"]
    absent = client.get("/api/v1/sites/bac/speed?lang=en")
    assert (absent.status_code, absent.json()["detail"]) == (404, "There is no site 'bac'.")


def test_the_tests_themselves_are_told(browse: Browse, sources: FixedSources) -> None:
    """The newest first, from when to when one likes."""
    client = browse(sources)
    answer = client.get("/api/v1/sites/nvh-doai/speed/tests")
    told = msgspec.json.decode(answer.content, type=SpeedTestsAnswer)
    assert [each.reading.limited_by for each in told.tests] == ["port"] * 3
    assert told.tests[0].reading.at == NOW
    assert told.next is None
    before = client.get(f"/api/v1/sites/nvh-doai/speed/tests?end={NOW}").json()
    assert len(before["tests"]) == 2
    assert client.get("/api/v1/sites/bac/speed/tests").status_code == 404
    assert client.get("/api/v1/sites/nvh-doai/speed/tests?start=2&end=1").status_code == 422


def test_the_sheet_has_the_columns_of_annex_02(browse: Browse, sources: FixedSources) -> None:
    """A lower bound says that it is one; what nobody measured is empty."""
    answer = browse(sources).get(f"/api/v1/speed.csv?{ASKED}&lang=vi")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))
    heads = "STT|Thôn, tổ dân phố|Điểm đo|Nhà mạng|Gói cước (Mb/s)|Tải xuống trung vị (Mb/s)"
    more = "Tải lên trung vị (Mb/s)|Độ trễ (ms)|Số mẫu đo|So với gói cước|Mục tiêu (Mb/s)"
    assert rows[0] == f"{heads}|{more}|So với mục tiêu".split("|")
    dong = "1|Thôn Đông|Đông|VNPT|100,00|90,00|40,00|8,00|3|Đạt|150,00|Chưa đạt"
    assert rows[1] == dong.split("|")
    assert rows[2][5:10] == ["≥ 94,00", "", "", "3", "Chưa đủ mẫu đo"]
    assert rows[3][2:] == ["Nam (mô phỏng)", *[""] * 5, "0", "", "150,00", "Chưa có số liệu"]


def test_the_sheet_of_a_sites_tests_has_each_with_its_evidence(
    browse: Browse, sources: FixedSources
) -> None:
    """All of the period that is asked for, the newest first; no such site is told."""
    client = browse(sources)
    answer = client.get(f"/api/v1/sites/nvh-doai/speed/tests.csv?{ASKED}&lang=vi")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))
    told = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    assert [each["Kết quả (Mb/s)"] for each in told] == ["≥ 94,00"] * 3
    assert {each["Giới hạn do"] for each in told} == {"giao diện mạng của thiết bị đo"}
    assert "không rõ" in told[0]["Bằng chứng"]
    assert [each["Thời điểm"] for each in told] == sorted(
        (each["Thời điểm"] for each in told), reverse=True
    )
    assert client.get(f"/api/v1/sites/bac/speed/tests.csv?{ASKED}").status_code == 404


def test_a_record_that_can_not_be_read_is_a_fault(browse: Browse) -> None:
    """And no answer without sites."""
    answer = browse(FixedSources(record_fault="the record can't be read: broken"))
    assert answer.get("/api/v1/speed").status_code == 503
    assert answer.get("/api/v1/speed.csv").status_code == 503
