# SPDX-License-Identifier: Apache-2.0
"""Who is told what, when, in which language: read from the contacts of the registry. Pure.

An address without a name is told of everything at once. One with a name belongs to the contacts
that name it: what concerns their role, of their sites, as late and as seldom as they wish.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from sansang_collector.hours import OpeningHours, is_open, parse_hours
from sansang_collector.message_sql import Message
from sansang_collector.notify.channels import ZALO, Channel
from sansang_collector.registry_entries import Contact, Site
from sansang_wire.checking import Mistake, suggestion
from sansang_wire.language import Language

MINUTE_US, HOUR_US = 60_000_000, 3_600_000_000
OF_ROLE: Mapping[str, frozenset[str]] = {
    "keeper": frozenset({"contact", "power", "internet", "dns", "wifi", "area"}),
    "carrier": frozenset({"internet", "ipv6", "area"}),
}
"""Those that are not named here are told of everything."""
LOOKS_AFTER = frozenset({"officer", "operator"})
"""Who is told that a channel does not work."""
Verdict = Literal["now", "wait", "never"]


class Plan(NamedTuple):
    """How one address gets a message. `contact` is None for an address without a name."""

    language: Language
    contact: Contact | None = None
    hours: OpeningHours | None = None
    """When nothing is sent."""

    @property
    def after_us(self) -> int:
        """Told only of what lasts so long."""
        return 0 if self.contact is None else self.contact.after_min * MINUTE_US

    @property
    def remind_us(self) -> int | None:
        """Reminded each time that it lasts so much longer."""
        hours = self.contact and self.contact.remind_h
        return int(hours * HOUR_US) if hours else None

    def is_quiet(self, now: int) -> bool:
        """Whether nothing is sent at this instant (µs)."""
        return self.hours is not None and is_open(self.hours, now)


def plan_for(
    channel: Channel,
    message: Message,
    site: Callable[[str], Site | None],
    contacts: Sequence[Contact],
    language: Language,
) -> Plan | None:
    """None when the message is not for this address."""
    if message.about.service == "channel" and message.about.subject == channel.name:
        return None
    if channel.label is None:
        return Plan(language)
    named = (message.about.site,) if message.about.site else message.sites
    sites = [found for each in named if (found := site(each)) is not None]
    wanting = [each for each in contacts if channel.reaches(each)]
    if message.about.service == "channel":
        wanting = [each for each in wanting if each.role in LOOKS_AFTER]
    else:
        wanting = [each for each in wanting if _concerns(each, message, sites)]
    if not wanting:
        return None
    contact = min(wanting, key=lambda each: each.after_min)
    zone = sites[0].time_zone if sites else OpeningHours().zone
    quiet = OpeningHours(zone, (parse_hours(contact.quiet),) * 7) if contact.quiet else None
    return Plan(contact.language, contact, quiet)


def _concerns(contact: Contact, message: Message, sites: Sequence[Site]) -> bool:
    services = OF_ROLE.get(contact.role)
    return (services is None or message.about.service in services) and any(
        contact.concerns(each) for each in sites
    )


def verdict(plan: Plan, message: Message, now: int, *, lasts: bool, knows: bool) -> Verdict:
    """Whether it is sent. `lasts`: what it tells is still so; `knows`: of an end, whether this
    address was told of the beginning. An address without a name gets everything.
    """
    if plan.contact is None:
        return "now"
    if message.notice.state == "up":
        return "never" if not knows else "wait" if plan.is_quiet(now) else "now"
    patient = plan.after_us > 0 or plan.hours is not None
    if patient and not lasts:
        return "never"
    early = now < message.notice.since + plan.after_us
    return "wait" if early or plan.is_quiet(now) else "now"


def unknown_channels(
    contacts: Sequence[Contact], channels: Sequence[Channel], *, has_bot: bool
) -> list[Mistake]:
    """Names that contacts use and no address has: they would be told nothing. `has_bot`: those who
    link a chat with Zalo can be told there.
    """
    labels = sorted({each.label for each in channels if each.label})
    return [
        Mistake(f"contacts.{contact.id}.channels", _unknown(name, labels))
        for contact in contacts
        for name in contact.channels
        if name not in labels and not (name == ZALO and has_bot)
    ]


def _unknown(name: str, labels: list[str]) -> str:
    if name == ZALO:
        return f"{name!r} needs the token of a bot: name a token_file in [zalo] of collector.toml"
    return f"{name!r} is the name of no line of notify.urls{suggestion(name, labels)}"
