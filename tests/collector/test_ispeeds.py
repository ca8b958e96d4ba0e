# SPDX-License-Identifier: Apache-2.0
"""i-Speed results that people enter: kept beside our own tests, corrected and never changed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sansang_collector.evidence_files import BYTES_AT_MOST, EvidenceFiles
from sansang_collector.hours import Span
from sansang_collector.ispeeds import ISpeeds, NewEvidence, NewISpeed
from sansang_collector.ledger_changes import RefusedChangeError
from sansang_collector.record import Record
from sansang_collector.registry import Registry
from sansang_collector.speeds import Speeds
from tests.collector.speeding import SPAN, house
from tests.fakes import NOW

EVER = Span(0, 2**62)
PICTURE = b"\x89PNG\r\n\x1a\n and so on"
REGISTRY = Registry(
    (
        house("nvh-dong", name="Nhà văn hóa thôn Đông"),
        house("nvh-xa", name="Xa", time_zone="Asia/Tokyo"),
        house("truong-1", name="Trường học"),
        house("truong-2", name="Trường học"),
    )
)


def result(**values: Any) -> NewISpeed:
    told: dict[str, Any] = {"at": "2026-11-21 09:30", "place": "nvh-dong", "line_kind": "fixed"}
    told |= {"download_mbps": 141.7, **values}
    return NewISpeed(**told)


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    """An empty one."""
    found = Record(tmp_path / "record.db")
    yield found
    found.close()


@pytest.fixture
def ispeeds(record: Record, tmp_path: Path) -> ISpeeds:
    """Over it."""
    return ISpeeds(record, lambda: REGISTRY, EvidenceFiles(tmp_path / "evidence"))


def test_a_result_is_of_a_site_or_of_a_place_in_words(ispeeds: ISpeeds) -> None:
    """A site is known by its id or its name; one name of two sites is only a name."""
    by_id = ispeeds.add(result(), NOW)
    assert (by_id.site, by_id.place, by_id.source) == ("nvh-dong", REGISTRY.sites[0].name, "ispeed")
    assert ispeeds.add(result(place=" nhà văn hóa  thôn Đông"), NOW) == by_id
    for place in ("Trường học", "Chợ  huyện"):
        entry = ispeeds.add(result(place=place), NOW)
        assert (entry.site, entry.place) == (None, " ".join(place.split()))


def test_times_are_those_of_the_clock_there(ispeeds: ISpeeds) -> None:
    """Việt Nam's where nobody knows better; what is to come was not measured."""
    assert ispeeds.add(result(), NOW).at == 1_795_228_200_000_000
    assert ispeeds.add(result(place="nvh-xa"), NOW).at == 1_795_221_000_000_000
    for at in ("2026-11-21", "2026-13-21 09:30", "1999-11-21 09:30", NOW + 1):
        with pytest.raises(RefusedChangeError):
            ispeeds.add(result(at=at), NOW)
    assert len(ispeeds.entries(EVER)) == 2


def test_the_same_result_is_entered_once(ispeeds: ISpeeds) -> None:
    """So that a sheet can be imported again; another value is another result."""
    first = ispeeds.add(result(), NOW)
    assert ispeeds.add(result(), NOW + 1) == first
    assert ispeeds.add(result(ping_ms=6.0), NOW).number != first.number


def test_a_correction_takes_the_place_and_both_are_kept(ispeeds: ISpeeds) -> None:
    """Sent again it changes nothing; what was corrected is corrected no second time."""
    wrong = ispeeds.add(result(download_mbps=1417), NOW)
    right = ispeeds.add(result(corrects=wrong.number), NOW)
    assert ispeeds.add(result(corrects=wrong.number), NOW) == right
    holding, corrected = ispeeds.entries(EVER)
    assert (holding.number, holding.corrects, holding.corrected_by) == (
        right.number,
        wrong.number,
        None,
    )
    assert (corrected.download_mbps, corrected.corrected_by) == (1417, right.number)
    for number in (wrong.number, 99):
        with pytest.raises(RefusedChangeError):
            ispeeds.add(result(download_mbps=1.0, corrects=number), NOW)
    assert len(ispeeds.entries(EVER)) == 2


def test_a_corrected_result_comes_not_back(ispeeds: ISpeeds) -> None:
    """When the sheet with the mistake is imported again."""
    wrong = ispeeds.add(result(download_mbps=1417), NOW)
    right = ispeeds.add(result(corrects=wrong.number), NOW)
    ispeeds.add(result(download_mbps=1417), NOW)
    assert [e.number for e in ispeeds.entries(EVER) if e.corrected_by is None] == [right.number]


def test_evidence_is_kept_by_its_content(ispeeds: ISpeeds, tmp_path: Path) -> None:
    """Once, and given back as it came."""
    evidence = NewEvidence(name="../a.png", content=PICTURE)
    one = ispeeds.add(result(evidence=evidence), NOW)
    two = ispeeds.add(result(evidence=evidence, ping_ms=6.0), NOW)
    assert one.evidence == two.evidence
    assert one.evidence is not None
    assert (one.evidence.media_type, one.evidence.size_bytes) == ("image/png", len(PICTURE))
    [kept] = (tmp_path / "evidence").iterdir()
    assert kept.name == one.evidence.sha256
    found = ispeeds.evidence(one.number)
    assert found is not None
    assert (found.content, found.media_type) == (PICTURE, "image/png")
    kept.write_bytes(b"another")
    assert ispeeds.evidence(one.number) is None
    assert ispeeds.evidence(99) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg onload=alert(1)>", b"PK\x03\x04", PICTURE + bytes(BYTES_AT_MOST)],
    ids=["empty", "script", "archive", "large"],
)
def test_what_is_no_picture_or_document_is_refused(
    content: bytes, ispeeds: ISpeeds, tmp_path: Path
) -> None:
    """By its bytes, whatever it is called; the result is not entered without it."""
    with pytest.raises(RefusedChangeError):
        ispeeds.add(result(evidence=NewEvidence(name="a.png", content=content)), NOW)
    assert ispeeds.entries(EVER) == []
    assert not (tmp_path / "evidence").exists()


def test_it_never_counts_among_our_own_tests(ispeeds: ISpeeds, record: Record) -> None:
    """Another method, other servers."""
    speeds = Speeds(record, lambda: REGISTRY)
    before = speeds.sites(SPAN, NOW)
    ispeeds.add(result(), NOW)
    assert speeds.sites(SPAN, NOW) == before
