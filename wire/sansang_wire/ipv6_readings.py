# SPDX-License-Identifier: Apache-2.0
"""The readings that say whether a site is ready for IPv6, and for IPv6 alone."""

from typing import Annotated, Literal

from msgspec import Meta

from sansang_wire.reading import (
    LABEL,
    Count,
    Family,
    FamilyLabel,
    Label,
    LongText,
    Milliseconds,
    Percent,
    Reading,
    Reason,
    Seconds,
    Text,
    TraceMethod,
)

RouterPreference = Literal["high", "medium", "low"]
AdvertisementMethod = Literal["netlink", "raw_socket"]
TrafficMethod = Literal["wan_arithmetic", "conntrack", "global"]
Window = Literal["5min", "24h", "7d"]
WindowLabel = Annotated[Window, Meta(extra=LABEL)]
Verdict = Literal["ready", "ready_with_clat", "not_ready", "unknown"]
"""Whether a site could do without IPv4; with CLAT (RFC 6877): with a translator on each host."""


class RouterAdvertisementReading(
    Reading, frozen=True, kw_only=True, tag="router_advertisement", omit_defaults=True
):
    """What the routers of one link advertise (RFC 4861 §4.2): addresses, name servers, NAT64.

    `ok`: a valid advertisement was heard. `unreachable`: none was, though it was asked for.
    `failed`: `lifetime_zero`, `invalid` (RFC 4861 §6.1.2). `broken`: nobody may listen
    (`not_accepted`: the kernel takes none on this link and there is no helper), or no interface
    speaks IPv6 (`no_ipv6_link`).
    Routers are counted, never named: an unlisted one may be anybody's device.
    """

    interface: Annotated[Label, Meta(description="name of the interface")]
    method: Annotated[AdvertisementMethod | None, Meta(description="how it was heard")] = None
    asking_reason: Annotated[
        Reason | None, Meta(description="why routers could not be asked, only listened to")
    ] = None
    routers: Annotated[Count | None, Meta(description="sources heard")] = None
    unlisted_routers: Annotated[
        Count | None, Meta(description="of them, those not on the list of the settings (rogues)")
    ] = None
    unlisted_prefix: Annotated[
        Text | None, Meta(description="a prefix that an unlisted one advertises")
    ] = None
    router_lifetime_s: Annotated[
        Seconds | None, Meta(description="longest of them; 0: no default router")
    ] = None
    preference: Annotated[
        RouterPreference | None, Meta(description="of that router (RFC 4191 §2.2)")
    ] = None
    managed: Annotated[bool | None, Meta(description="M flag: addresses by DHCPv6")] = None
    other_config: Annotated[bool | None, Meta(description="O flag: the rest by DHCPv6")] = None
    mtu_bytes: Annotated[Count | None, Meta(description="MTU of the link it tells")] = None
    prefixes: Annotated[Count | None, Meta(description="prefixes to make addresses of")] = None
    prefix: Annotated[
        Text | None, Meta(description="one of them with the A flag, cut to /48 when global")
    ] = None
    prefix_valid_s: Annotated[Seconds | None, Meta(description="its valid lifetime")] = None
    prefix_preferred_s: Annotated[Seconds | None, Meta(description="its preferred lifetime")] = None
    dns_servers: Annotated[Count | None, Meta(description="RDNSS with a lifetime (RFC 8106)")] = (
        None
    )
    dns_servers_answering: Annotated[
        Count | None, Meta(description="of them, those that answered a question")
    ] = None
    search_domains: Annotated[Count | None, Meta(description="DNSSL with a lifetime")] = None
    pref64: Annotated[
        Text | None, Meta(description="prefix for NAT64 with a lifetime (RFC 8781)")
    ] = None
    pref64_lifetime_s: Annotated[Seconds | None, Meta(description="its lifetime")] = None
    captive_portal: Annotated[
        bool | None, Meta(description="a login page is announced (RFC 8910)")
    ] = None


class ResolverReading(Reading, frozen=True, kw_only=True, tag="resolver", omit_defaults=True):
    """What one resolver of the site can do for IPv6. `ok`: it answers for AAAA."""

    server: Annotated[Label, Meta(description="address of the resolver")]
    family: Annotated[FamilyLabel, Meta(description="address family it was asked over")]
    aaaa_udp: Annotated[bool | None, Meta(description="AAAA of a known name came over UDP")] = None
    aaaa_tcp: Annotated[bool | None, Meta(description="AAAA of a known name came over TCP")] = None
    ipv6_authority: Annotated[
        bool | None,
        Meta(description="it knows a name whose name servers have IPv6 addresses alone"),
    ] = None
    validates: Annotated[
        bool | None, Meta(description="it refuses a name with a broken signature (DNSSEC)")
    ] = None
    dns64: Annotated[
        bool | None, Meta(description="it makes AAAA of A records (RFC 6147), by ipv4only.arpa")
    ] = None
    nat64_prefix: Annotated[Text | None, Meta(description="with this prefix (RFC 7050)")] = None
    hijacks: Annotated[
        bool | None,
        Meta(description="AAAA of ipv4only.arpa that hold none of its well-known addresses"),
    ] = None


class Ipv6InternetReading(
    Reading, frozen=True, kw_only=True, tag="ipv6_internet", omit_defaults=True
):
    """Is the Internet there over IPv6, as it is over IPv4, and which of them do programs take.

    `ok`: at least two of three literals of different operators answered over IPv6. `unreachable`:
    none. `failed`: some (`few_answered`), or a name with IPv6 alone could not be fetched.
    """

    ipv6_asked: Annotated[Count | None, Meta(description="literals of IPv6 asked by TCP")] = None
    ipv6_answered: Annotated[Count | None, Meta(description="of them, those that answered")] = None
    ipv4_asked: Annotated[Count | None, Meta(description="literals of IPv4 asked by TCP")] = None
    ipv4_answered: Annotated[Count | None, Meta(description="of them, those that answered")] = None
    ipv6_name_ok: Annotated[
        bool | None, Meta(description="a name with AAAA alone was fetched by HTTPS")
    ] = None
    ipv6_name_reason: Annotated[Reason | None, Meta(description="why it was not")] = None
    ipv6_connect_ms: Annotated[
        Milliseconds | None, Meta(description="median time to connect over IPv6")
    ] = None
    ipv4_connect_ms: Annotated[
        Milliseconds | None, Meta(description="median time to connect over IPv4")
    ] = None
    preferred_family: Annotated[
        Family | None, Meta(description="the system's first choice of a dual-stack name (RFC 6724)")
    ] = None
    used_family: Annotated[
        Family | None, Meta(description="what a dual-stack fetch in that order really used")
    ] = None
    dual_stack_ms: Annotated[
        Milliseconds | None, Meta(description="time of that fetch, waiting for one family included")
    ] = None


class PathMtuReading(Reading, frozen=True, kw_only=True, tag="path_mtu", omit_defaults=True):
    """How large packets to one target may be, and whether routers say so (RFC 8201, RFC 8899).

    `ok`: the link's own size passes, or a packet-too-big came. `failed`: `black_hole`, larger ones
    vanish in silence. `unreachable`: not even the smallest passes.
    """

    target: Annotated[Label, Meta(description="name of the target in the settings")]
    family: Annotated[FamilyLabel, Meta(description="address family")]
    address: Annotated[Text | None, Meta(description="address that was asked")] = None
    method: Annotated[TraceMethod | None, Meta(description="what was sent")] = None
    link_mtu_bytes: Annotated[Count | None, Meta(description="MTU of the box's interface")] = None
    largest_bytes: Annotated[
        Count | None, Meta(description="largest packet that passed, IP header included")
    ] = None
    told_mtu_bytes: Annotated[Count | None, Meta(description="MTU in a packet-too-big")] = None
    silent_from_bytes: Annotated[
        Count | None, Meta(description="smallest packet that vanished without a word")
    ] = None


class Nat64Reading(Reading, frozen=True, kw_only=True, tag="nat64", omit_defaults=True):
    """Whether IPv4 is reached from IPv6 alone, and by which ways the network helps.

    `ok`: the path through NAT64 works. `unreachable`: there is a prefix, but no path. `failed`:
    `no_prefix`. `broken`: nobody told of one, for no resolver answered. Nothing is ever sent to the
    addresses of ipv4only.arpa (RFC 7050 §3.2.1).
    """

    prefix: Annotated[Text | None, Meta(description="prefix that is used; RA before DNS")] = None
    prefix_from: Annotated[
        Literal["pref64", "dns"] | None, Meta(description="who told it (RFC 8781, RFC 7050)")
    ] = None
    mismatch: Annotated[bool | None, Meta(description="the two tell different prefixes")] = None
    path_ok: Annotated[
        bool | None, Meta(description="an IPv4 server answered through the prefix")
    ] = None
    path_mtu_ok: Annotated[
        bool | None, Meta(description="large packets pass there, or it is told that they don't")
    ] = None
    connect_ms: Annotated[Milliseconds | None, Meta(description="time to connect through it")] = (
        None
    )
    clat: Annotated[
        bool | None, Meta(description="the box has an IPv4 address made for it (RFC 7335)")
    ] = None
    clat_ok: Annotated[bool | None, Meta(description="and an IPv4 literal answers from it")] = None
    ipv4_literal_ok: Annotated[
        bool | None, Meta(description="an IPv4 literal answers without any of that")
    ] = None
    option_108_s: Annotated[
        Seconds | None, Meta(description="a DHCP server says that IPv6 alone will do (RFC 8925)")
    ] = None
    dhcp_servers: Annotated[Count | None, Meta(description="DHCPv4 servers that offered")] = None
    option_108_reason: Annotated[Reason | None, Meta(description="why DHCP could not be asked")] = (
        None
    )


class TrafficReading(Reading, frozen=True, kw_only=True, tag="traffic", omit_defaults=True):
    """How much of what goes through the line is IPv6, counted in bytes.

    `ok`: counted by `method`. `broken`: it can't be told (`offloaded`, `no_counters`,
    `no_default_route`, `not_router`: the box sees only its own), or not yet (`first_look`,
    `reset`).
    """

    interface: Annotated[Label, Meta(description="name of the line's interface")]
    method: Annotated[TrafficMethod | None, Meta(description="how it was counted")] = None
    covered_s: Annotated[Seconds | None, Meta(description="since the last reading")] = None
    ipv6_bytes: Annotated[Count | None, Meta(description="of IPv6 in that time, both ways")] = None
    ipv4_bytes: Annotated[Count | None, Meta(description="of IPv4 in that time, both ways")] = None
    ipv6_share_pct: Annotated[Percent | None, Meta(description="IPv6 of both")] = None


class NeighboursReading(Reading, frozen=True, kw_only=True, tag="neighbours", omit_defaults=True):
    """How many hosts of the site were seen in a time, and how many of them have IPv6.

    Counted by hardware address in the box's memory, forgotten with the agent: only counts leave it.
    """

    window: Annotated[WindowLabel, Meta(description="seen within this time")]
    hosts: Annotated[Count | None, Meta(description="hosts")] = None
    dual_stack_hosts: Annotated[
        Count | None, Meta(description="with IPv4 and a global IPv6 address")
    ] = None
    ipv6_only_hosts: Annotated[
        Count | None, Meta(description="with a global IPv6 address and no IPv4")
    ] = None
    ipv6_capable_hosts: Annotated[
        Count | None, Meta(description="with a link-local IPv6 address and no global one")
    ] = None
    ipv4_only_hosts: Annotated[Count | None, Meta(description="with IPv4 alone")] = None
    randomised_hosts: Annotated[
        Count | None, Meta(description="of all, those with an address of their own making")
    ] = None
    ipv6_share_pct: Annotated[Percent | None, Meta(description="with a global one, of all")] = None
    covered_s: Annotated[
        Seconds | None, Meta(description="how long the agent has been looking, up to the window")
    ] = None


class Ipv6OnlyReading(Reading, frozen=True, kw_only=True, tag="ipv6_only", omit_defaults=True):
    """One service, fetched as a client without IPv4 would, from a network namespace of its own.

    `ok`: it answered. `failed`, `unreachable`: `reason` says at what, `no_ipv6_address` where the
    network gave the client none. `broken`: there was no such client (`not_permitted`, `no_helper`),
    or it alone got none, the box having one (`second_device_refused`).
    """

    service: Annotated[Label, Meta(description="name of the service in the settings")]
    address: Annotated[Text | None, Meta(description="address that was asked")] = None
    by_nat64: Annotated[
        bool | None, Meta(description="that address stands for one of IPv4 (RFC 6052)")
    ] = None
    address_ms: Annotated[
        Milliseconds | None, Meta(description="until the client had an address")
    ] = None
    lookup_ms: Annotated[Milliseconds | None, Meta(description="time to resolve the name")] = None
    connect_ms: Annotated[Milliseconds | None, Meta(description="time to connect")] = None
    total_ms: Annotated[Milliseconds | None, Meta(description="all of the fetch")] = None
    status: Annotated[Count | None, Meta(description="status of the answer (RFC 9110 §15)")] = None


class ReadinessReading(Reading, frozen=True, kw_only=True, tag="readiness", omit_defaults=True):
    """How ready a site is for IPv6, and for IPv6 alone: written by the collector, never sent."""

    formula: Annotated[Count, Meta(description="version of the formula")]
    score: Annotated[
        Percent | None, Meta(description="0 to 100; left out where too little is known")
    ] = None
    coverage_pct: Annotated[Percent, Meta(description="weight of the checks that are known")]
    capped_at: Annotated[Count | None, Meta(description="the score is never above this")] = None
    capable: Annotated[
        bool | None, Meta(description="it has IPv6 and reaches the Internet with it")
    ] = None
    preferred: Annotated[
        bool | None, Meta(description="programs take IPv6 where they may choose")
    ] = None
    ready_for_only: Annotated[bool | None, Meta(description="it could do without IPv4")] = None
    verdict: Annotated[Verdict, Meta(description="the same, in one of four words")]
    reasons: Annotated[
        LongText | None, Meta(description="codes of what is missing, with commas between")
    ] = None
