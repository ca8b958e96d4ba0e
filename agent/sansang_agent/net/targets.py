# SPDX-License-Identifier: Apache-2.0
"""Things to reach as settings name them: where each is in one address family, and does it answer.

One address, and never another one: a second address or the other family must not hide that the
first is gone.
"""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Annotated, Generic, NamedTuple, TypeVar

import msgspec
from msgspec import Meta, Struct

from sansang_agent.net import reasons
from sansang_agent.net.addresses import Address, family_of, literal
from sansang_agent.net.boot import boottime_us
from sansang_agent.net.echo import Wish, echoes
from sansang_agent.net.echoes import Echoes, Plan
from sansang_agent.net.resolve import NotResolvedError, first_address
from sansang_agent.net.routes import default_route
from sansang_wire.reading import Family

GATEWAY = "gateway"
BOTH: list[Family] = ["ipv4", "ipv6"]
MOST_TARGETS = 32
LOOKUP_DEADLINE_S = 5
"""As long as the C library waits for its first resolver before it asks again (resolv.conf(5))."""


class Place(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that is somewhere.

    `host` is an address, a name, or `gateway` for the box's default router. An address is of one
    family only: a place with one address of each is written as two entries of the same name.
    """

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    host: Annotated[str, Meta(min_length=1, max_length=253)]
    families: Annotated[list[Family], Meta(min_length=1, max_length=2)] = msgspec.field(
        default_factory=lambda: list(BOTH)
    )

    @property
    def has_name(self) -> bool:
        """Whether a resolver has to be asked for it."""
        return self.host != GATEWAY and literal(self.host) is None

    def measured_families(self) -> list[Family]:
        """Those asked for; of an address only its own."""
        address = literal(self.host)
        own = None if address is None else family_of(address)
        return [family for family in BOTH if family in self.families and own in {None, family}]


class Target(Place, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to reach. `port` is for TCP, be it the `method` or what ICMP falls back to."""

    method: Wish = "icmp"
    port: Annotated[int, Meta(ge=1, le=65_535)] = 443


T = TypeVar("T", bound=Target)


def refuse_ambiguous(targets: Iterable[Place]) -> None:
    """Raises ValueError for too many, for one that can't be measured, and for two series of one
    name: each reading of a run must be a series of its own.
    """
    targets = list(targets)
    if len(targets) > MOST_TARGETS:
        raise ValueError(f"no more than {MOST_TARGETS} targets")
    seen: set[tuple[str, Family]] = set()
    for target in targets:
        if not target.measured_families():
            raise ValueError(f"target {target.name}: {target.host} is of another family")
        for family in target.measured_families():
            if (target.name, family) in seen:
                raise ValueError(f"target {target.name}: named twice for {family}")
            seen.add((target.name, family))


class Located(NamedTuple):
    """Where a target is in one family, or why that is not known."""

    address: Address | None = None
    lookup_ms: float | None = None
    reason: str | None = None


class Asked(NamedTuple, Generic[T]):
    """What came of asking a target in one family; `at` is CLOCK_BOOTTIME in µs.

    `came` is None when there was no address to ask.
    """

    target: T
    family: Family
    at: int
    located: Located
    came: Echoes | None


async def ask_all(targets: Iterable[T], plan: Plan) -> list[Asked[T]]:
    """All at the same time, the packets of one target one after the other."""
    asked = await asyncio.gather(*(_ask(target, plan) for target in targets))
    return list(chain.from_iterable(asked))


async def _ask(target: T, plan: Plan) -> Sequence[Asked[T]]:
    """In turn, so that one family doesn't wait in the other's queue."""
    return [await _ask_in(target, family, plan) for family in target.measured_families()]


async def _ask_in(target: T, family: Family, plan: Plan) -> Asked[T]:
    located = await locate(target.host, family)
    at = boottime_us()
    came = None
    if located.address is not None:
        came = await echoes(located.address, target.port, plan, target.method)
    return Asked(target, family, at, located, came)


async def locate(host: str, family: Family) -> Located:
    """Never raises for what the network or the kernel does."""
    if host == GATEWAY:
        return _locate_gateway(family)
    address = literal(host)
    if address is not None:
        return Located(address)
    try:
        address, elapsed_ms = await first_address(host, family, LOOKUP_DEADLINE_S)
    except NotResolvedError as error:
        return Located(lookup_ms=error.elapsed_ms, reason=error.reason)
    return Located(address, elapsed_ms)


def _locate_gateway(family: Family) -> Located:
    try:
        route = default_route(family)
    except OSError:
        return Located(reason=reasons.NO_NETLINK)
    if route is None:
        return Located(reason=reasons.NO_ROUTE)
    return Located(route.router, reason=None if route.router else reasons.NO_GATEWAY)
