# SPDX-License-Identifier: Apache-2.0
"""i-Speed results as other programs enter and get them."""

import base64
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sansang_collector.evidence_files import EvidenceFiles
from sansang_collector.ispeeds import ISpeeds
from sansang_collector.record import Record
from sansang_collector.registry import Registry
from tests.collector.speeding import house
from tests.collector.web.reading import Browse
from tests.fakes import FixedSources

HEADERS = {"X-Sansang": "1"}
PICTURE = b"\xff\xd8\xff and so on"
RESULT: dict[str, Any] = {
    "at": "2026-11-21 09:30",
    "place": "nvh-dong",
    "line_kind": "fixed",
    "carrier": "VNPT",
    "server": "VNPT Hải Phòng",
    "download_mbps": 141.7,
    "upload_mbps": 92.25,
    "ping_ms": 6,
    "jitter_ms": 1.5,
    "who": "officer",
    "evidence": {"name": "i-speed.jpg", "content": base64.b64encode(PICTURE).decode()},
}
YEAR = "?period=2026"


@pytest.fixture
def sources(tmp_path: Path) -> Iterator[FixedSources]:
    """A record without entries."""
    record = Record(tmp_path / "record.db")
    registry = Registry((house("nvh-dong", name="Nhà văn hóa thôn Đông"),))
    ispeeds = ISpeeds(record, lambda: registry, EvidenceFiles(tmp_path / "evidence"))
    yield FixedSources(ispeeds=ispeeds)
    record.close()


def test_a_result_is_entered_with_its_evidence_and_corrected(
    browse: Browse, sources: FixedSources
) -> None:
    """What was corrected stays, and says by what."""
    client = browse(sources)
    entered = client.post("/api/v1/ispeed", json=RESULT, headers=HEADERS)
    assert entered.status_code == 201, entered.text
    number = entered.json()["number"]
    shown = client.get(f"/api/v1/ispeed/{number}/evidence")
    assert (shown.content, shown.headers["content-type"]) == (PICTURE, "image/jpeg")
    assert shown.headers["content-disposition"] == f'attachment; filename="i-speed-{number}.jpeg"'
    better = RESULT | {"corrects": number, "download_mbps": 114.7}
    assert client.post("/api/v1/ispeed", json=better, headers=HEADERS).status_code == 201
    told = client.get(f"/api/v1/ispeed{YEAR}").json()
    assert [(each["download_mbps"], each["corrects"], each["source"]) for each in told] == [
        (114.7, number, "ispeed"),
        (141.7, None, "ispeed"),
    ]
    assert told[1]["corrected_by"] == told[0]["number"]
    assert client.get("/api/v1/ispeed?period=2025").json() == []


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"place": " "}, "A text without a letter was sent: write it, or leave it out."),
        ({"at": "21/11/2026"}, "at is a time such as 2026-11-22 08:00, or µs since the Unix"),
        ({"download_mbps": -1}, "What was sent is not understood: "),
        ({"line_kind": "fibre"}, "What was sent is not understood: "),
        ({"corrects": 9}, "There is no i-Speed entry 9."),
        ({"evidence": {"name": "a.doc", "content": "AAAA"}}, "a.doc is no picture or document"),
        ({"source": "ours"}, "What was sent is not understood: "),
    ],
)
def test_what_can_not_be_entered_is_told_in_a_sentence(
    change: dict[str, Any], detail: str, browse: Browse, sources: FixedSources
) -> None:
    """And nothing is kept of it."""
    client = browse(sources)
    answer = client.post("/api/v1/ispeed?lang=en", json=RESULT | change, headers=HEADERS)
    assert (answer.status_code, answer.json()["detail"][: len(detail)]) == (422, detail)
    assert client.get(f"/api/v1/ispeed{YEAR}").json() == []


@pytest.mark.parametrize("number", ["1", "x", "٣", "9" * 40])
def test_evidence_that_there_is_not_is_told(
    number: str, browse: Browse, sources: FixedSources
) -> None:
    """Whatever was asked for."""
    answer = browse(sources).get(f"/api/v1/ispeed/{number}/evidence?lang=en")
    assert answer.status_code == 404
    assert answer.json()["detail"] == f"There is no evidence of an i-Speed entry {number!r}."


def test_the_sheet_is_annex_05(browse: Browse, sources: FixedSources) -> None:
    """With what holds alone."""
    client = browse(sources)
    wrong = client.post("/api/v1/ispeed", json=RESULT, headers=HEADERS).json()["number"]
    better = {**RESULT, "corrects": wrong, "download_mbps": 114.7}
    client.post("/api/v1/ispeed", json=better, headers=HEADERS)
    answer = client.get(f"/api/v1/ispeed.csv{YEAR}&lang=vi")
    head, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";")
    heads = "STT|Ngày giờ|Địa điểm|Loại mạng|Nhà mạng|Điểm đo (máy chủ)|Tải xuống (Mb/s)"
    more = "Tải lên (Mb/s)|Ping (ms)|Jitter (ms)|Người đo|Minh chứng"
    assert head == f"{heads}|{more}".split("|")
    told = "1|21/11/2026 09:30|Nhà văn hóa thôn Đông|Băng rộng cố định|VNPT|VNPT Hải Phòng"
    assert rows == [f"{told}|114,70|92,25|6,00|1,50|cán bộ|i-speed.jpg".split("|")]
