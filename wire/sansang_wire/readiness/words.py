# SPDX-License-Identifier: Apache-2.0
"""What groups, checks, requirements and verdicts are called, in both languages."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from sansang_wire.ipv6_readings import Verdict
from sansang_wire.readiness.assessment import CheckCode, Group, RequirementCode


class Name(NamedTuple):
    """In Vietnamese and in English."""

    vi: str
    en: str


GROUPS: Mapping[Group, Name] = MappingProxyType(
    {
        "addressing": Name("Địa chỉ IPv6", "Addresses"),
        "router": Name("Cấp IPv6 cho mạng nội bộ", "IPv6 for the local network"),
        "dns": Name("Máy chủ tên miền", "Name servers"),
        "reachability": Name("Kết nối Internet bằng IPv6", "The Internet over IPv6"),
        "path_mtu": Name("Gói tin lớn", "Large packets"),
        "stability": Name("Độ ổn định 24 giờ", "Stability over 24 hours"),
    }
)
CHECKS: Mapping[CheckCode, Name] = MappingProxyType(
    {
        "link_local": Name("Có địa chỉ IPv6 trong mạng", "An address of the link"),
        "router_advertisement": Name("Modem phát thông tin IPv6", "A valid router advertisement"),
        "native_address": Name("Có địa chỉ IPv6 của Internet", "An address of the Internet"),
        "default_route": Name("Có đường ra Internet", "A way to the Internet"),
        "advertisement_hygiene": Name(
            "Không có thiết bị lạ hay địa chỉ cũ", "No stranger advertises, no stale prefix"
        ),
        "delegated_prefix": Name(
            "Có dải địa chỉ cho mạng nội bộ", "A prefix for the local network"
        ),
        "lan_advertisement": Name(
            "Phát IPv6 kèm máy chủ tên miền", "Advertisements with name servers"
        ),
        "lan_share": Name("Ít nhất một nửa số máy có IPv6", "Half of the devices have IPv6"),
        "ipv6_resolver": Name("Máy chủ tên miền trả lời qua IPv6", "Name servers answer over IPv6"),
        "aaaa": Name("Tra được địa chỉ IPv6 (AAAA)", "IPv6 addresses are looked up (AAAA)"),
        "ipv6_authority": Name(
            "Tra được tên miền chỉ có trên IPv6", "Names served over IPv6 alone are looked up"
        ),
        "rdnss": Name(
            "Modem phát máy chủ tên miền (RDNSS)", "Announced name servers answer (RDNSS)"
        ),
        "literals": Name("Máy chủ trên Internet trả lời", "Servers of the Internet answer"),
        "ipv6_name": Name("Mở được trang chỉ có IPv6", "A page with IPv6 alone opens"),
        "preference": Name("Máy ưu tiên dùng IPv6", "IPv6 is preferred"),
        "latency": Name("Không chậm hơn IPv4", "No slower than IPv4"),
        "large_transfer": Name("Nội dung lớn về tới nơi", "Large contents arrive"),
        "no_black_hole": Name(
            "Gói tin lớn không bị mất lặng lẽ", "Large packets don't vanish in silence"
        ),
        "stability": Name("IPv6 hoạt động mỗi khi có IPv4", "IPv6 is there whenever IPv4 is"),
    }
)
REQUIREMENTS: Mapping[RequirementCode, Name] = MappingProxyType(
    {
        "ipv6_reach": Name("Ra được Internet bằng IPv6", "The Internet over IPv6"),
        "dns_over_ipv6": Name("Tra tên miền qua IPv6", "Name servers over IPv6"),
        "nat64_prefix": Name("Mạng có NAT64", "NAT64 is offered"),
        "nat64_path": Name("Vào được IPv4 qua NAT64", "IPv4 is reached through NAT64"),
        "path_mtu": Name("Gói tin lớn đi qua NAT64", "Large packets pass through NAT64"),
        "services": Name("Các dịch vụ dùng được khi không có IPv4", "Services without IPv4"),
    }
)
VERDICTS: Mapping[Verdict, Name] = MappingProxyType(
    {
        "ready": Name("Sẵn sàng thuần IPv6", "Ready for IPv6 alone"),
        "ready_with_clat": Name(
            "Sẵn sàng thuần IPv6 nếu máy có CLAT", "Ready for IPv6 alone where devices have CLAT"
        ),
        "not_ready": Name("Chưa sẵn sàng thuần IPv6", "Not ready for IPv6 alone"),
        "unknown": Name("Chưa đủ số liệu về thuần IPv6", "Too little is known of IPv6 alone"),
    }
)
LABEL = Name(
    "Kết quả đo tại điểm đo, không phải số liệu công bố chính thức.",
    "Measured at this site; not an official figure.",
)
"""Stands wherever a score or a verdict does."""
