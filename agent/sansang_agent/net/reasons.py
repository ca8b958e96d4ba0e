# SPDX-License-Identifier: Apache-2.0
"""Why there was no answer, in the words that readings carry (`Reason` of the wire)."""

import errno

from sansang_wire.reading import Family

NO_ANSWER = "no_answer"
NO_ROUTE = "no_route"
NO_GATEWAY = "no_gateway"
NOT_PERMITTED = "not_permitted"
NO_NETLINK = "no_netlink"
"""The kernel would not say what it knows of addresses and routes."""
NO_ADDRESS = "no_address"
MALFORMED_ANSWER = "malformed_answer"
INCOMPLETE_ANSWER = "incomplete_answer"
TOO_SLOW = "too_slow"
"""It answers, but not to the end."""

BROKEN = {
    *(NOT_PERMITTED, NO_GATEWAY, NO_NETLINK, "too_many_open_files", "no_buffer"),
}
"""With these nothing was learnt of the target."""

_BY_ERRNO = {
    errno.ENETUNREACH: NO_ROUTE,
    # A kernel without the family has no way there either, and the reader need not care why.
    errno.EAFNOSUPPORT: NO_ROUTE,
    # Linux looks for a source address first; with IPv6 switched off it finds none.
    errno.EADDRNOTAVAIL: NO_ROUTE,
    errno.EHOSTUNREACH: "host_unreachable",
    errno.EHOSTDOWN: "host_unreachable",
    # sendto(2) and connect(2) say EACCES for a `prohibit` route, EINVAL for a `blackhole` one.
    errno.EACCES: "administratively_prohibited",
    errno.EINVAL: "blackholed",
    errno.EPERM: NOT_PERMITTED,
    errno.ENETDOWN: "network_down",
    errno.ENODEV: "no_interface",
    errno.ENXIO: "no_interface",
    errno.ECONNREFUSED: "connection_refused",
    errno.ECONNRESET: "connection_reset",
    errno.EPIPE: "connection_reset",
    errno.ETIMEDOUT: NO_ANSWER,
    errno.ENOBUFS: "no_buffer",
    errno.EAGAIN: "no_buffer",
    errno.EMSGSIZE: "packet_too_big",
    errno.EMFILE: "too_many_open_files",
    errno.ENFILE: "too_many_open_files",
}

# RFC 792, RFC 1812 §5.2.7.1: type 3 by code.
_IPV4_UNREACHABLE = {
    0: "network_unreachable",
    1: "host_unreachable",
    2: "protocol_unreachable",
    3: "port_unreachable",
    4: "packet_too_big",
    9: "administratively_prohibited",
    10: "administratively_prohibited",
    13: "administratively_prohibited",
}
_IPV4_TYPES = {11: "time_exceeded", 12: "parameter_problem"}

# RFC 4443 §3.1: type 1 by code.
_IPV6_UNREACHABLE = {
    0: "network_unreachable",
    1: "administratively_prohibited",
    3: "host_unreachable",
    4: "port_unreachable",
    5: "administratively_prohibited",
    6: "administratively_prohibited",
}
_IPV6_TYPES = {2: "packet_too_big", 3: "time_exceeded", 4: "parameter_problem"}


def of_errno(number: int | None) -> str:
    """Why the box itself could not send; `send_failed` for what has no name here."""
    return _BY_ERRNO.get(number or 0, "send_failed")


def of_icmp(family: Family, kind: int, code: int) -> str:
    """What an ICMP error message of this type and code says."""
    if family == "ipv4":
        if kind == 3:
            return _IPV4_UNREACHABLE.get(code, "destination_unreachable")
        return _IPV4_TYPES.get(kind, "icmp_error")
    if kind == 1:
        return _IPV6_UNREACHABLE.get(code, "destination_unreachable")
    return _IPV6_TYPES.get(kind, "icmp_error")
