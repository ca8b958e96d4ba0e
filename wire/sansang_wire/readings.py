# SPDX-License-Identifier: Apache-2.0
"""Every kind of reading, as a typed struct: the one place where a value gets its name and range.

Those of IPv6 readiness are in `ipv6_readings`. What is derived from these structs (JSON Schema,
tables, InfluxDB fields) is in `schema`. A field's type never changes: a new meaning is a new name.
"""

from typing import Annotated, Literal

from msgspec import Meta

from sansang_wire.ipv6_readings import (
    Ipv6InternetReading,
    Ipv6OnlyReading,
    Nat64Reading,
    NeighboursReading,
    PathMtuReading,
    ReadinessReading,
    ResolverReading,
    RouterAdvertisementReading,
    TrafficReading,
)
from sansang_wire.reading import (
    AccessTechnology,
    Amount,
    Celsius,
    Clock,
    Count,
    Days,
    Dbm,
    EchoMethod,
    FamilyLabel,
    JourneyStage,
    Label,
    LongText,
    Milliseconds,
    NeighbourState,
    Packets,
    Percent,
    RadioRole,
    Rate,
    Reading,
    Reason,
    RecordTypeLabel,
    ScopeLabel,
    Seconds,
    Text,
    TraceMethod,
    WifiSecurity,
)
from sansang_wire.speed_readings import ThroughputReading


class HostReading(Reading, frozen=True, kw_only=True, tag="host", omit_defaults=True):
    """The box the agent runs on."""

    boot: Annotated[Text, Meta(description="boot id of the kernel")]
    uptime_s: Annotated[Amount, Meta(description="time since boot, sleep included")]
    clock: Annotated[Clock, Meta(description="what dates this agent's readings")]
    clock_error_ms: Annotated[
        Milliseconds | None, Meta(description="bound on the error of that date")
    ] = None
    clean_shutdown: Annotated[
        bool | None, Meta(description="the run before this one ended in good order")
    ] = None
    cpu_pct: Annotated[
        Percent | None, Meta(description="processor time in use since the last reading")
    ] = None
    load_1: Annotated[Amount | None, Meta(description="1-minute load average")] = None
    memory_total_bytes: Annotated[Count | None, Meta(description="memory of the box")] = None
    memory_available_bytes: Annotated[
        Count | None, Meta(description="memory that programs can still get")
    ] = None
    disk_total_bytes: Annotated[
        Count | None, Meta(description="size of the file system of the outbox")
    ] = None
    disk_free_bytes: Annotated[Count | None, Meta(description="room left on it")] = None
    temperature_celsius: Annotated[
        Celsius | None, Meta(description="hottest sensor of the box")
    ] = None


class LinkReading(Reading, frozen=True, kw_only=True, tag="link", omit_defaults=True):
    """One network interface of the box; counters are those of the kernel since it exists."""

    interface: Annotated[Label, Meta(description="name of the interface")]
    technology: Annotated[AccessTechnology, Meta(description="what kind of interface it is")]
    up: Annotated[bool, Meta(description="operational state up (RFC 2863 ifOperStatus)")]
    carrier: Annotated[bool | None, Meta(description="a cable or radio partner is there")] = None
    carrier_changes: Annotated[Count | None, Meta(description="times the carrier came or went")] = (
        None
    )
    speed_mbps: Annotated[Rate | None, Meta(description="speed of the port")] = None
    duplex: Annotated[Literal["full", "half"] | None, Meta(description="duplex of the port")] = None
    mtu_bytes: Annotated[Count | None, Meta(description="largest packet")] = None
    rx_bytes: Annotated[Count | None, Meta(description="bytes received")] = None
    tx_bytes: Annotated[Count | None, Meta(description="bytes sent")] = None
    rx_mbps: Annotated[Rate | None, Meta(description="received since the last reading")] = None
    tx_mbps: Annotated[Rate | None, Meta(description="sent since the last reading")] = None
    rx_errors: Annotated[Count | None, Meta(description="receive errors")] = None
    tx_errors: Annotated[Count | None, Meta(description="send errors")] = None
    rx_drops: Annotated[Count | None, Meta(description="received packets dropped")] = None
    tx_drops: Annotated[Count | None, Meta(description="packets to send dropped")] = None


class ReachabilityReading(
    Reading, frozen=True, kw_only=True, tag="reachability", omit_defaults=True
):
    """Echoes to one address of one target, in one address family.

    `method` says what was really sent: a box without the right to ICMP falls back to TCP. Jitter is
    the mean of the absolute differences of successive round trips.
    """

    target: Annotated[Label, Meta(description="name of the target in the settings")]
    family: Annotated[FamilyLabel, Meta(description="address family")]
    scope: Annotated[ScopeLabel, Meta(description="how far away the target is")]
    method: Annotated[EchoMethod | None, Meta(description="what was sent")] = None
    address: Annotated[Text | None, Meta(description="address that was asked")] = None
    lookup_ms: Annotated[
        Milliseconds | None, Meta(description="time to resolve the target's name")
    ] = None
    sent: Annotated[Packets | None, Meta(description="packets sent")] = None
    received: Annotated[Packets | None, Meta(description="answers received")] = None
    loss_pct: Annotated[Percent | None, Meta(description="share without an answer")] = None
    rtt_min_ms: Annotated[Milliseconds | None, Meta(description="shortest round trip")] = None
    rtt_avg_ms: Annotated[Milliseconds | None, Meta(description="mean round trip")] = None
    rtt_max_ms: Annotated[Milliseconds | None, Meta(description="longest round trip")] = None
    jitter_ms: Annotated[Milliseconds | None, Meta(description="variation of it")] = None


class AddressingReading(Reading, frozen=True, kw_only=True, tag="addressing", omit_defaults=True):
    """The box's addresses, default routes and DNS servers of one address family.

    Only what belongs to the family is filled in. Addresses themselves are not told, but for the
    prefix of a global one. `failed` says what is missing: `no_global_address`, `no_default_route`,
    `next_hop_failed`. `broken`: the kernel would not say.
    """

    family: Annotated[FamilyLabel, Meta(description="address family")]
    global_addresses: Annotated[
        Count | None, Meta(description="usable addresses of the Internet; of IPv4: public ones")
    ] = None
    private_addresses: Annotated[
        Count | None, Meta(description="of IPv4 (RFC 1918), usual behind a router")
    ] = None
    shared_addresses: Annotated[
        Count | None, Meta(description="of IPv4 (RFC 6598): the carrier translates")
    ] = None
    unique_local_addresses: Annotated[Count | None, Meta(description="of IPv6 (RFC 4193)")] = None
    link_local_addresses: Annotated[
        Count | None, Meta(description="of the link alone (RFC 3927, RFC 4291)")
    ] = None
    temporary_addresses: Annotated[
        Count | None, Meta(description="global ones that change (RFC 8981)")
    ] = None
    deprecated_addresses: Annotated[
        Count | None, Meta(description="global ones past their preferred lifetime (RFC 4862)")
    ] = None
    tentative_addresses: Annotated[
        Count | None, Meta(description="still being checked, or found twice (RFC 4862 §5.4)")
    ] = None
    sixtofour_addresses: Annotated[Count | None, Meta(description="6to4 (RFC 3056)")] = None
    teredo_addresses: Annotated[Count | None, Meta(description="Teredo (RFC 4380)")] = None
    prefix: Annotated[Text | None, Meta(description="of a global address, cut to /48 or /24")] = (
        None
    )
    default_routes: Annotated[Count | None, Meta(description="ways to everywhere")] = None
    next_hop_state: Annotated[
        NeighbourState | None, Meta(description="what the kernel knows of the preferred router")
    ] = None
    route_lifetime_s: Annotated[
        Seconds | None, Meta(description="how long the preferred route stays, if not for ever")
    ] = None
    dns_servers: Annotated[Count | None, Meta(description="resolvers of this family in use")] = None
    lans_with_prefix: Annotated[
        Count | None,
        Meta(description="of IPv6, where the box routes: networks behind it with global addresses"),
    ] = None


class DnsReading(Reading, frozen=True, kw_only=True, tag="dns", omit_defaults=True):
    """One question to one resolver of the box, over one address family."""

    server: Annotated[Label, Meta(description="address of the resolver")]
    family: Annotated[FamilyLabel, Meta(description="address family it was asked over")]
    name: Annotated[Label, Meta(description="name that was asked for")]
    record_type: Annotated[RecordTypeLabel, Meta(description="what was asked of it")]
    response_ms: Annotated[Milliseconds | None, Meta(description="time until the answer")] = None
    rcode: Annotated[
        Text | None, Meta(description="response code (IANA DNS parameters), as `NOERROR`")
    ] = None
    answers: Annotated[Count | None, Meta(description="records of the type in the answer")] = None
    authenticated: Annotated[
        bool | None, Meta(description="the resolver says it checked DNSSEC (AD, RFC 4035)")
    ] = None
    transport: Annotated[
        Literal["udp", "tcp"] | None, Meta(description="what carried the answer")
    ] = None


class ServiceReading(Reading, frozen=True, kw_only=True, tag="service", omit_defaults=True):
    """One fetch of a web address over one address family, phase by phase."""

    service: Annotated[Label, Meta(description="name of the service in the settings")]
    family: Annotated[FamilyLabel, Meta(description="address family")]
    address: Annotated[Text | None, Meta(description="address that was asked")] = None
    lookup_ms: Annotated[Milliseconds | None, Meta(description="time to resolve the name")] = None
    connect_ms: Annotated[Milliseconds | None, Meta(description="time to connect")] = None
    tls_ms: Annotated[Milliseconds | None, Meta(description="time to shake hands in TLS")] = None
    first_byte_ms: Annotated[
        Milliseconds | None, Meta(description="from the request to the first byte of the answer")
    ] = None
    total_ms: Annotated[Milliseconds | None, Meta(description="all of it")] = None
    status: Annotated[Count | None, Meta(description="status of the answer (RFC 9110 §15)")] = None
    received_bytes: Annotated[Count | None, Meta(description="bytes of the answer read")] = None
    certificate_left_d: Annotated[
        Days | None, Meta(description="until the certificate expires; negative: it has")
    ] = None


class WifiReading(Reading, frozen=True, kw_only=True, tag="wifi", omit_defaults=True):
    """Whether one expected Wi-Fi is on air, as the box's own radios know.

    `ok`: on air. `failed`: not on air, and `reason` says what is known of it: `starting` while the
    access point listens for radar first. `broken`: this box can't tell.
    """

    ssid: Annotated[Label, Meta(description="the expected network name")]
    on_air: Annotated[bool | None, Meta(description="it is on air")] = None
    role: Annotated[
        RadioRole | None, Meta(description="what that radio is: it offers it, or is its guest")
    ] = None
    interface: Annotated[Text | None, Meta(description="radio interface that has it")] = None
    channel: Annotated[Count | None, Meta(description="channel (IEEE 802.11)")] = None
    stations: Annotated[Count | None, Meta(description="devices connected to it")] = None


class RadioReading(Reading, frozen=True, kw_only=True, tag="radio", omit_defaults=True):
    """One wireless interface of the box. Devices are counted, never named; nor is a network, which
    may be nobody's business: those that are expected have readings of their own.
    """

    interface: Annotated[Label, Meta(description="name of the interface")]
    role: Annotated[RadioRole | None, Meta(description="what it does")] = None
    up: Annotated[bool | None, Meta(description="operational state up")] = None
    channel: Annotated[Count | None, Meta(description="channel (IEEE 802.11)")] = None
    frequency_mhz: Annotated[Count | None, Meta(description="centre of the main channel")] = None
    width_mhz: Annotated[Count | None, Meta(description="width of the channel")] = None
    txpower_dbm: Annotated[Dbm | None, Meta(description="transmit power")] = None
    stations: Annotated[Count | None, Meta(description="devices connected; of a client 1 or 0")] = (
        None
    )
    signal_worst_dbm: Annotated[
        Dbm | None, Meta(description="weakest signal of them; of a client its own")
    ] = None
    signal_median_dbm: Annotated[Dbm | None, Meta(description="median signal of them")] = None
    rx_bitrate_worst_mbps: Annotated[
        Rate | None, Meta(description="slowest of the last frames received from them")
    ] = None
    rx_bitrate_median_mbps: Annotated[Rate | None, Meta(description="median of those")] = None
    tx_bitrate_worst_mbps: Annotated[
        Rate | None, Meta(description="slowest of the last frames sent to them")
    ] = None
    tx_bitrate_median_mbps: Annotated[Rate | None, Meta(description="median of those")] = None
    retry_worst_pct: Annotated[
        Amount | None,
        Meta(description="repetitions for 100 frames sent to the worst of them since the last run"),
    ] = None
    retry_median_pct: Annotated[Amount | None, Meta(description="median of those")] = None
    noise_dbm: Annotated[Dbm | None, Meta(description="noise on the channel")] = None
    utilisation_pct: Annotated[
        Percent | None, Meta(description="time that the channel was busy since the last run")
    ] = None
    utilisation_reason: Annotated[
        Reason | None, Meta(description="why it is not known how busy the channel is")
    ] = None
    hostapd_state: Annotated[
        Text | None, Meta(description="what hostapd says of itself, where it may be asked")
    ] = None
    joined: Annotated[
        Count | None, Meta(description="times that a device joined, since the agent's start")
    ] = None
    left: Annotated[
        Count | None, Meta(description="times that a device left or was sent away, likewise")
    ] = None
    roamed: Annotated[
        Count | None, Meta(description="of a client: times it changed its access point, likewise")
    ] = None
    deauthenticated: Annotated[
        Count | None, Meta(description="of a client: times it was cut off, likewise")
    ] = None


class WifiJourneyReading(
    Reading, frozen=True, kw_only=True, tag="wifi_journey", omit_defaults=True
):
    """A guest's way from the first beacon to the Internet, made by a radio of the box's own.

    `ok`: the Internet was reached over one address family at least. `failed`: `failed_stage` says
    how far the guest came, `reason` why not further. `broken`: nobody could go. A stage that was
    passed has its milliseconds; with both address families those of the faster.
    """

    ssid: Annotated[Label, Meta(description="the expected network name")]
    failed_stage: Annotated[
        JourneyStage | None, Meta(description="the first stage that no address family passed")
    ] = None
    ipv4_failed_stage: Annotated[
        JourneyStage | None, Meta(description="the same of IPv4 alone")
    ] = None
    ipv6_failed_stage: Annotated[
        JourneyStage | None, Meta(description="the same of IPv6 alone")
    ] = None
    scan_ms: Annotated[Milliseconds | None, Meta(description="until it was heard")] = None
    associate_ms: Annotated[
        Milliseconds | None, Meta(description="until the access point took the guest")
    ] = None
    authenticate_ms: Annotated[
        Milliseconds | None, Meta(description="until the keys were agreed on")
    ] = None
    address_ms: Annotated[Milliseconds | None, Meta(description="until there was an address")] = (
        None
    )
    gateway_ms: Annotated[Milliseconds | None, Meta(description="until the router answered")] = None
    dns_ms: Annotated[Milliseconds | None, Meta(description="until a name was known")] = None
    portal_ms: Annotated[
        Milliseconds | None, Meta(description="until it was sure that no login page is in the way")
    ] = None
    internet_ms: Annotated[
        Milliseconds | None, Meta(description="until a server of the Internet answered")
    ] = None
    total_ms: Annotated[Milliseconds | None, Meta(description="all of it")] = None
    channel: Annotated[Count | None, Meta(description="channel (IEEE 802.11)")] = None
    signal_dbm: Annotated[Dbm | None, Meta(description="signal where the guest's radio is")] = None
    security: Annotated[WifiSecurity | None, Meta(description="how it is encrypted")] = None
    portal: Annotated[bool | None, Meta(description="a login page stands before the Internet")] = (
        None
    )
    dhcp_servers: Annotated[
        Count | None, Meta(description="servers that offered an IPv4 address; more than 1: a rogue")
    ] = None
    admin_page: Annotated[
        bool | None, Meta(description="the router shows guests its own web page")
    ] = None
    isolated: Annotated[
        bool | None, Meta(description="guests can't reach each other, tried with a second radio")
    ] = None


class WifiScanReading(Reading, frozen=True, kw_only=True, tag="wifi_scan", omit_defaults=True):
    """What a listening radio hears of one expected Wi-Fi, and of others on its channel.

    `ok`: heard. `failed`: not heard in several scans. `broken`: nobody listened. Access points are
    counted, never named.
    """

    ssid: Annotated[Label, Meta(description="the expected network name")]
    heard: Annotated[bool | None, Meta(description="an access point of that name was heard")] = None
    access_points: Annotated[Count | None, Meta(description="access points of that name")] = None
    unknown_access_points: Annotated[
        Count | None,
        Meta(description="of them, those that the settings don't know or encrypted otherwise"),
    ] = None
    signal_dbm: Annotated[Dbm | None, Meta(description="strongest of them")] = None
    channel: Annotated[Count | None, Meta(description="channel (IEEE 802.11) of that one")] = None
    security: Annotated[WifiSecurity | None, Meta(description="how that one is encrypted")] = None
    overlapping: Annotated[
        Count | None, Meta(description="other access points on frequencies that overlap its own")
    ] = None


class PathReading(Reading, frozen=True, kw_only=True, tag="path", omit_defaults=True):
    """A closer look at the way to one named system, such as a video bridge: many small packets."""

    target: Annotated[Label, Meta(description="name of the system in the settings")]
    family: Annotated[FamilyLabel, Meta(description="address family")]
    method: Annotated[EchoMethod | None, Meta(description="what was sent")] = None
    address: Annotated[Text | None, Meta(description="address that was asked")] = None
    lookup_ms: Annotated[
        Milliseconds | None, Meta(description="time to resolve the target's name")
    ] = None
    sent: Annotated[Packets | None, Meta(description="packets sent")] = None
    received: Annotated[Packets | None, Meta(description="answers received")] = None
    loss_pct: Annotated[Percent | None, Meta(description="share without an answer")] = None
    rtt_min_ms: Annotated[Milliseconds | None, Meta(description="shortest round trip")] = None
    rtt_avg_ms: Annotated[Milliseconds | None, Meta(description="mean round trip")] = None
    rtt_p95_ms: Annotated[
        Milliseconds | None, Meta(description="19 of 20 round trips were not longer")
    ] = None
    rtt_max_ms: Annotated[Milliseconds | None, Meta(description="longest round trip")] = None
    jitter_ms: Annotated[Milliseconds | None, Meta(description="variation of it")] = None


class RouteReading(Reading, frozen=True, kw_only=True, tag="route", omit_defaults=True):
    """Who answers on the way to one target, in one address family: how far packets come.

    `ok`: the target was reached. `unreachable`: it wasn't, and `last_hop` is how far they came.
    Hops are numbered from 1, the site's own router as a rule.
    """

    target: Annotated[Label, Meta(description="name of the target in the settings")]
    family: Annotated[FamilyLabel, Meta(description="address family")]
    scope: Annotated[ScopeLabel, Meta(description="how far away the target is")]
    method: Annotated[TraceMethod | None, Meta(description="what was sent")] = None
    address: Annotated[Text | None, Meta(description="address that was asked")] = None
    reached: Annotated[bool | None, Meta(description="the target itself answered")] = None
    hops: Annotated[
        Count | None, Meta(description="to the target, else to the last that answered; 0: none did")
    ] = None
    answered: Annotated[Count | None, Meta(description="hops that answered")] = None
    first_silent_hop: Annotated[
        Count | None, Meta(description="the nearest that did not answer")
    ] = None
    last_hop: Annotated[Text | None, Meta(description="address of the last that answered")] = None
    last_hop_ms: Annotated[Milliseconds | None, Meta(description="round trip to it")] = None
    beyond_gateway: Annotated[
        bool | None, Meta(description="somebody beyond the first hop answered")
    ] = None
    trace: Annotated[
        LongText | None,
        Meta(description="all hops: number, address, ms; `*` is silence, `!` a refusal"),
    ] = None


class PowerReading(Reading, frozen=True, kw_only=True, tag="power", omit_defaults=True):
    """One source of power that the box knows of: its own battery, or a UPS.

    `ok`: nothing says that the mains are gone. `failed`: they are (`on_battery`). `broken`: nobody
    can tell.
    """

    source: Annotated[Label, Meta(description="`battery`, or the name of the UPS")]
    on_mains: Annotated[bool | None, Meta(description="the mains are there")] = None
    charge_pct: Annotated[Percent | None, Meta(description="charge of the battery")] = None
    runtime_left_s: Annotated[
        Amount | None, Meta(description="how long the battery lasts, as it says itself")
    ] = None


class BackupLineReading(Reading, frozen=True, kw_only=True, tag="backup_line", omit_defaults=True):
    """One of several uplinks of the box, in one address family: the main line or a backup.

    `ok`: a target answered through it. `unreachable`: none did. Changes and fail-over are those of
    the family, and stand in the reading of each of its uplinks.
    """

    interface: Annotated[Label, Meta(description="name of the interface")]
    family: Annotated[FamilyLabel, Meta(description="address family")]
    preferred: Annotated[bool | None, Meta(description="the kernel sends through it now")] = None
    alive: Annotated[bool | None, Meta(description="a target answered through it")] = None
    gateway_alive: Annotated[bool | None, Meta(description="its router answered an echo")] = None
    rtt_ms: Annotated[Milliseconds | None, Meta(description="round trip to the target")] = None
    metric: Annotated[
        Count | None, Meta(description="of its default route: the lowest is preferred")
    ] = None
    changes: Annotated[
        Count | None, Meta(description="times the preferred uplink changed, since agent's start")
    ] = None
    failover_s: Annotated[
        Amount | None,
        Meta(description="of the last change: from the last answer before to the first after"),
    ] = None


AnyReading = (
    HostReading
    | LinkReading
    | ReachabilityReading
    | AddressingReading
    | DnsReading
    | ServiceReading
    | WifiReading
    | RadioReading
    | WifiJourneyReading
    | WifiScanReading
    | PathReading
    | RouteReading
    | PowerReading
    | BackupLineReading
    | RouterAdvertisementReading
    | ResolverReading
    | Ipv6InternetReading
    | PathMtuReading
    | Nat64Reading
    | TrafficReading
    | NeighboursReading
    | Ipv6OnlyReading
    | ThroughputReading
)
"""The closed set of readings a batch may carry; `kind` is the tag."""

KINDS: dict[str, type[Reading]] = {
    "host": HostReading,
    "link": LinkReading,
    "reachability": ReachabilityReading,
    "addressing": AddressingReading,
    "dns": DnsReading,
    "service": ServiceReading,
    "wifi": WifiReading,
    "radio": RadioReading,
    "wifi_journey": WifiJourneyReading,
    "wifi_scan": WifiScanReading,
    "path": PathReading,
    "route": RouteReading,
    "power": PowerReading,
    "backup_line": BackupLineReading,
    "router_advertisement": RouterAdvertisementReading,
    "resolver": ResolverReading,
    "ipv6_internet": Ipv6InternetReading,
    "path_mtu": PathMtuReading,
    "nat64": Nat64Reading,
    "traffic": TrafficReading,
    "neighbours": NeighboursReading,
    "ipv6_only": Ipv6OnlyReading,
    "throughput": ThroughputReading,
}


class StateReading(Reading, frozen=True, kw_only=True, tag="state", omit_defaults=True):
    """What the collector judges of a service of a site: written by it, never sent by an agent.

    Written when it changes, dated to when it did, and every five minutes, so that a site that goes
    dark does not go missing.
    """

    service: Annotated[Label, Meta(description="what is judged")]
    subject: Annotated[Label, Meta(description="the network, line or box; `-` for the site")]
    state: Annotated[
        Count, Meta(description="0 works, 1 works badly, 2 does not work, 3 not known")
    ]
    cause: Annotated[Text | None, Meta(description="why it does not work")] = None
    lasted_s: Annotated[
        Amount | None,
        Meta(description="how long it is not well: 0 where that begins, all of it at its end"),
    ] = None


JUDGED: dict[str, type[Reading]] = {"state": StateReading, "readiness": ReadinessReading}
"""Kinds of series that no batch may carry."""
