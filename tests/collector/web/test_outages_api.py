# SPDX-License-Identifier: Apache-2.0
"""The ledger as programs and spreadsheets read it."""

import csv
import io
from datetime import datetime

import msgspec
import pytest

from sansang_collector.periods import VIETNAM, reporting_quarter
from sansang_collector.views import AnswerView, AvailabilityAnswer, OutageDetail, OutageView
from tests.collector.web.conftest import Browse
from tests.fakes import (
    NOW,
    FixedSources,
    availability_view,
    outage_detail,
    outage_view,
    site_view,
)

HOUR, DAY = 3_600_000_000, 86_400_000_000


def ledger(*outages: OutageView) -> FixedSources:
    """A house with these outages."""
    return FixedSources([site_view([])], outage_details=[outage_detail(each) for each in outages])


def numbers(browse: Browse, sources: FixedSources, asked: str) -> list[int]:
    """Of the outages that were answered."""
    answer = browse(sources).get(f"/api/v1/outages{asked}")
    assert answer.status_code == 200, answer.text
    return [each.number for each in msgspec.json.decode(answer.content, type=list[OutageView])]


def at(text: str) -> int:
    """An instant in Việt Nam, in µs."""
    return int(datetime.fromisoformat(text).replace(tzinfo=VIETNAM).timestamp()) * 1_000_000


def test_outages_are_told_for_thirty_days_unless_asked_otherwise(browse: Browse) -> None:
    """What began before and lasts is there; roots and what they explain alike."""
    root = outage_view(2, service="power", start=NOW - 3 * DAY, end=NOW - 2 * DAY)
    explained = outage_view(3, start=NOW - 3 * DAY, end=NOW - 2 * DAY, root=("power", "", 5))
    sources = ledger(
        outage_view(1, start=NOW - 50 * DAY, end=NOW - 40 * DAY),
        root,
        explained,
        outage_view(4, start=NOW - 60 * DAY),
        outage_view(5, site="nvh-tay", start=NOW - DAY),
    )
    assert numbers(browse, sources, "") == [2, 3, 4, 5]
    assert numbers(browse, sources, f"?start={NOW - 45 * DAY}&end={NOW - 10 * DAY}") == [1, 4]
    assert numbers(browse, sources, f"?end={NOW - 39 * DAY}") == [1, 4]
    assert numbers(browse, sources, "?site=nvh-dong") == [2, 3, 4]


def test_an_outage_comes_with_all_that_was_said_of_it(browse: Browse) -> None:
    """As the view has it."""
    sources = ledger(outage_view(7))
    answer = browse(sources).get("/api/v1/outages/7")
    assert msgspec.json.decode(answer.content, type=OutageDetail) == sources.outage(7)


@pytest.mark.parametrize(
    ("asked", "period", "start", "end", "by"),
    [
        ("period=2026-Q4", "2026-Q4", "2026-09-15", "2026-12-15", "site"),
        ("period=2026-Q4&calendar=true", "2026-Q4", "2026-10-01", "2027-01-01", "site"),
        ("period=2026&by=carrier", "2026", "2025-12-15", "2026-12-15", "carrier"),
        ("period=2026-11&by=commune", "2026-11", "2026-11-01", "2026-12-01", "commune"),
        ("from=2026-11-01&to=2026-11-20", None, "2026-11-01", "2026-11-21", "site"),
        (f"from={at('2026-11-01')}&to=2026-11-01", None, "2026-11-01", "2026-11-02", "site"),
        (
            f"from=2026-11-01&to={at('2026-11-01T08:00')}",
            None,
            "2026-11-01",
            "2026-11-01T08:00",
            "site",
        ),
    ],
)
def test_availability_is_told_for_what_was_asked(  # noqa: PLR0917 - a row of the table
    asked: str, period: str | None, start: str, end: str, by: str, browse: Browse
) -> None:
    """Periods are those of NĐ 09/2019 or the calendar's; days are Việt Nam's, the last included."""
    sources = FixedSources(availability_views=[availability_view()])
    answer = msgspec.json.decode(
        browse(sources).get(f"/api/v1/availability?{asked}").content, type=AvailabilityAnswer
    )
    assert (answer.period, answer.start, answer.end) == (period, at(start), at(end))
    assert answer.calendar is ("calendar" in asked)
    assert answer.by == by
    assert answer.found == [availability_view()]
    assert sources.availability_asked == [((at(start), at(end)), by)]


def test_availability_is_of_the_present_quarter_unless_asked_otherwise(browse: Browse) -> None:
    """The reporting one, or the calendar's; from a day until now."""
    sources = FixedSources()
    client = browse(sources)
    quarter = reporting_quarter(NOW)
    answer = client.get("/api/v1/availability").json()
    assert (answer["period"], answer["start"], answer["end"]) == quarter
    answer = client.get("/api/v1/availability?calendar=true").json()
    assert answer["start"] <= NOW < answer["end"]
    assert answer["start"] == at(
        f"{datetime.fromtimestamp(answer['start'] / 1e6, VIETNAM):%Y-%m}-01"
    )
    answer = client.get("/api/v1/availability?from=2026-01-01").json()
    assert answer["end"] == NOW


@pytest.mark.parametrize(
    ("asked", "status", "detail"),
    [
        ("outages/8", 404, "There is no outage '8'."),
        ("outages/seven", 404, "There is no outage 'seven'."),
        ("outages/٧", 404, "There is no outage '٧'."),
        (f"outages/{10**20}", 404, f"There is no outage '{10**20}'."),
        ("outages?site=nvh-tay", 404, "There is no site 'nvh-tay'."),
        ("outages?start=now", 422, "start is a whole number of microseconds"),
        ("outages.csv?start=5&end=5", 422, "start must be before end, both in µs since the Unix"),
        ("availability?by=village", 422, "by is one of: site, carrier, commune."),
        ("availability?calendar=maybe", 422, "calendar is true or false."),
        ("availability.csv?period=2026-Q5", 422, "'2026-Q5' is not a period from 2000 to 2099:"),
        ("availability?to=2026-11-21", 422, "from is missing"),
        ("availability?from=yesterday", 422, "from is a day such as 2026-11-21, or µs since"),
        ("availability?from=2026-02-01&to=2026-02-30", 422, "to is a day such as 2026-11-21"),
        ("availability?from=2026-02-02&to=2026-02-01", 422, "from must be before to."),
        ("availability?from=2026-02-02&period=2026", 422, "Ask for a period, or for from and to"),
    ],
)
def test_what_can_not_be_answered_is_told_in_a_sentence(
    asked: str, status: int, detail: str, browse: Browse
) -> None:
    """In the language that was asked for."""
    client = browse(ledger(outage_view(7)))
    answer = client.get(f"/api/v1/{asked}", headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.json()["detail"][: len(detail)]) == (status, detail)
    answer = client.get(f"/api/v1/{asked}", headers={"Accept-Language": "vi"})
    assert answer.status_code == status
    assert answer.json()["detail"][: len(detail)] != detail


@pytest.mark.parametrize(
    "path", ["outages", "outages/1", "outages.csv", "availability", "availability.csv"]
)
def test_a_record_that_can_not_be_read_is_503_with_its_sentence(path: str, browse: Browse) -> None:
    """Metrics are there all the same, without the outages."""
    sources = ledger()
    sources.record_fault = "the record can't be read: worn out"
    client = browse(sources)
    answer = client.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.json()) == (503, {"detail": sources.record_fault})
    assert "sansang_outages_open" not in client.get("/metrics").text


def rows(text: str, delimiter: str) -> list[list[str]]:
    """A sheet as a spreadsheet of that country reads it."""
    assert text.startswith("\ufeff")
    return list(
        csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    )


SHEET = (
    outage_view(
        12,
        service="wifi",
        subject="NVH Dong",
        name="=cmd|'/C calc'!A0",
        start=at("2026-11-20T08:15"),
        end=at("2026-11-20T09:20"),
        cause="dhcp",
        told=at("2026-11-20T08:18"),
        comment="đã khởi động lại",
        answer=AnswerView(
            at=at("2026-11-20T08:20"),
            answer="repairing",
            comment="gọi thợ rồi",
            who="truong-thon",
            name="Trưởng thôn",
        ),
    ),
    outage_view(13, simulated=True, start=NOW - 90_000_000, cause=None),
    outage_view(14, site="", name="", service="area", subject="commune:11824", cause="silent"),
    outage_view(15, site="", name="", service="area", subject="carrier:VNPT", cause="from a newer"),
)


def test_outages_are_a_sheet_as_annex_04_has_them(browse: Browse) -> None:
    """As Excel in Việt Nam opens it; a name that begins like a formula is text."""
    answer = browse(ledger(*SHEET)).get(f"/api/v1/outages.csv?start=0&end={NOW + 1}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="sansang-outages.csv"' in answer.headers["content-disposition"]
    found = rows(answer.text, ";")
    assert found[0] == [
        "STT",
        "Mã sự cố",
        "Điểm đo",
        "Loại",
        "Bắt đầu",
        "Kết thúc",
        "Thời lượng (phút)",
        "Nguyên nhân",
        "Thời điểm báo",
        "Người trông coi trả lời",
        "Kết quả xử lý",
    ]
    first = found[1]
    assert first[:4] == ["1", "12", "'=cmd|'/C calc'!A0", "Wi-Fi “NVH Dong”: gián đoạn"]
    assert first[4:7] == ["20/11/2026 08:15", "20/11/2026 09:20", "65,00"]
    assert first[7:] == [
        "không cấp địa chỉ (DHCP)",
        "20/11/2026 08:18",
        "20/11/2026 08:20: đang sửa – gọi thợ rồi",
        "đã khắc phục: đã khởi động lại",
    ]
    assert found[2][2] == "Nhà văn hóa thôn Đông (mô phỏng)"
    assert found[2][5:] == ["", "1,50", "", "", "", "đang diễn ra"]
    assert [each[2] for each in found[3:]] == ["xã 11824", "nhà mạng VNPT"]


def test_the_english_sheet_has_commas_and_points(browse: Browse) -> None:
    """And its own words; a cause that only another version knows stands as it is."""
    answer = browse(ledger(*SHEET)).get(f"/api/v1/outages.csv?start=0&end={NOW + 1}&lang=en")
    found = rows(answer.text, ",")
    assert found[0][:4] == ["No.", "Outage number", "Site", "Kind"]
    assert found[1][3:] == [
        "Wi-Fi “NVH Dong”: down",
        "20/11/2026 08:15",
        "20/11/2026 09:20",
        "65.00",
        "no address given (DHCP)",
        "20/11/2026 08:18",
        "20/11/2026 08:20: it is being repaired – gọi thợ rồi",
        "is over: đã khởi động lại",
    ]
    assert [each[7] for each in found[2:]] == ["", "not known yet", "from a newer"]


def test_availability_is_a_sheet_too(browse: Browse) -> None:
    """What is not known is an empty cell."""
    nothing = availability_view(
        name="Mới", simulated=True, share=None, coverage=None, mtbf_us=None, mttr_us=None
    )
    sources = FixedSources(availability_views=[availability_view(), nothing])
    head, known, unknown = rows(browse(sources).get("/api/v1/availability.csv").text, ";")
    row = dict(zip(head, known, strict=True))
    assert (row["Tên"], row["Dịch vụ"], row["Số điểm đo"]) == (
        "Nhà văn hóa thôn Đông",
        "Internet",
        "1",
    )
    assert (row["Tỷ lệ hoạt động (%)"], row["Độ đầy đủ số liệu (%)"]) == ("99,00", "90,91")
    assert (row["Thấp nhất (%)"], row["Cao nhất (%)"]) == ("90,00", "99,09")
    assert (row["Thời gian phục vụ (giờ)"], row["Gián đoạn (giờ)"]) == ("110,00", "1,00")
    assert row["Thời gian khắc phục trung bình (giờ)"] == "0,50"
    row = dict(zip(head, unknown, strict=True))
    assert row["Tên"] == "Mới (mô phỏng)"
    assert (row["Tỷ lệ hoạt động (%)"], row["Thời gian khắc phục trung bình (giờ)"]) == ("", "")


def test_open_outages_are_counted_for_prometheus(browse: Browse) -> None:
    """By service and cause; what is over is not."""
    sources = ledger(
        outage_view(1),
        outage_view(2, site="nvh-tay"),
        outage_view(3, service="wifi", cause=None),
        outage_view(4, service="power", start=NOW - HOUR, end=NOW + 1),
    )
    lines = browse(sources).get("/metrics").text.splitlines()
    assert [line for line in lines if line.startswith("sansang_outages_open{")] == [
        'sansang_outages_open{cause="line",service="internet"} 2.0',
        'sansang_outages_open{cause="",service="wifi"} 1.0',
    ]
