# SPDX-License-Identifier: Apache-2.0
"""What one router advertises on a link (RFC 4861 §4.2), however it was heard."""

from ipaddress import IPv6Network

from msgspec import Struct

from sansang_wire.ipv6_readings import RouterPreference

HOST_BITS = 64
"""Of an address that a host makes: with a prefix of any other length it makes none (RFC 4862
§5.5.3 d)."""


class Prefix(Struct, frozen=True, kw_only=True):
    """A prefix information option (RFC 4861 §4.6.2); lifetimes in seconds."""

    prefix: str
    autonomous: bool
    valid_s: int
    preferred_s: int

    @property
    def network(self) -> IPv6Network:
        return IPv6Network(self.prefix, strict=False)

    @property
    def makes_addresses(self) -> bool:
        """RFC 4862 §5.5.3 a to d: hosts ignore any other."""
        network = self.network
        return (
            self.autonomous
            and not network.is_link_local
            and 0 < self.valid_s >= self.preferred_s
            and network.prefixlen == HOST_BITS
        )


class Options(Struct, frozen=True, kw_only=True):
    """All but prefixes only as long as their lifetime is not 0."""

    prefixes: list[Prefix]
    dns_servers: list[str]
    search_domains: list[str]
    pref64: str | None
    pref64_lifetime_s: int | None
    captive_portal: bool


class Advertisement(Struct, frozen=True, kw_only=True):
    """The last of one source. None is what could not be heard."""

    source: str
    hardware_address: str | None
    """As it says itself (RFC 4861 §4.6.1)."""
    lifetime_s: int | None
    preference: RouterPreference | None
    managed: bool | None
    other_config: bool | None
    mtu_bytes: int | None
    options: Options | None


class Heard(Struct, frozen=True, kw_only=True):
    """On one link; `invalid` is the number of those that RFC 4861 §6.1.2 has thrown away."""

    advertisements: list[Advertisement]
    invalid: int = 0
