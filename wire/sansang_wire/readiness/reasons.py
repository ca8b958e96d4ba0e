# SPDX-License-Identifier: Apache-2.0
"""Why a site is not ready, for an officer who is no technician: what it is, and what to do.

The one home of these texts, in both languages: the box's command, the page and the reports show the
same words. `{name}` stands for a value of the evidence.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from sansang_wire.language import Language
from sansang_wire.readiness.assessment import Evidence, ReasonCode


class Words(NamedTuple):
    """A sentence and what to do, in Vietnamese and in English; nothing to do: empty."""

    vi: str
    vi_do: str
    en: str
    en_do: str


REASONS: Mapping[ReasonCode, Words] = MappingProxyType(
    {
        "no_link_local": Words(
            "Thiết bị đo không có địa chỉ IPv6 nào, kể cả địa chỉ trong mạng nội bộ.",
            "Kiểm tra dây mạng của thiết bị đo; nếu vẫn vậy, nhờ người lắp đặt bật IPv6 trên"
            " thiết bị.",
            "The box has no IPv6 address at all, not even one of its own network.",
            "Check the box's network cable; if it stays so, ask who installed it to switch IPv6"
            " on.",
        ),
        "dad_failed": Words(
            "Có địa chỉ IPv6 bị trùng với máy khác, hoặc còn đang được kiểm tra.",
            "Đo lại sau một phút; nếu vẫn trùng, tắt rồi bật lại modem, sau đó tìm máy được đặt"
            " địa chỉ IPv6 bằng tay.",
            "An IPv6 address is used by another device, too, or is still being checked.",
            "Measure again in a minute; if it stays, restart the modem, then look for a device"
            " whose IPv6 address was set by hand.",
        ),
        "ra_missing": Words(
            "Modem không phát thông tin IPv6 cho các máy trong mạng.",
            "Modem chưa bật IPv6: gọi nhà mạng đề nghị bật IPv6 cho đường truyền và trên modem.",
            "The modem announces no IPv6 to the devices of the site.",
            "IPv6 is not switched on in the modem: call the carrier and ask for IPv6 on the line"
            " and in the modem.",
        ),
        "ra_invalid": Words(
            "Thông tin IPv6 phát ra trong mạng bị sai.",
            "Gọi nhà mạng đề nghị nâng cấp phần mềm hoặc đổi modem.",
            "What is announced of IPv6 in the network is malformed.",
            "Call the carrier and ask for a newer firmware or another modem.",
        ),
        "router_lifetime_zero": Words(
            "Modem phát thông tin IPv6 nhưng báo rằng nó không có đường ra Internet.",
            "Tắt rồi bật lại modem; nếu vẫn vậy, gọi nhà mạng: đường truyền chưa được cấp IPv6.",
            "The modem announces IPv6, and says that it has no way to the Internet.",
            "Restart the modem; if it stays so, call the carrier: the line was given no IPv6.",
        ),
        "no_global_address": Words(
            "Thiết bị đo không được cấp địa chỉ IPv6 của Internet.",
            "Gọi nhà mạng đề nghị cấp IPv6 cho đường truyền và bật IPv6 trên modem.",
            "The box was given no IPv6 address of the Internet.",
            "Call the carrier and ask for IPv6 on the line and in the modem.",
        ),
        "ula_only": Words(
            "Mạng chỉ có địa chỉ IPv6 nội bộ, không ra được Internet.",
            "Gọi nhà mạng đề nghị cấp IPv6 cho đường truyền: modem đã bật IPv6 nhưng chưa được"
            " cấp địa chỉ.",
            "The network has private IPv6 addresses alone, which don't reach the Internet.",
            "Call the carrier and ask for IPv6 on the line: the modem has it switched on, and was"
            " given no addresses.",
        ),
        "sixtofour": Words(
            "IPv6 ở đây đi vòng qua IPv4 (6to4), chậm và hay hỏng, không phải IPv6 của nhà mạng.",
            "Tắt 6to4 trên modem và gọi nhà mạng đề nghị cấp IPv6 thật.",
            "IPv6 is carried over IPv4 here (6to4), which is slow and unreliable: it is not the"
            " carrier's.",
            "Switch 6to4 off in the modem, and ask the carrier for real IPv6.",
        ),
        "teredo": Words(
            "IPv6 ở đây đi vòng qua IPv4 (Teredo), chậm và hay hỏng, không phải IPv6 của nhà mạng.",
            "Tắt Teredo trên máy và gọi nhà mạng đề nghị cấp IPv6 thật.",
            "IPv6 is carried over IPv4 here (Teredo), which is slow and unreliable: it is not the"
            " carrier's.",
            "Switch Teredo off, and ask the carrier for real IPv6.",
        ),
        "deprecated_prefix": Words(
            "Còn địa chỉ IPv6 cũ sắp hết hạn; máy dùng địa chỉ này dễ mất kết nối.",
            "Tắt rồi bật lại modem; nếu ngày nào cũng gặp, gọi nhà mạng: dải địa chỉ IPv6 đổi quá"
            " thường xuyên.",
            "There are old IPv6 addresses that expire soon; who uses one may lose the connection.",
            "Restart the modem; if it happens every day, call the carrier: the prefix changes too"
            " often.",
        ),
        "no_default_route": Words(
            "Thiết bị có địa chỉ IPv6 nhưng không biết đường ra Internet bằng IPv6.",
            "Tắt rồi bật lại modem; nếu vẫn vậy, gọi nhà mạng.",
            "The box has IPv6 addresses, and knows no way to the Internet over IPv6.",
            "Restart the modem; if it stays so, call the carrier.",
        ),
        "next_hop_failed": Words(
            "Modem không trả lời qua IPv6.",
            "Kiểm tra dây mạng giữa thiết bị đo và modem, rồi tắt và bật lại modem.",
            "The modem does not answer over IPv6.",
            "Check the cable between the box and the modem, then restart the modem.",
        ),
        "rogue_ra": Words(
            "Có thiết bị lạ tự nhận là modem và phát thông tin IPv6 trong mạng.",
            "Tìm và rút thiết bị lạ: thường là bộ phát Wi-Fi cắm nhầm cổng, hoặc máy đang chia sẻ"
            " Internet.",
            "An unknown device poses as the modem and announces IPv6 in the network.",
            "Find it and unplug it: mostly a Wi-Fi router plugged in the wrong way, or a computer"
            " that shares its Internet.",
        ),
        "several_routers": Words(
            "Nhiều thiết bị cùng phát thông tin IPv6 trong mạng.",
            "Nếu điểm chỉ có một modem, tìm và rút thiết bị thừa; nếu có hai đường truyền, khai báo"
            " các modem cho thiết bị đo.",
            "Several devices announce IPv6 in the network.",
            "If the site has one modem, find the other device and unplug it; if it has two lines,"
            " list their modems in the box's settings.",
        ),
        "no_delegated_prefix": Words(
            "Nhà mạng không cấp dải địa chỉ IPv6 cho các máy sau thiết bị này.",
            "Gọi nhà mạng đề nghị cấp dải IPv6 (prefix delegation) cho đường truyền.",
            "The carrier gives no IPv6 prefix for the devices behind this box.",
            "Call the carrier and ask for a delegated IPv6 prefix on the line.",
        ),
        "lan_ra_missing": Words(
            "Thiết bị này không phát thông tin IPv6 cho các máy trong mạng nội bộ.",
            "Bật phát quảng bá IPv6 (RA) cho mạng nội bộ trên thiết bị định tuyến.",
            "This box announces no IPv6 to the devices of its own network.",
            "Switch router advertisements on for the LAN of this router.",
        ),
        "lan_without_rdnss": Words(
            "Thông tin IPv6 phát trong mạng nội bộ không kèm máy chủ tên miền; điện thoại Android"
            " không tự tìm được.",
            "Bật mục máy chủ tên miền (RDNSS) trong phần quảng bá IPv6 của thiết bị định tuyến.",
            "The announcements in the local network name no name server; Android phones find none"
            " otherwise.",
            "Switch RDNSS on in the router advertisements of this router.",
        ),
        "few_hosts_with_ipv6": Words(
            "Chưa đến một nửa số máy trong mạng dùng IPv6.",
            "Bật IPv6 trên các máy còn lại; máy quá cũ thì ghi vào danh sách thay thế.",
            "Fewer than half of the devices of the network have IPv6.",
            "Switch IPv6 on in the others; put those that are too old on the list for replacement.",
        ),
        "resolver_ipv4_only": Words(
            "Mạng không có máy chủ tên miền nào dùng được qua IPv6.",
            "Gọi nhà mạng đề nghị modem phát máy chủ tên miền IPv6.",
            "The network has no name server that can be asked over IPv6.",
            "Call the carrier: the modem should announce name servers over IPv6.",
        ),
        "ipv6_resolver_dead": Words(
            "Có máy chủ tên miền IPv6 không trả lời, làm trang web mở chậm hoặc không mở được.",
            "Tắt rồi bật lại modem; nếu vẫn vậy, gọi nhà mạng báo máy chủ tên miền IPv6 hỏng.",
            "A name server over IPv6 does not answer: pages open slowly or not at all.",
            "Restart the modem; if it stays so, report the dead IPv6 name server to the carrier.",
        ),
        "aaaa_broken": Words(
            "Máy chủ tên miền không trả về địa chỉ IPv6 của các trang web.",
            "Tắt mục lọc IPv6 (AAAA) trên modem, hoặc dùng máy chủ tên miền của nhà mạng.",
            "The name server gives no IPv6 addresses of web sites.",
            "Switch off the filter of IPv6 (AAAA) in the modem, or use the carrier's name servers.",
        ),
        "dns_tcp_broken": Words(
            "Máy chủ tên miền không trả lời được những câu trả lời dài (qua TCP).",
            "Gọi nhà mạng đề nghị mở cổng 53 TCP của máy chủ tên miền.",
            "The name server can't give long answers (over TCP).",
            "Call the carrier: port 53 of the name server should be open for TCP.",
        ),
        "resolver_dead": Words(
            "Không máy chủ tên miền nào tra được tên.",
            "Tắt rồi bật lại modem; nếu vẫn vậy, gọi nhà mạng.",
            "No name server can look up a name.",
            "Restart the modem; if it stays so, call the carrier.",
        ),
        "ipv6_authority_unknown": Words(
            "Máy chủ tên miền không tra được những tên miền chỉ có trên IPv6.",
            "Gọi nhà mạng đề nghị máy chủ tên miền của họ ra được Internet bằng IPv6.",
            "The name server can't look up names that are served over IPv6 alone.",
            "Call the carrier: its name servers should reach the Internet over IPv6.",
        ),
        "rdnss_dead": Words(
            "Có máy chủ tên miền do modem phát qua IPv6 không trả lời.",
            "Tắt rồi bật lại modem; nếu vẫn vậy, gọi nhà mạng.",
            "A name server that the modem announces over IPv6 does not answer.",
            "Restart the modem; if it stays so, call the carrier.",
        ),
        "no_rdnss": Words(
            "Modem không phát máy chủ tên miền qua IPv6; điện thoại Android không tự tìm được.",
            "Gọi nhà mạng đề nghị bật mục máy chủ tên miền (RDNSS) trên modem.",
            "The modem announces no name server over IPv6; Android phones find none otherwise.",
            "Call the carrier: RDNSS should be switched on in the modem.",
        ),
        "no_ipv6_internet": Words(
            "Không ra được Internet bằng IPv6.",
            "Gọi nhà mạng đề nghị cấp IPv6 cho đường truyền và bật IPv6 trên modem.",
            "The Internet can't be reached over IPv6.",
            "Call the carrier and ask for IPv6 on the line and in the modem.",
        ),
        "ra_but_no_upstream": Words(
            "Modem phát IPv6 trong mạng nhưng IPv6 không ra được Internet.",
            "Gọi nhà mạng báo: trong mạng có IPv6, phía nhà mạng không thông; tắt rồi bật lại modem"
            " không hết thì yêu cầu xử lý.",
            "The modem announces IPv6 in the network, and IPv6 does not reach the Internet.",
            "Restart the modem; if it stays so, tell the carrier: IPv6 is there on the LAN, and"
            " dead beyond the modem.",
        ),
        "few_answered": Words(
            "Chỉ một phần các máy chủ trên Internet trả lời qua IPv6.",
            "Đo lại sau một giờ; nếu vẫn vậy, gọi nhà mạng: IPv6 đi một số hướng không thông.",
            "Only some servers of the Internet answer over IPv6.",
            "Measure again in an hour; if it stays so, call the carrier: IPv6 is dead in some"
            " directions.",
        ),
        "ipv6_name_fail": Words(
            "Không mở được trang web chỉ có IPv6.",
            "Xem các mục chưa đạt khác trước; nếu chỉ còn mục này, gọi nhà mạng.",
            "A web page that has IPv6 alone can't be opened.",
            "See to what else fails first; if only this is left, call the carrier.",
        ),
        "ipv4_preferred": Words(
            "Máy chọn IPv4 trước IPv6.",
            "Nếu mạng chưa có địa chỉ IPv6 của Internet, xử lý việc đó trước; nếu đã có, nhờ người"
            " quản trị bỏ thiết lập ưu tiên IPv4.",
            "Programs take IPv4 before IPv6.",
            "If the network has no IPv6 addresses of the Internet, see to that first; if it has,"
            " have the setting that prefers IPv4 removed.",
        ),
        "ipv6_not_used": Words(
            "Máy chọn IPv6 trước nhưng không kết nối được, phải quay về IPv4.",
            "Gọi nhà mạng báo IPv6 chập chờn.",
            "Programs try IPv6 first, fail, and fall back to IPv4.",
            "Tell the carrier that IPv6 is unreliable.",
        ),
        "slow_ipv6": Words(
            "Kết nối qua IPv6 chậm hơn hẳn qua IPv4.",
            "Gọi nhà mạng, kèm thời gian kết nối của hai giao thức ở trên.",
            "Connecting over IPv6 takes much longer than over IPv4.",
            "Call the carrier, and give both times above.",
        ),
        "dual_stack_stalls": Words(
            "Mở trang web phải chờ hơn 5 giây vì IPv6 hỏng trong khi IPv4 vẫn tốt.",
            "Gọi nhà mạng xử lý ngay; trong khi chờ có thể tạm tắt IPv6 trên modem để mọi người"
            " làm việc.",
            "Web pages take more than 5 seconds, for IPv6 is broken while IPv4 is well.",
            "Have the carrier mend it now; meanwhile IPv6 may be switched off in the modem so that"
            " people can work.",
        ),
        "large_transfer_stalls": Words(
            "Kết nối IPv6 được nhưng nội dung lớn không về tới nơi.",
            "Gọi nhà mạng đề nghị kiểm tra MTU của đường truyền IPv6.",
            "Connections over IPv6 come about, and large contents never arrive.",
            "Call the carrier: the MTU of the line over IPv6 should be checked.",
        ),
        "pmtu_black_hole": Words(
            "Gói tin IPv6 lớn bị mất trên đường mà không có báo lỗi.",
            "Gọi nhà mạng: cần cho gói ICMPv6 “Packet Too Big” đi qua và kiểm tra MTU.",
            "Large IPv6 packets vanish on the way, and nobody says so.",
            'Call the carrier: ICMPv6 "Packet Too Big" should pass, and the MTU be checked.',
        ),
        "ipv6_unstable": Words(
            "Trong 24 giờ qua IPv6 chỉ hoạt động {ipv6_up_pct} % thời gian có IPv4.",
            "Gọi nhà mạng, kèm tỷ lệ này, đề nghị kiểm tra độ ổn định của IPv6.",
            "In the last 24 hours IPv6 was there {ipv6_up_pct} % of the time that IPv4 was.",
            "Call the carrier, give this share, and ask for a stable IPv6.",
        ),
        "line_down": Words(
            "Đường truyền đang mất hẳn, cả IPv4 lẫn IPv6: chưa thể đánh giá IPv6.",
            "Khôi phục đường truyền trước, rồi đo lại.",
            "The line is down, for IPv4 and IPv6 alike: IPv6 can't be judged now.",
            "Have the line restored first, then measure again.",
        ),
        "no_nat64": Words(
            "Mạng chưa có NAT64, nên máy chỉ dùng IPv6 không vào được các trang chỉ có IPv4.",
            "Chưa tắt IPv4. Hỏi nhà mạng kế hoạch cung cấp NAT64/DNS64.",
            "The network has no NAT64: a device with IPv6 alone can't reach what has IPv4 alone.",
            "Keep IPv4. Ask the carrier when it will offer NAT64 and DNS64.",
        ),
        "nat64_no_path": Words(
            "Mạng thông báo có NAT64 ({prefix}) nhưng đi qua đó không thông.",
            "Báo nhà mạng hoặc người quản trị: NAT64 đã khai báo mà không hoạt động.",
            "The network announces NAT64 ({prefix}), and nothing passes through it.",
            "Tell the carrier or who runs the network: NAT64 is announced and does not work.",
        ),
        "dns64_only_no_path": Words(
            "Máy chủ tên miền tạo địa chỉ NAT64 ({prefix}) nhưng đi qua đó không thông.",
            "Báo người quản lý máy chủ tên miền: có DNS64 mà không có NAT64 thì trang web không"
            " mở được.",
            "The name server makes addresses of NAT64 ({prefix}), and nothing passes through it.",
            "Tell who runs the name server: DNS64 without NAT64 breaks web pages.",
        ),
        "nat64_black_hole": Words(
            "Gói tin lớn đi qua NAT64 bị mất mà không có báo lỗi.",
            "Báo nhà mạng kiểm tra MTU của NAT64: gói IPv6 dài hơn gói IPv4 20 byte.",
            "Large packets vanish in NAT64, and nobody says so.",
            "Have the MTU of NAT64 checked: an IPv6 packet is 20 bytes longer than one of IPv4.",
        ),
        "services_without_ipv6": Words(
            "Dịch vụ {service} chưa có địa chỉ IPv6.",
            "Đề nghị đơn vị quản lý dịch vụ {service} bổ sung IPv6 (bản ghi AAAA).",
            "The service {service} has no IPv6 address.",
            "Ask who runs {service} to add IPv6 (AAAA records).",
        ),
        "service_fails_over_ipv6": Words(
            "Không dùng được dịch vụ {service} qua IPv6.",
            "Nếu các mục kết nối IPv6 ở trên đều đạt, báo đơn vị quản lý dịch vụ {service}.",
            "The service {service} does not work over IPv6.",
            "If IPv6 is well otherwise, tell who runs {service}.",
        ),
        "ipv4_literal_fail": Words(
            "Phần mềm ghi sẵn địa chỉ IPv4 sẽ không chạy trong mạng này.",
            "Bật CLAT (464XLAT) trên modem hoặc trên máy, hoặc đổi phần mềm dùng tên miền.",
            "Programs that have IPv4 addresses written into them don't work in this network.",
            "Switch CLAT (464XLAT) on in the modem or the devices, or have the programs use names.",
        ),
        "lan_ipv4_only_devices": Words(
            "Trong 7 ngày qua có {ipv4_only_hosts} máy chỉ dùng IPv4.",
            "Tìm các máy này (máy in, camera, máy cũ), bật IPv6 hoặc lên kế hoạch thay trước khi"
            " tắt IPv4.",
            "In the last 7 days {ipv4_only_hosts} devices had IPv4 alone.",
            "Find them (printers, cameras, old computers), switch IPv6 on or plan their"
            " replacement before IPv4 goes.",
        ),
        "option_108": Words(
            "Mạng cho phép máy bỏ hẳn IPv4 (DHCP mục 108).",
            "",
            "The network tells devices that they can do without IPv4 (DHCP option 108).",
            "",
        ),
        "pref64_ra": Words(
            "Modem thông báo NAT64 trong thông tin IPv6 (PREF64): máy tự biết cách dùng.",
            "",
            "The modem announces NAT64 in its advertisements (PREF64): devices know how to use it.",
            "",
        ),
        "prefix_mismatch": Words(
            "Modem và máy chủ tên miền thông báo hai dải NAT64 khác nhau.",
            "Báo nhà mạng hoặc người quản trị đặt hai bên giống nhau.",
            "The modem and the name server announce different prefixes for NAT64.",
            "Have who runs the network make them the same.",
        ),
        "resolver_hijacks": Words(
            "Máy chủ tên miền trả lời sai cho tên dùng để dò NAT64: có nơi sửa câu trả lời.",
            "Dùng máy chủ tên miền của nhà mạng, hoặc tắt mục chuyển hướng tên miền trên modem.",
            "The name server gives a wrong answer for the name that NAT64 is found by: somebody"
            " changes answers.",
            "Use the carrier's name servers, or switch off the redirection of names in the modem.",
        ),
    }
)


def sentence(reason: ReasonCode, evidence: Evidence, language: Language) -> str:
    """What it is."""
    words = REASONS[reason]
    return (words.vi if language == "vi" else words.en).format(**evidence)


def advice(reason: ReasonCode, evidence: Evidence, language: Language) -> str:
    """What to do; empty when there is nothing to do."""
    words = REASONS[reason]
    return (words.vi_do if language == "vi" else words.en_do).format(**evidence)
