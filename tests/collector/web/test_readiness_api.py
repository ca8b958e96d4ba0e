# SPDX-License-Identifier: Apache-2.0
"""IPv6 readiness as other programs get it."""

import csv
import io

import msgspec

from sansang_collector.readiness_views import GroupReadinessView, ReadinessView
from tests.collector.web.reading import Browse
from tests.collector.web.readying import ready_commune


def test_all_is_there_for_programs(browse: Browse) -> None:
    """Score, coverage, caps, verdict, checks and reasons of every site of the registry."""
    sources = ready_commune()
    answer = browse(sources).get("/api/v1/readiness")
    assert msgspec.json.decode(answer.content, type=list[ReadinessView]) == sources.readiness_views
    [_, without, *_, never] = answer.json()
    assert without["assessment"]["caps"][0] == {"reason": "no_global_address", "at": 30}
    assert never["assessment"] is None


def test_shares_are_told_with_what_they_are_of(browse: Browse) -> None:
    """By commune and by carrier."""
    client = browse(ready_commune())
    answers = {
        by: msgspec.json.decode(
            client.get(f"/api/v1/readiness/{by}").content, type=list[GroupReadinessView]
        )
        for by in ("communes", "carriers")
    }
    [commune] = answers["communes"]
    assert (commune.group, commune.capable.count, commune.capable.of) == ("11824", 3, 5)
    assert commune.capable.not_measured == 1
    assert [(each.group, each.capable.of) for each in answers["carriers"]] == [("", 1), ("VNPT", 4)]


def test_the_sheet_is_annex_03(browse: Browse) -> None:
    """Its columns, and for each site why and what to do."""
    answer = browse(ready_commune()).get("/api/v1/readiness.csv?lang=vi")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))
    heads = "STT|Cơ quan, đơn vị|Nhà mạng|Được cấp địa chỉ IPv6|Truy cập được IPv6|Ưu tiên IPv6"
    more = "Sẵn sàng thuần IPv6|Dịch vụ chưa hỗ trợ|Nguyên nhân|Hướng xử lý"
    assert rows[0] == f"{heads}|{more}".split("|")
    assert rows[1][3:7] == ["có", "có", "có", "Chưa sẵn sàng thuần IPv6"]
    assert rows[2][3:6] == ["không", "không", "không"]
    assert "Gọi nhà mạng" in rows[2][9]
    assert rows[5][3:] == ["chưa đo"] * 4 + [""] * 3
