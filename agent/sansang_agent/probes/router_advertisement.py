# SPDX-License-Identifier: Apache-2.0
"""What routers advertise on each link, whether that is sound, and whether a stranger does so, too.

Method: routers are asked at each run and all that answer are heard, by a worker; without one, what
the kernel took over from advertisements and handed on since the agent began. Each name server they
name is asked a question.
Source: RFC 4861 §6.1.2 and §6.3.7, RFC 4862 §5.5.3, RFC 8106, RFC 8781, RFC 8910; rtnetlink(7).
Privileges: CAP_NET_RAW in a worker that lives for 4 to 12 seconds; without it less is known.
Data: see docs/probes/router_advertisement.md.
"""

import asyncio
from collections.abc import Mapping, Sequence
from ipaddress import IPv6Address
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from sansang_agent.net import interfaces, reasons
from sansang_agent.net.accepted_advertisements import AcceptedAdvertisements
from sansang_agent.net.advertisement import Advertisement, Heard, Options
from sansang_agent.net.boot import boottime_us
from sansang_agent.net.dns_query import ask as ask_name_server
from sansang_agent.net.listed_routers import ListedRouters, prefix_in_words
from sansang_agent.net.own_addresses import own_addresses
from sansang_agent.net.worker import WorkerError, ask
from sansang_agent.probes.base import Need, Probe, ProbeSettings, Surroundings
from sansang_wire.ipv6_readings import AdvertisementMethod, RouterAdvertisementReading
from sansang_wire.readings import AnyReading

WORKER_WITHIN_S = 40
"""It listens for 12 s at most, and starts slowly on a small box."""
ASKED_NAME = "vnnic.vn"
NAME_SERVER_TIMEOUT_S = 3
MOST_ASKED = 4


class RouterAdvertisementSettings(
    ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """`routers`: those that belong here, each by its link-local address, its hardware address, or
    the prefix that it advertises; with none named nobody is a stranger. `ignore`: names of
    interfaces to leave out, with `*`, `?` and `[…]` as in a shell.
    """

    routers: Annotated[list[str], Meta(max_length=64)] = msgspec.field(default_factory=list[str])
    ignore: Annotated[list[str], Meta(max_length=64)] = msgspec.field(
        default_factory=lambda: list(interfaces.NOT_OF_THE_SITE)
    )

    def __post_init__(self) -> None:
        """Refuse what names no router."""
        ListedRouters(self.routers)


class RouterAdvertisementProbe(Probe[RouterAdvertisementSettings]):
    """One reading for each link that speaks IPv6."""

    kind = "router_advertisement"
    settings_type = RouterAdvertisementSettings
    every_s: ClassVar = {"default": 900, "metered": 3600}

    def __init__(self, settings: RouterAdvertisementSettings, surroundings: Surroundings) -> None:
        super().__init__(settings, surroundings)
        self._listed = ListedRouters(settings.routers)
        self._accepted: AcceptedAdvertisements | None = None

    def needs(self) -> set[Need]:
        return {"netlink"}

    async def run(self) -> Sequence[AnyReading]:
        at = boottime_us()
        try:
            if self._accepted is None:
                self._accepted = AcceptedAdvertisements()
            links = self._links()
        except OSError:
            return [_broken(at, interfaces.NONE, reasons.NO_NETLINK)]
        if not links:
            return [_broken(at, interfaces.NONE, "no_ipv6_link")]
        answered, asking_reason = await _ask_routers(list(links))
        measured = await asyncio.gather(
            *(
                self._measure(at, self._accepted, link, own, answered.get(link))
                for link, own in links.items()
            )
        )
        return [msgspec.structs.replace(each, asking_reason=asking_reason) for each in measured]

    def _links(self) -> dict[str, set[str]]:
        """With the box's own addresses on each. Of a bridge its ports are not asked."""
        links: dict[str, set[str]] = {}
        for each in own_addresses("ipv6"):
            name = each.interface
            if (
                each.kind == "link_local"
                and not each.tentative
                and interfaces.is_wanted(name, self.settings.ignore)
                and interfaces.has_carrier(name)
                and not interfaces.is_port(name)
            ):
                links.setdefault(name, set()).add(str(each.address))
        return links

    async def _measure(
        self,
        at: int,
        accepted: AcceptedAdvertisements,
        interface: str,
        own: set[str],
        answered: Heard | None,
    ) -> RouterAdvertisementReading:
        method: AdvertisementMethod = "raw_socket"
        if answered is None:
            method = "netlink"
            try:
                taken = accepted.of(interface)
            except OSError:
                return _broken(at, interface, reasons.NO_NETLINK)
            if taken is None:
                return _broken(at, interface, "not_accepted")
            answered = Heard(advertisements=taken)
        heard = answered.advertisements
        reason = _reason(answered)
        reading = RouterAdvertisementReading(
            at=at,
            outcome=("unreachable" if reason == "no_advertisement" else "failed")
            if reason
            else "ok",
            reason=reason,
            interface=interface,
            method=method,
            routers=len(heard),
        )
        if not heard:
            return reading
        more = {**_of_routers(heard), **self._of_strangers(heard, own)}
        known = [each.options for each in heard if each.options is not None]
        if known:
            more |= {
                **_of_options(known),
                "dns_servers_answering": await _answering(known, interface),
            }
        return msgspec.structs.replace(reading, **more)

    def _of_strangers(self, heard: Sequence[Advertisement], own: set[str]) -> dict[str, object]:
        if not self.settings.routers:
            return {}
        strangers = [each for each in heard if each.source not in own and each not in self._listed]
        prefixes = [
            prefix_in_words(prefix)
            for each in strangers
            if each.options is not None
            for prefix in each.options.prefixes
        ]
        return {"unlisted_routers": len(strangers), "unlisted_prefix": min(prefixes, default=None)}


async def _ask_routers(links: list[str]) -> tuple[Mapping[str, Heard], str | None]:
    """By link; empty when there is no worker that can ask, and why."""
    try:
        answer = await ask("router_advertisement", {"interfaces": links}, WORKER_WITHIN_S)
        if "broken" in answer:
            return {}, str(answer["broken"])
        return msgspec.convert(answer, dict[str, Heard]), None
    except WorkerError as error:
        return {}, error.reason
    except msgspec.ValidationError:
        return {}, "worker_failed"


def _reason(heard: Heard) -> str | None:
    if not heard.advertisements:
        return "invalid" if heard.invalid else "no_advertisement"
    lifetimes = [each.lifetime_s for each in heard.advertisements]
    return "lifetime_zero" if set(lifetimes) == {0} else None


def _of_routers(heard: Sequence[Advertisement]) -> dict[str, object]:
    first = max(heard, key=lambda each: each.lifetime_s or 0)
    return {
        "router_lifetime_s": first.lifetime_s,
        "preference": first.preference,
        "managed": first.managed,
        "other_config": first.other_config,
        "mtu_bytes": first.mtu_bytes,
    }


def _of_options(known: Sequence[Options]) -> dict[str, object]:
    """Of all routers together, each thing once."""
    usable = {
        each.network: each for of_one in known for each in of_one.prefixes if each.makes_addresses
    }
    # One that is still good before one that is being given up, then by number: it stays the same.
    first = min(
        usable.values(), key=lambda each: (not each.preferred_s, each.network), default=None
    )
    pref64 = next((each for each in known if each.pref64), None)
    return {
        "prefixes": len(usable),
        "prefix": prefix_in_words(first) if first else None,
        "prefix_valid_s": first.valid_s if first else None,
        "prefix_preferred_s": first.preferred_s if first else None,
        "dns_servers": len({server for each in known for server in each.dns_servers}),
        "search_domains": len({domain for each in known for domain in each.search_domains}),
        "pref64": pref64.pref64 if pref64 else None,
        "pref64_lifetime_s": pref64.pref64_lifetime_s if pref64 else None,
        "captive_portal": any(each.captive_portal for each in known),
    }


async def _answering(known: Sequence[Options], interface: str) -> int:
    """Of the name servers, how many know an answer."""
    servers = sorted({IPv6Address(each) for of_one in known for each in of_one.dns_servers})
    on_link = [
        IPv6Address(f"{each}%{interface}") if each.is_link_local else each
        for each in servers[:MOST_ASKED]
    ]
    came = await asyncio.gather(
        *(ask_name_server(each, ASKED_NAME, "AAAA", NAME_SERVER_TIMEOUT_S) for each in on_link)
    )
    return sum(each.answer is not None and each.answer.rcode == "NOERROR" for each in came)


def _broken(at: int, interface: str, reason: str) -> RouterAdvertisementReading:
    return RouterAdvertisementReading(at=at, outcome="broken", reason=reason, interface=interface)
