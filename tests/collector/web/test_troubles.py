# SPDX-License-Identifier: Apache-2.0
"""What the page says is wrong now, as the ledger has it."""

import re

import msgspec
import pytest

from sansang_collector.views import OutageDetail, SentView
from tests.collector.web.reading import (
    AGENT,
    MINUTE,
    SITE,
    SSID,
    Browse,
    held,
    one_site,
    outage,
    read,
    wifi,
)
from tests.fakes import NOW, FixedSources, agent_view, collector_view, reachability, site_view

HOUR = 60 * MINUTE
LINE = {"gateway:up": 9, "internet:down": 12}
SINCE = r"[\d/]* ?\d\d:\d\d \(1 giờ 05 phút\)"


def with_outages(*outages: OutageDetail, told: bool = False) -> FixedSources:
    """A working house with these entries of the ledger."""
    sources = one_site(ssids=[SSID])
    sources.outage_details = list(outages)
    if told:
        sources.outage_details = [reached(each) for each in outages]
    return sources


def reached(entry: OutageDetail) -> OutageDetail:
    """People were told of it five minutes ago."""
    at = NOW - 5 * MINUTE
    sent = SentView(role="keeper", channel="phone", state="sent", at=at)
    told = msgspec.structs.replace(entry.outage, told=at, sent=[sent])
    return msgspec.structs.replace(entry, outage=told)


def silent(number: int, minutes: int = 65) -> tuple[FixedSources, OutageDetail]:
    """A house whose only box is not heard, and what the ledger has of it."""
    site, agent = f"nvh-{number}", f"nvh-{number}-1"
    seen = NOW - minutes * MINUTE
    name = f"Thôn {number}"
    sources = FixedSources([site_view([agent_view(agent, site, seen)], site, name)])
    return sources, outage("box", "silent", seen, site=site, subject=agent, name=name)


def test_an_outage_says_what_since_when_why_by_what_evidence_and_what_to_do(
    browse: Browse,
) -> None:
    """And who knows of it; in both languages."""
    sources = with_outages(outage("internet", "line", clues=LINE), told=True)
    text = read(browse(sources))
    assert re.search(rf"◆ Nhà văn hóa thôn Đông — mất Internet từ {SINCE}", text)
    assert (
        "Đứt đường truyền: bộ định tuyến vẫn trả lời; không nơi nào trên Internet trả lời."
        " Việc cần làm: kiểm tra đèn LOS trên modem; nếu đỏ, gọi nhà mạng."
        " Đã báo người trông coi qua phone lúc"
    ) in text
    text = read(browse(sources), lang="en")
    assert "The access line is cut: the router answers; nothing on the Internet answers." in text


def test_what_an_outage_takes_along_is_told_with_it(browse: Browse) -> None:
    """One cause is one finding; what goes on after its cause has ended is one of its own."""
    start = NOW - 65 * MINUTE
    root = ("internet", "main", start)
    with_it = [outage("dns", "dns", root=root, number=2), outage("ipv6", "ipv6", root=root)]
    text = read(browse(with_outages(outage("internet", "line", start), *with_it)))
    assert "Kéo theo: DNS, IPv6." in text
    assert text.count("Việc cần làm:") == 1
    ended = outage("internet", "line", start, NOW - 20 * MINUTE)
    text = read(browse(with_outages(ended, *with_it)))
    assert "◆ Nhà văn hóa thôn Đông — không tra được tên miền (DNS) từ" in text
    assert "■ Nhà văn hóa thôn Đông — mất IPv6 từ" in text


def test_ipv6_that_was_lost_is_told_by_the_ledger_alone(browse: Browse) -> None:
    """That it does not reach the Internet is told of sites where it never did."""
    sources = with_outages(outage("ipv6", "ipv6", clues={"ipv6:down": 4}))
    sources.readings = [
        reachability(SITE, AGENT, NOW),
        reachability(SITE, AGENT, NOW, "ipv6", outcome=2),
    ]
    text = read(browse(sources))
    assert "■ Nhà văn hóa thôn Đông — mất IPv6 từ" in text
    assert "Đường truyền — IPv6" not in text
    sources.outage_details = []
    assert "■ Đường truyền — IPv6 không ra được Internet tại 1 điểm" in read(browse(sources))


def test_a_wifi_that_lets_nobody_in_says_at_which_stage(browse: Browse) -> None:
    """The ledger tells it once, though the service and the newest reading say it too."""
    sources = with_outages(outage("wifi", "dhcp", clues={"wifi:address": 3}), told=True)
    sources.service_views = [held("down", stage="address")]
    sources.readings = [wifi(on_air=True)]
    text = read(browse(sources))
    assert re.search(rf"— khách không vào được Wi-Fi “NVH Dong” từ {SINCE}", text)
    assert "Bộ định tuyến không cấp địa chỉ: máy khách không được cấp địa chỉ." in text
    assert text.count("Việc cần làm: tắt, bật lại bộ phát Wi-Fi.") == 1
    assert text.count("Việc cần làm:") == 1


def test_what_the_box_knows_of_its_wifi_stands_with_the_outage(browse: Browse) -> None:
    """An access point that was switched off is not a broken one."""
    sources = with_outages(outage("wifi", "access_point", clues={"wifi:down": 3}), told=True)
    sources.readings = [wifi(on_air=False, reason="interface_down")]
    text = read(browse(sources))
    assert "Thiết bị báo: bộ phát đã tắt." in text
    assert "◆ Mất Wi-Fi từ" in text


@pytest.mark.parametrize(
    ("entry", "finding", "state"),
    [
        (
            outage("internet", "loss", state="degraded", clues={"internet:lossy": 9}),
            "■ Nhà văn hóa thôn Đông — mất nhiều gói từ",
            "■ Mất nhiều gói từ",
        ),
        (
            outage("internet", "international", state="degraded"),
            "■ Nhà văn hóa thôn Đông — không vào được máy chủ nước ngoài từ",
            "■ Không vào được máy chủ nước ngoài từ",
        ),
        (
            outage("power", "power_cut", subject="mains", clues={"power:down": 2}),
            "◆ Nhà văn hóa thôn Đông — mất điện từ",
            "◆ Mất điện từ",
        ),
        (
            outage("wifi", state="unknown"),
            "○ Nhà văn hóa thôn Đông — Wi-Fi “NVH Dong”: chưa đo được từ",
            "● Hoạt động",
        ),
    ],
)
def test_how_bad_it_is_is_shown_as_a_shape(
    entry: OutageDetail, finding: str, state: str, browse: Browse
) -> None:
    """Degraded is amber; what is not known is grey, never red."""
    text = read(browse(with_outages(entry)))
    assert finding in text
    assert f"Nhà văn hóa thôn Đông {state}" in text


def test_what_is_down_the_longest_stands_first(browse: Browse) -> None:
    """Before all that is only degraded, however long that lasts."""
    sources = FixedSources()
    for number, (state, minutes) in enumerate([("down", 10), ("degraded", 900), ("down", 300)]):
        site, name = f"nvh-{number}", f"Thôn {number}"
        sources.site_views.append(site_view([agent_view(f"{site}-1", site, NOW)], site, name))
        sources.outage_details.append(
            outage(
                "internet", "line", NOW - minutes * MINUTE,
                site=site, name=name, state="down" if state == "down" else "degraded",
            )
        )  # fmt: skip
    text = read(browse(sources))
    assert re.search("Thôn 2 — .* Thôn 0 — .* Thôn 1 — ", text)


def test_a_silent_box_is_told_once(browse: Browse) -> None:
    """By the ledger when it has it, else by when its last batch came."""
    sources, entry = silent(1)
    assert read(browse(sources)).count("Thôn 1 — mất kết nối từ") == 1
    sources.outage_details = [reached(entry)]
    text = read(browse(sources))
    assert text.count("Thôn 1 — mất kết nối từ") == 1
    assert "Mất liên lạc; có thể mất điện hoặc đứt đường truyền. Việc cần làm" in text
    assert "xem còn điện không, rồi xem các đèn trên modem." in text


def test_one_silent_box_of_two_is_no_loss_of_contact(browse: Browse) -> None:
    """Its house is heard: look at the box."""
    boxes = [agent_view(AGENT, SITE, NOW - HOUR), agent_view("dong-2", SITE, NOW)]
    sources = FixedSources([site_view(boxes)])
    sources.outage_details = [outage("box", "silent", NOW - HOUR)]
    text = read(browse(sources))
    assert "Thiết bị đo dong-1 không gửi số liệu. Việc cần làm: kiểm tra nguồn điện" in text
    assert "● Hoạt động" in text


def test_many_sites_lost_at_once_are_one_finding(browse: Browse) -> None:
    """It names how many and which; who is heard again is told of by itself."""
    sources, members = FixedSources(), dict[str, int]()
    for number in range(4):
        one, entry = silent(number)
        sources.site_views += one.site_views
        sources.outage_details.append(entry)
        members[entry.outage.site] = entry.outage.start
    sources.site_views[3] = site_view([agent_view("nvh-3-1", "nvh-3", NOW)], "nvh-3", "Thôn 3")
    sources.outage_details[3] = outage("internet", "line", site="nvh-3", name="Thôn 3")
    area = outage("area", "silent", site="", subject="commune:11824", clues=members, name="")
    sources.outage_details.append(reached(area))
    text = read(browse(sources))
    assert re.search(rf"◆ Xã Vĩnh Bảo — 3 điểm mất kết nối cùng lúc từ {SINCE}", text)
    assert "Thôn 0, Thôn 1, Thôn 2. Việc cần làm" in text
    assert "◆ Thôn 3 — mất Internet từ" in text
    assert text.count("Việc cần làm:") == 2


def test_a_carrier_is_named_as_what_sites_share(browse: Browse) -> None:
    """As the registry writes it."""
    sources, entry = silent(0)
    area = outage("area", "silent", site="", subject="carrier:VNPT", clues={"nvh-0": 1}, name="")
    sources.outage_details = [entry, area]
    assert "◆ Nhà mạng VNPT — 1 điểm mất kết nối cùng lúc" in read(browse(sources))


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (None, "■ Máy chủ — không nhận được tin của điểm nào từ"),
        (NOW - HOUR, "■ Máy chủ — đã không nhận được tin của điểm nào từ"),
    ],
    ids=["still", "no more"],
)
def test_that_the_centre_was_blind_is_a_warning(
    end: int | None, expected: str, browse: Browse
) -> None:
    """For a day: what happened meanwhile is not known."""
    entry = outage(
        "collector", "centre", NOW - 2 * HOUR, end, "", subject="broker", state="unknown"
    )
    text = read(browse(with_outages(entry)))
    assert expected in text
    assert "Máy chủ không nối được bộ chuyển tin MQTT. Chưa rõ việc gì xảy ra" in text


def test_a_closed_house_is_grey_and_says_so(browse: Browse) -> None:
    """That its box is off is as it should be; what else fails can wait until it opens."""
    sources, entry = silent(1)
    sources.outage_details, sources.closed_sites = [entry], {"nvh-1"}
    text = read(browse(sources))
    assert "Thôn 1 ○ Đóng cửa từ" in text
    assert "0 / 1 1 đóng cửa" in text
    assert "Việc cần làm:" not in text
    sources.outage_details = []
    assert "Việc cần làm:" not in read(browse(sources)), "before the ledger has it"
    sources = with_outages(outage("internet", "line"))
    sources.closed_sites = {SITE}
    text = read(browse(sources))
    assert "○ Nhà văn hóa thôn Đông — mất Internet từ" in text
    assert "Hiện đang ngoài giờ mở cửa." in text
    assert "○ Mất Internet đóng cửa từ" in text
    assert "◆ Nhà văn hóa" not in text
    assert "◆ Mất Internet" not in text


def test_a_ledger_that_can_not_be_read_costs_the_outages_not_the_page(browse: Browse) -> None:
    """What the newest readings and the services say is shown; the fault is told once."""
    sources = one_site(reachability(SITE, AGENT, NOW, outcome=2))
    sources.record_fault = "database is locked"
    text = read(browse(sources))
    assert "◆ Máy chủ — không đọc được sổ sự cố database is locked" in text
    assert "◆ Nhà văn hóa thôn Đông — mất Internet " in text
    sources.collector_shown = collector_view(record="database is locked")
    text = read(browse(sources))
    assert text.count("database is locked") == 2, "once as a finding, once beside the centre"


def test_many_readers_cost_one_look_at_the_ledger(browse: Browse) -> None:
    """The board is taken once."""
    sources = with_outages(outage("internet", "line"))
    client = browse(sources)
    for lang in ("vi", "en"):
        read(client, lang=lang)
    assert sources.outage_calls == 1


def test_many_sites_without_internet_are_one_finding(browse: Browse) -> None:
    """A carrier's fault is one thing to ask about."""
    sources = FixedSources()
    for number in range(6):
        site, name = f"nvh-{number}", f"Thôn {number}"
        sources.site_views.append(site_view([agent_view(f"{site}-1", site, NOW)], site, name))
        sources.outage_details.append(outage("internet", "line", site=site, name=name))
    text = read(browse(sources))
    assert "◆ Nhiều điểm đo — mất Internet tại 6 điểm Thôn 0, Thôn 1," in text
    assert text.count("Việc cần làm:") == 1
