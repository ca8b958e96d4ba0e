# SPDX-License-Identifier: Apache-2.0
"""What a person reads on the page."""

import html
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient

import sansang_collector.web
from sansang_collector.store.base import Latest
from sansang_collector.views import CollectorView
from sansang_collector.web.sources import Sources
from sansang_collector.web.states import SHAPES
from tests import fakes
from tests.fakes import (
    NOW,
    FixedSources,
    agent_view,
    collector_view,
    epoch_view,
    host,
    link,
    reachability,
    site_view,
)

Browse = Callable[[Sources], TestClient]

MINUTE = 60_000_000
STATIC = Path(sansang_collector.web.__file__).parent / "static"


def words(page: str) -> str:
    """The text a person reads: no tags, one space between words, plain spaces before units. The
    shapes of list items are drawn by the style sheet.
    """
    for tone, shape in SHAPES.items():
        page = page.replace(f'<li class="{tone}">', f"{shape} ")
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", page))).replace("\u00a0", " ")


def read(client: TestClient, lang: str = "vi") -> str:
    answer = client.get(f"/?lang={lang}")
    assert answer.status_code == 200
    return words(answer.text)


def one_site(*readings: Latest) -> FixedSources:
    return FixedSources([site_view([agent_view(last_seen=NOW)])], readings=list(readings))


def test_when_all_is_well_a_sentence_says_so(browse: Browse) -> None:
    """With how many of how many boxes it is true for."""
    client = browse(one_site(reachability("nvh-dong", "dong-1", NOW)))
    assert "● Mọi thứ đều ổn: 1/1 thiết bị đo đang gửi số liệu." in read(client)
    assert "● All is well: 1 of 1 boxes are sending their readings." in read(client, "en")


def test_what_is_not_good_is_not_called_well(browse: Browse) -> None:
    """Nothing to do, but something is marked: the sentence says that."""
    text = read(browse(one_site(reachability("nvh-dong", "dong-1", NOW, loss_pct=20))))
    assert "■ 1/1 thiết bị đo đang gửi số liệu; chỗ chưa tốt được đánh dấu bên dưới." in text
    assert "đều ổn" not in text


def test_a_family_that_does_not_reach_the_internet_is_one_finding(browse: Browse) -> None:
    """For all its sites together: the carrier is asked once."""
    sources = FixedSources()
    for name in ("dong", "doai"):
        agent = agent_view(f"{name}-1", name, NOW)
        sources.site_views.append(site_view([agent], name, f"Thôn {name}"))
        failed = reachability(name, agent.agent, NOW, "ipv6", outcome=2, reason="no_route")
        sources.readings += [reachability(name, agent.agent, NOW), failed]
    text = read(browse(sources))
    assert "■ Đường truyền — IPv6 không ra được Internet tại 2 điểm Thôn dong, Thôn doai" in text
    assert "Điểm có Internet IPv4 2 / 2" in text
    assert "Điểm có Internet IPv6 0 / 2" in text


def test_a_registry_without_sites_says_what_to_do(browse: Browse) -> None:
    """That is not "all is well"."""
    text = read(browse(FixedSources()))
    assert "○ Chưa có điểm đo nào: hãy thêm điểm đầu tiên vào danh mục." in text
    assert "đều ổn" not in text


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (reachability("nvh-dong", "dong-1", NOW), "● IPv4 tốt (12,3 ms)"),
        (
            reachability("nvh-dong", "dong-1", NOW, "ipv6", outcome=2, reason="no_route"),
            "◆ IPv6 không tới được: không có tuyến",
        ),
        (
            reachability("nvh-dong", "dong-1", NOW, "ipv6", outcome=2, reason="brand_new"),
            "◆ IPv6 không tới được: brand_new",
        ),
        (
            reachability("nvh-dong", "dong-1", NOW, outcome=3, reason="not_permitted"),
            "○ IPv4 không đo được: thiết bị không có quyền đo",
        ),
        (
            reachability("nvh-dong", "dong-1", NOW, loss_pct=20),
            "■ IPv4 mất 20 % số gói (12,3 ms)",
        ),
        (
            link("nvh-dong", "dong-1", NOW),
            "● eth0 đang nối, 1.000 Mb/s, nhận / gửi 1,3 / 0,3 Mb/s",
        ),
        (link("nvh-dong", "dong-1", NOW, up=False), "◆ không dùng: eth0"),
        (
            host("nvh-dong", "dong-1", NOW),
            "● bộ nhớ còn 62 %, ổ đĩa còn 41 % (12,3 GB), 51 °C, đã chạy 3 ngày 4 giờ",
        ),
        (
            host("nvh-dong", "dong-1", NOW, disk_free_bytes=10**9),
            "■ bộ nhớ còn 62 %, ổ đĩa còn 3 %",
        ),
    ],
)
def test_readings_are_told_in_words(reading: Latest, expected: str, browse: Browse) -> None:
    """With a shape for how good that is, Vietnamese numbers, and the reason when there is one."""
    assert expected in read(browse(one_site(reading)))


def test_old_readings_say_when_they_were_taken(browse: Browse) -> None:
    """They lose their colour, and the family they tell of counts as not measured."""
    text = read(browse(one_site(reachability("nvh-dong", "dong-1", NOW - 20 * MINUTE))))
    assert re.search(r"Số liệu cuối, lúc \d\d/\d\d/\d{4} \d\d:\d\d:", text)
    assert "○ IPv4 tốt" in text
    assert "Điểm có Internet IPv4 0 / 1 1 điểm chưa có số liệu" in text


@pytest.mark.parametrize(
    ("agent", "state", "finding"),
    [
        (agent_view(last_seen=NOW), "● Hoạt động số liệu gần nhất", None),
        (
            agent_view(last_seen=NOW - 65 * MINUTE),
            "◆ Mất kết nối từ",
            "kiểm tra nguồn điện và dây mạng",
        ),
        (agent_view(last_seen=NOW, epochs=[]), "○ Chưa có số liệu đã kết nối, đang chờ", None),
        (agent_view(last_seen=NOW - 65 * MINUTE, status="leaving"), "○ Đã tắt từ", None),
        (agent_view(), "○ Chưa có số liệu chưa từng liên lạc", "kiểm tra thiết bị đã cắm điện"),
    ],
)
def test_an_agent_has_a_state_and_since_when(
    agent: fakes.AgentView, state: str, finding: str | None, browse: Browse
) -> None:
    """Silence is judged by batches: three minutes without one; what is wrong comes with a deed."""
    text = read(browse(FixedSources([site_view([agent])])))
    assert state in text
    assert ("Việc cần làm:" in text) is (finding is not None)
    assert finding is None or f"Việc cần làm: {finding}" in text


def test_a_metered_agent_is_not_silent_between_two_of_its_batches(browse: Browse) -> None:
    """It sends every 5 minutes: 10 minutes without a word are two batches, 20 are four."""
    agent = msgspec.structs.replace(agent_view(last_seen=NOW - 10 * MINUTE), batch_every_s=300)
    assert "● Hoạt động" in read(browse(FixedSources([site_view([agent])])))
    agent = msgspec.structs.replace(agent_view(last_seen=NOW - 20 * MINUTE), batch_every_s=300)
    assert "◆ Mất kết nối" in read(browse(FixedSources([site_view([agent])])))


def test_silence_says_since_when_and_for_how_long(browse: Browse) -> None:
    """The instant is in Việt Nam's time."""
    silent = FixedSources([site_view([agent_view(last_seen=NOW - 65 * MINUTE)])])
    assert re.search(
        r"◆ Nhà văn hóa thôn Đông — mất kết nối từ \d\d/\d\d/\d{4} \d\d:\d\d \(1 giờ 05 phút\)",
        read(browse(silent)),
    )


def test_a_site_that_is_cut_off_though_its_box_is_heard_has_no_internet(browse: Browse) -> None:
    """Every family it was measured with fails; one that works is enough to be online."""
    dead = reachability("nvh-dong", "dong-1", NOW, "ipv6", outcome=2, reason="no_answer")
    gateway = reachability("nvh-dong", "dong-1", NOW, scope="gateway")
    text = read(browse(one_site(dead, gateway)))
    assert "◆ Mất Internet" in text
    assert "nếu đèn LOS đỏ, gọi nhà mạng" in text
    text = read(browse(one_site(dead, reachability("nvh-dong", "dong-1", NOW))))
    assert "◆ Mất Internet" not in text


def test_carriage_tells_what_is_missing_and_why(browse: Browse) -> None:
    """Epochs with gaps, what the box gave up, and refusals by reason."""
    epochs = [
        epoch_view(received=118, outstanding=2, lost=1, last_received=NOW),
        epoch_view("f" * 16, received=7, last_received=NOW - MINUTE),
    ]
    agent = agent_view(
        last_seen=NOW, epochs=epochs, rejected={"unknown_kind": 3, "odd": 1}, dropped_batches=4
    )
    text = read(browse(FixedSources([site_view([agent])])))
    for expected in (
        "Đã nhận 125 lô, còn 2 lô chưa về, mất 5 lô",
        "1.500 số đo, 2 lần khởi động",
        "phiên 01234567: đã nhận 118/121 lô, chưa về 2, mất 1",
        "thiết bị phải bỏ vì hết chỗ lưu: 4 lô, 48 số đo",
        "3 bị từ chối: loại chưa biết",
        "1 bị từ chối: odd",
        "đồng hồ đã đồng bộ (±2 ms)",
    ):
        assert expected in text
    assert "ffffffff" not in text


def test_clones_and_refused_settings_are_findings(browse: Browse) -> None:
    """Each with one thing to do."""
    agent = agent_view(last_seen=NOW, cloned_at=NOW - MINUTE, config_mistakes=["probes.x: unknown"])
    text = read(browse(FixedSources([site_view([agent])])))
    assert "◆ Nhà văn hóa thôn Đông — có hai thiết bị dùng chung mã dong-1" in text
    assert "probes.x: unknown Việc cần làm: sửa mục [agents.probes] của dong-1" in text


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (collector_view(broker="refused"), "◆ Máy chủ — không kết nối được bộ chuyển tin MQTT"),
        (collector_view(store="disk full"), "◆ Máy chủ — không lưu được số liệu"),
        (collector_view(record="locked"), "◆ Máy chủ — không ghi được sổ ghi nhận"),
        (collector_view(registry="r.toml: bad"), "■ Máy chủ — vẫn dùng danh mục cũ"),
    ],
)
def test_what_is_wrong_with_the_centre_comes_first(
    view: CollectorView, expected: str, browse: Browse
) -> None:
    """Before the sites, with the cause and one thing to do."""
    sources = one_site()
    sources.collector_shown = view
    text = read(browse(sources))
    assert text.index(expected) < text.index("Các điểm đo")


def test_a_store_that_can_not_be_read_costs_the_readings_not_the_page(browse: Browse) -> None:
    """It is asked once, not once for each site."""
    sources = FixedSources(
        [site_view([agent_view(last_seen=NOW)]) for _ in range(5)], store_fault="timed out"
    )
    text = read(browse(sources))
    assert "◆ Máy chủ — không đọc được số liệu đã lưu timed out" in text
    assert sources.latest_calls == 1


def test_unregistered_agents_are_listed_with_what_to_do(browse: Browse) -> None:
    """Those that knock now, and those that the record knows from before."""
    sources = one_site()
    sources.strangers = [agent_view("cu-1", site=None, last_seen=NOW)]
    sources.collector_shown = collector_view(unregistered={"la-1": 12})
    text = read(browse(sources))
    assert "đều ổn" not in text
    assert "■ cu-1 : 0 tin ■ la-1 : 12 tin Việc cần làm: thêm vào danh mục" in text


def test_simulated_sites_say_so_beside_their_name(browse: Browse) -> None:
    """In both languages."""
    agent = agent_view(last_seen=NOW, simulated=True)
    client = browse(FixedSources([site_view([agent], simulated=True)]))
    assert "Nhà văn hóa thôn Đông mô phỏng" in read(client)
    assert "Nhà văn hóa thôn Đông simulated" in read(client, "en")


def test_hostile_names_are_text(browse: Browse) -> None:
    """From the registry, from an agent, from the broker: never markup."""
    evil = "<script>alert(1)</script>"
    agent = agent_view(last_seen=NOW, rejected={evil: 1}, config_mistakes=[evil], clock=evil)
    sources = FixedSources(
        [site_view([agent], name=evil)],
        collector_shown=collector_view(store=evil, unregistered={evil: 1}),
        readings=[
            link("nvh-dong", "dong-1", NOW, evil),
            reachability("nvh-dong", "dong-1", NOW, outcome=2, reason=evil),
        ],
    )
    answer = browse(sources).get("/")
    assert "<script>alert" not in answer.text
    assert answer.text.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 6


def test_many_silent_sites_are_one_finding(browse: Browse) -> None:
    """A power cut in a commune is one thing to ask about."""
    sites = [
        site_view([agent_view(f"a-{n}", f"a-{n}", NOW - 9 * MINUTE)], f"a-{n}", f"Thôn {n}")
        for n in range(13)
    ]
    text = read(browse(FixedSources(sites)))
    assert "◆ Nhiều điểm đo — 13 thiết bị mất kết nối Thôn 0, Thôn 1," in text
    assert "Thôn 11 … Việc cần làm: hỏi xem có mất điện" in text
    assert text.count("Việc cần làm:") == 1


@pytest.mark.parametrize("silent_for", [0, 30 * MINUTE], ids=["working", "silent"])
def test_a_commune_with_60_sites_is_below_100_kb(silent_for: int, browse: Browse) -> None:
    """All that a browser loads, uncompressed; a page for a slow mobile line."""
    seen = NOW - silent_for
    sites = [
        site_view(
            [agent_view(f"nvh-{n:02}-1", f"nvh-{n:02}", seen)],
            f"nvh-{n:02}",
            f"Nhà văn hóa thôn {n}",
            simulated=True,
        )
        for n in range(60)
    ]
    readings = [
        reading
        for site in sites
        for name in [site.site]
        for reading in (
            *(
                reachability(name, f"{name}-1", seen, family, scope)
                for family in ("ipv4", "ipv6")
                for scope in ("gateway", "domestic", "international")
            ),
            link(name, f"{name}-1", seen),
            link(name, f"{name}-1", seen, "wlan0", up=False),
            host(name, f"{name}-1", seen),
        )
    ]
    client = browse(FixedSources(sites, readings=readings))
    size = len(client.get("/").content) + sum(each.stat().st_size for each in STATIC.iterdir())
    assert size < 100_000
