# SPDX-License-Identifier: Apache-2.0
"""The reasons that readings and rejections carry as data, in words."""

from collections.abc import Mapping
from types import MappingProxyType

from sansang_collector.language import Translation, mark

UNREACHABLE: Mapping[str, str] = MappingProxyType(
    {
        "no_answer": mark("no answer"),
        "no_route": mark("no route"),
        "no_gateway": mark("no gateway"),
        "no_source_address": mark("the box has no address of this family"),
        "no_address": mark("the name has no address of this family"),
        "name_not_found": mark("the name does not exist"),
        "resolver_failed": mark("the name could not be looked up"),
        "resolver_no_answer": mark("the name server does not answer"),
        "not_permitted": mark("the box lacks the permission"),
        "network_unreachable": mark("a router says: no such network"),
        "host_unreachable": mark("a router says: no such machine"),
        "destination_unreachable": mark("a router says: not reachable"),
        "protocol_unreachable": mark("the target does not speak this protocol"),
        "port_unreachable": mark("the port is closed"),
        "connection_refused": mark("the port is closed"),
        "connection_reset": mark("the connection was cut off"),
        "administratively_prohibited": mark("a firewall forbids it"),
        "network_down": mark("the network interface is down"),
        "no_interface": mark("there is no such network interface"),
        "time_exceeded": mark("packets go round in circles"),
        "packet_too_big": mark("packets are too big for the path"),
        "blackholed": mark("a route throws the packets away"),
        "no_netlink": mark("the kernel would not say"),
        "no_global_address": mark("no address of the Internet"),
        "no_default_route": mark("no default route"),
        "next_hop_failed": mark("the router does not answer"),
        "server_failure": mark("the name server failed"),
        "refused": mark("the name server refused"),
        "format_error": mark("the name server does not understand the question"),
        "not_implemented": mark("the name server can't answer that"),
        "error_code": mark("the name server answers with an error"),
        "malformed_answer": mark("the answer can't be read"),
        "incomplete_answer": mark("the answer ends too early"),
        "too_slow": mark("the answer takes too long"),
        "redirected_elsewhere": mark("somebody else answers, and sends to a page of their own"),
        "client_error": mark("its address is wrong or closed"),
        "server_error": mark("it reports a fault of its own"),
        "certificate_expired": mark("its certificate has expired"),
        "certificate_not_yet_valid": mark("its certificate is not valid yet"),
        "certificate_name_mismatch": mark("its certificate is of another name"),
        "certificate_untrusted": mark("its certificate is not trusted"),
        "tls_failed": mark("no encrypted connection came about"),
        "ca_file_unusable": mark("the box can't read the certificates that it is to trust"),
        "parameter_problem": mark("a router could not read the packet"),
        "icmp_error": mark("a router reports an error"),
        "send_failed": mark("the box could not send"),
        "no_buffer": mark("the box has no memory left to send"),
        "too_many_open_files": mark("the box has too many files open"),
        "no_advertisement": mark("no router announces itself (IPv6)"),
        "lifetime_zero": mark("routers announce themselves, but none as the way out (IPv6)"),
        "invalid": mark("what routers announce breaks the rules: devices ignore it (IPv6)"),
        "not_accepted": mark("the box may not listen to routers here: switch its helper on"),
        "no_ipv6_link": mark("no interface of the box speaks IPv6"),
        "no_lan": mark("the box sees no network of the site's devices"),
        "not_router": mark("the box is not the site's router: it sees only its own traffic"),
        "first_look": mark("counting has just begun"),
        "reset": mark("the line's counters began anew"),
        "offloaded": mark("the router's fast path hides the traffic from the count"),
        "no_counters": mark("the box's kernel does not count the traffic"),
        "no_dns_server": mark("the network names no name server"),
        "worker_failed": mark("its measuring program failed"),
        "no_helper": mark("its helper does not run"),
        "no_prefix": mark("the network has no way to IPv4 for devices without it (NAT64)"),
        "no_ipv6_address": mark("the network gives a device no IPv6 address"),
        "second_device_refused": mark(
            "the network let no second device on the box's cable, or gives addresses otherwise"
        ),
        "ipv4_literal": mark("it is named by an IPv4 address: give it a name"),
        "no_macvlan": mark("the box's kernel can't put a second device on its cable"),
        "wireless_link": mark("the box is on Wi-Fi: connect it by cable"),
        "not_ethernet": mark("the box is on no cable of the site"),
        "box_routes": mark("the box is a router itself: it does not ask its carrier this"),
    }
)
"""Of outcomes that are not ok."""

WIFI: Mapping[str, str] = MappingProxyType(
    {
        "not_on_air": mark("the network is not being sent"),
        "interface_down": mark("the radio is switched off"),
        "starting": mark("the radio is starting"),
        "no_wireless_interface": mark("the box has no Wi-Fi radio"),
        "cannot_tell": mark("its radio can't tell"),
        "no_nl80211": mark("its kernel has no Wi-Fi"),
    }
)
"""Why an expected Wi-Fi is off air, or can't be judged."""

JOURNEY: Mapping[str, str] = MappingProxyType(
    UNREACHABLE
    | {
        "not_heard": mark("no access point of that name is heard"),
        "encrypted_otherwise": mark(
            "the network of this name is encrypted otherwise than the box was told: it may be a"
            " stranger's"
        ),
        "association_refused": mark("the access point refuses devices: it may be full"),
        "wrong_passphrase": mark("the passphrase is wrong"),
        "authentication_failed": mark("the keys could not be agreed on"),
        "no_offer": mark("nobody gives out addresses (DHCP)"),
        "address_refused": mark("the address was refused"),
        "servfail": mark("the name server failed"),
        "nxdomain": mark("the name does not exist"),
        "formerr": mark("the name server does not understand the question"),
        "notimp": mark("the name server can't answer that"),
        "login_page": mark("a login page stands before the Internet"),
        "no_passphrase": mark("the box was not given the passphrase"),
        "security_unknown": mark("the box can't speak this encryption"),
        "no_spare_radio": mark("the box has no spare radio"),
        "radio_cannot_move": mark("its radio can't be a guest in a network of its own"),
        "radio_blocked": mark("its radio is blocked by a switch"),
        "radio_fails": mark("its radio fails"),
        "radio_busy": mark("its radio is in use"),
        "no_supplicant": mark("wpa_supplicant is not installed"),
    }
)
"""Why a guest came no further, or why nobody could go or listen."""

SURVEY: Mapping[str, str] = MappingProxyType(
    {
        "survey_missing": mark("its driver does not tell"),
        "survey_first": mark("being measured"),
        "survey_stuck": mark("its driver's counter stands still"),
        "survey_implausible": mark("its driver's figures can't be right"),
    }
)
"""Why it is not known how busy a radio's channel is."""

SPEED: Mapping[str, str] = MappingProxyType(
    UNREACHABLE
    | {
        "no_server": mark("no measuring server is named in its settings"),
        "budget_spent": mark("this month's data for speed tests is used up"),
        "no_clock": mark("the box does not know the date, so nor what this month has cost"),
        "busy_line": mark("others were using the line each time it tried"),
        "server_busy": mark("the measuring server was busy with other sites"),
        "too_often": mark("the measuring server allows this site no more tests this hour"),
        "unauthorised": mark("the measuring server does not know the box's password"),
        "no_token": mark("the box can't read its password for the measuring server"),
        "no_budget_file": mark("the box can't write down what tests have cost"),
        "not_ndt7": mark("what answers there is no measuring server"),
        "ended_early": mark("the connection broke off in the middle"),
    }
)
"""Why a speed test was not made, or what it failed at."""

REJECTED: Mapping[str, str] = MappingProxyType(
    {
        "oversized": mark("too large"),
        "not_utf8": mark("not text"),
        "malformed": mark("not JSON"),
        "unknown_version": mark("of a newer version"),
        "bad_envelope": mark("envelope not readable"),
        "unknown_kind": mark("of an unknown kind"),
        "missing_field": mark("incomplete"),
        "wrong_type": mark("of a wrong type"),
        "out_of_range": mark("out of range"),
        "unknown_word": mark("with an unknown word"),
    }
)
"""Of readings and batches that were left out."""


def in_words(reason: str, known: Mapping[str, str], translate: Translation) -> str:
    """A reason that has no words yet is shown as it is."""
    return translate(known[reason]) if reason in known else reason
