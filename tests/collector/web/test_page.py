# SPDX-License-Identifier: Apache-2.0
"""What a person reads on the page of all sites."""

import re
from pathlib import Path

import msgspec
import pytest

import sansang_collector.web
from sansang_collector.store.base import Series
from sansang_collector.views import CollectorView
from sansang_collector.web.strip import SLOT_US, SLOTS, day_until
from tests import fakes
from tests.collector.web.reading import (
    MINUTE,
    SSID,
    Browse,
    held,
    one_site,
    over_time,
    read,
    wifi,
)
from tests.fakes import (
    NOW,
    FixedSources,
    agent_view,
    collector_view,
    link,
    reachability,
    site_view,
)

STATIC = Path(sansang_collector.web.__file__).parent / "static"


def test_when_all_is_well_a_sentence_says_so(browse: Browse) -> None:
    """With how many of how many boxes it is true for."""
    client = browse(one_site(reachability("nvh-dong", "dong-1", NOW)))
    assert "● Mọi thứ đều ổn: 1/1 thiết bị đo đang gửi số liệu." in read(client)
    assert "● All is well: 1 of 1 boxes are sending their readings." in read(client, lang="en")


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
    assert "Điểm có Internet IPv6 0 / 2 2 chưa có" in text
    assert text.count("■ Chưa có 12,3 ms") == 2


def test_a_registry_without_sites_says_what_to_do(browse: Browse) -> None:
    """That is not "all is well"."""
    text = read(browse(FixedSources()))
    assert "○ Chưa có điểm đo nào: hãy thêm điểm đầu tiên vào danh mục." in text
    assert "đều ổn" not in text


@pytest.mark.parametrize(
    ("agent", "state", "finding"),
    [
        (agent_view(last_seen=NOW), "● Hoạt động", None),
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
def test_a_site_has_a_state_and_since_when(
    agent: fakes.AgentView, state: str, finding: str | None, browse: Browse
) -> None:
    """Silence is judged by batches: three minutes without one; what is wrong comes with a deed."""
    text = read(browse(FixedSources([site_view([agent])])))
    assert f"Nhà văn hóa thôn Đông {state}" in text
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
        r"◆ Nhà văn hóa thôn Đông — mất kết nối từ [\d/]* ?\d\d:\d\d \(1 giờ 05 phút\)",
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
    """It is asked once, not for each kind and site."""
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
    assert "Nhà văn hóa thôn Đông simulated" in read(client, lang="en")


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
    client = browse(sources)
    for path, shown in (("/", 4), ("/sites/nvh-dong", 6)):
        answer = client.get(path)
        assert "<script>alert" not in answer.text
        assert answer.text.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= shown


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
    """All that a browser loads, uncompressed; each Wi-Fi came and went eight times in the day."""
    sources, start = FixedSources(), day_until(NOW)[0]
    for number in range(60):
        name, seen = f"nvh-{number:02}", NOW - silent_for
        agent = agent_view(f"{name}-1", name, seen, simulated=True)
        site = site_view([agent], name, f"Nhà văn hóa thôn {number}", simulated=True)
        sources.site_views.append(site)
        for family in ("ipv4", "ipv6"):
            sources.readings.append(reachability(name, agent.agent, seen, family))
        points = [(start + slot * SLOT_US, float(slot % 6 > 1)) for slot in range(SLOTS)]
        on_air = Series(name, agent.agent, {"ssid": "NVH"}, points)
        sources.series_given.setdefault(("wifi", "on_air"), []).append(on_air)
    page = browse(sources).get("/")
    assert page.text.count('<svg class="strip" viewBox="0 0 240') == 60
    assert len(page.content) + sum(each.stat().st_size for each in STATIC.iterdir()) < 100_000


def test_a_wifi_that_is_off_is_told_with_since_when_and_a_deed(browse: Browse) -> None:
    """As the evidence was judged, with what the box knows of it and whether people were told."""
    sources = one_site(wifi(on_air=False, reason="interface_down"), ssids=[SSID])
    sources.service_views = [held("down")]
    text = read(browse(sources))
    assert re.search(r"— mất Wi-Fi “NVH Dong” từ [\d/]* ?\d\d:\d\d \(1 giờ 05 phút\)", text)
    assert "Thiết bị báo: bộ phát đã tắt. Đã nhắn người phụ trách." in text
    assert "Việc cần làm: tắt, bật lại bộ phát Wi-Fi." in text
    assert "Nhà văn hóa có Wi-Fi lúc này 0 / 1 1 mất Wi-Fi" in text
    assert "◆ Mất Wi-Fi từ" in text


def test_a_wifi_that_was_lost_just_now_is_shown_before_it_is_confirmed(browse: Browse) -> None:
    """Whoever looks sees it at once: among what is wrong, at its site, and in the figures; but not
    as an outage, and nobody is sent there yet.
    """
    sources = one_site(wifi(on_air=False, reason="not_on_air"), ssids=[SSID])
    sources.service_views = [held("up", doubted=NOW - 3_000_000)]
    text = read(browse(sources))
    assert re.search(r"— Wi-Fi “NVH Dong” vừa mất lúc [\d/]* ?\d\d:\d\d, đang xác nhận", text)
    assert "Việc cần làm: chờ vài phút; nếu vẫn mất, sẽ ghi nhận là sự cố." in text
    assert "■ Wi-Fi vừa mất từ" in text
    assert "Nhà văn hóa có Wi-Fi lúc này 0 / 1 1 mất Wi-Fi" in text
    of_site = read(browse(sources), "/sites/nvh-dong")
    assert re.search(r"■ “NVH Dong” vừa mất lúc [\d/]* ?\d\d:\d\d, đang xác nhận", of_site)
    assert "“NVH Dong” is on air since" not in read(browse(sources), "/sites/nvh-dong", "en")


def test_a_single_reading_does_not_take_the_wifi_away(browse: Browse) -> None:
    """Until it is judged it counts, but nobody is sent to the site."""
    sources = one_site(wifi(on_air=False), ssids=[SSID])
    sources.service_views = [held("unknown")]
    text = read(browse(sources))
    assert "Nhà văn hóa có Wi-Fi lúc này 0 / 1" in text
    assert "● Hoạt động" in text
    assert "Việc cần làm:" not in text
    assert "■ không thấy “NVH Dong”, đang xác nhận" in read(browse(sources), "/sites/nvh-dong")


@pytest.mark.parametrize(
    "sources",
    [
        one_site(),
        one_site(ssids=[SSID]),
        one_site(wifi(on_air=None, reason="cannot_tell"), ssids=[SSID]),
        one_site(wifi(on_air=True, at=NOW - 20 * MINUTE), ssids=[SSID]),
        FixedSources([site_view([])]),
        FixedSources(
            [site_view([agent_view(last_seen=NOW - 20 * MINUTE)], ssids=[SSID])],
            readings=[wifi(on_air=True, at=NOW - 10 * MINUTE)],
            service_views=[held("up", judged=NOW - 10 * MINUTE)],
        ),
    ],
    ids=["not expected", "no reading", "can't tell", "old", "no box", "silent box"],
)
def test_what_was_not_measured_stays_in_the_denominator(
    sources: FixedSources, browse: Browse
) -> None:
    """It is neither on nor off: a house without evidence is never counted as met."""
    assert "Nhà văn hóa có Wi-Fi lúc này 0 / 1 1 chưa đo" in read(browse(sources))


def test_only_cultural_houses_count_as_such(browse: Browse) -> None:
    """An office with Wi-Fi is no house; without a house there is nothing to count."""
    office = site_view([agent_view(last_seen=NOW)], kind="office", ssids=[SSID])
    sources = FixedSources([office], readings=[wifi(on_air=True)])
    assert "Nhà văn hóa có Wi-Fi" not in read(browse(sources))
    sources.site_views.append(site_view([], "nvh-tay", "Nhà văn hóa thôn Tây"))
    assert "Nhà văn hóa có Wi-Fi lúc này 0 / 1 1 chưa đo" in read(browse(sources))


def test_the_strip_of_a_day_says_how_long_the_wifi_was_there(browse: Browse) -> None:
    """Drawn for the eye, told for the ear; what no box saw is no outage."""
    start = day_until(NOW)[0]
    shares = [1.0] * 10 + [0.0] * 2 + [0.5] * 2
    points = [(start + slot * SLOT_US, share) for slot, share in enumerate(shares)]
    sources = one_site()
    sources.series_given = {("wifi", "on_air"): [over_time({"ssid": SSID}, *points)]}
    page = browse(sources).get("/?lang=en").text
    text = "78.6\u00a0%, works 5 h 30 min, does not work 1 h 30 min, no data 1"
    assert f'aria-label="Wi-Fi, 24 hours: {text}' in page
    assert '<path class="ok" d="M0 10h50"/>' in page
    assert '<path class="bad" d="M50 10h10"/>' in page
    assert '<path class="warn" d="M60 10h10"/>' in page


def test_several_communes_stand_apart(browse: Browse) -> None:
    """Two may share a name: the code tells them apart."""
    sources = FixedSources()
    for number, code in enumerate(["11824", "02176", "11824"]):
        site = site_view([], f"nvh-{number}", f"Thôn {number}")
        sources.site_views.append(msgspec.structs.replace(site, commune=code))
    text = read(browse(sources))
    assert "Sẵn Sàng 2 xã · 3 điểm đo" in text
    assert re.search("Xã Vĩnh Bảo Thôn 0 .* Thôn 2 .* Xã Vĩnh Bảo Thôn 1 ", text)


def test_many_wifis_that_are_off_are_one_finding(browse: Browse) -> None:
    """A carrier's fault in a commune is one thing to ask about."""
    sources = FixedSources()
    for number in range(6):
        name = f"nvh-{number}"
        agent = agent_view(f"{name}-1", name, NOW)
        sources.site_views.append(site_view([agent], name, f"Thôn {number}", ssids=[SSID]))
        sources.service_views.append(msgspec.structs.replace(held("down"), site=name))
    text = read(browse(sources))
    assert "◆ Nhiều điểm đo — mất Wi-Fi tại 6 điểm Thôn 0, Thôn 1," in text
    assert text.count("Việc cần làm:") == 1
