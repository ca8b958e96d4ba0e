# SPDX-License-Identifier: Apache-2.0
"""Sites, agents, closures and contacts, as a person writes them down: `registry.toml`.

[[sites]]
id = "nvh-thon-dong"                # never changes, even when the village is renamed
name = "Nhà văn hóa thôn Đông"
commune = "11824"                   # the five-digit code
commune_name = "Xã Vĩnh Bảo"
kind = "cultural_house"

[[agents]]
id = "nvh-thon-dong-1"
site = "nvh-thon-dong"

[agents.probes.link]                # sent to this agent
every_s = 120
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from sansang_collector.hours import Closure, Minutes, OpeningHours, parse_hours
from sansang_collector.registry_checks import rule_mistakes
from sansang_collector.registry_entries import (
    Agent,
    ClosedDays,
    Contact,
    RegistryContent,
    Site,
    SpeedSection,
    WeekHours,
)
from sansang_collector.settings_file import InvalidFileError, read_toml
from sansang_wire.batch import Config, encode
from sansang_wire.checking import InvalidSettingsError, Mistake, check

WIFI_PROBES = ("wifi", "wifi_journey", "wifi_scan")
"""Of the agent: those that are told which names to expect."""


@dataclass(frozen=True)
class Registry:
    """Every site and agent there is; ids are unique, and all that is referred to exists."""

    sites: tuple[Site, ...] = ()
    agents: tuple[Agent, ...] = ()
    closures: tuple[ClosedDays, ...] = ()
    contacts: tuple[Contact, ...] = ()
    speed: SpeedSection = field(default_factory=SpeedSection)

    def site(self, name: str) -> Site | None:
        """The site with this id."""
        return self._sites.get(name)

    def agent(self, name: str) -> Agent | None:
        """The agent with this id."""
        return self._agents.get(name)

    def agents_of(self, site_id: str) -> Sequence[Agent]:
        """The agents of a site, in the order of the file."""
        return self._agents_of.get(site_id, ())

    def contact(self, name: str) -> Contact | None:
        """The contact with this id."""
        return self._contacts.get(name)

    def contacts_at(self, channel: str | None) -> Sequence[Contact]:
        """Those who name this channel, in the order of the file."""
        return self._contacts_at.get(channel or "", ())

    def hours(self, site_id: str) -> OpeningHours:
        """When the site is open, by its hours and closures; always when there is no such site."""
        return self._hours.get(site_id, OpeningHours())

    def target_mbps(self, site: Site) -> float | None:
        """What its line should give by the plan of its commune; None when that says nothing."""
        found = [each.mbps for each in self.speed.targets if each.concerns(site)]
        return found[-1] if found else None

    def config_for(self, agent: str) -> Config | None:
        """What to tell this agent; None when it is not in the registry.

        An agent without settings of its own is told so: what it was told before no longer holds.
        The version changes with the content and with nothing else.
        """
        entry = self.agent(agent)
        if entry is None:
            return None
        site = self.site(entry.site)
        return _config(entry, site.ssids if site else [])

    @cached_property
    def _sites(self) -> Mapping[str, Site]:
        return {site.id: site for site in self.sites}

    @cached_property
    def _hours(self) -> Mapping[str, OpeningHours]:
        return {site.id: _opening_hours(site, self.closures) for site in self.sites}

    @cached_property
    def _agents_of(self) -> Mapping[str, Sequence[Agent]]:
        found: dict[str, list[Agent]] = {}
        for agent in self.agents:
            found.setdefault(agent.site, []).append(agent)
        return found

    @cached_property
    def _contacts(self) -> Mapping[str, Contact]:
        return {contact.id: contact for contact in self.contacts}

    @cached_property
    def _contacts_at(self) -> Mapping[str, Sequence[Contact]]:
        found: dict[str, list[Contact]] = {}
        for contact in self.contacts:
            for name in contact.channels:
                found.setdefault(name, []).append(contact)
        return found

    @cached_property
    def _agents(self) -> Mapping[str, Agent]:
        return {agent.id: agent for agent in self.agents}


def load(path: Path) -> Registry:
    """Raises InvalidFileError with all that is wrong with the file."""
    return check_registry(read_toml(path), path)


def check_registry(data: Mapping[str, Any], path: Path) -> Registry:
    """Raises InvalidFileError with every mistake in `data`, which was read from `path`."""
    mistakes: list[Mistake] = []
    try:
        check(data, RegistryContent)
    except InvalidSettingsError as error:
        mistakes += error.mistakes
    mistakes += rule_mistakes(data)
    if mistakes:
        raise InvalidFileError(path, mistakes)
    content = msgspec.convert(data, RegistryContent)
    return Registry(
        tuple(content.sites),
        tuple(content.agents),
        tuple(content.closures),
        tuple(content.contacts),
        content.speed,
    )


def _opening_hours(site: Site, closures: Iterable[ClosedDays]) -> OpeningHours:
    return OpeningHours(
        zone=site.time_zone,
        weekly=_weekly(site.hours) if site.hours else (),
        closures=tuple(
            Closure(each.first, each.last, each.name, parse_hours(each.open))
            for each in closures
            if each.concerns(site)
        ),
    )


def _weekly(week: WeekHours) -> tuple[Minutes, ...]:
    named: tuple[str | None, ...] = (
        week.mon,
        week.tue,
        week.wed,
        week.thu,
        week.fri,
        week.sat,
        week.sun,
    )
    return tuple(parse_hours(day or week.daily or "closed") for day in named)


def _config(agent: Agent, ssids: list[str]) -> Config:
    """The agent's own settings; which Wi-Fi to expect is the site's, unless the agent's own say."""
    wanted = dict(agent.probes)
    if ssids:
        for kind in WIFI_PROBES:
            wanted[kind] = {"ssids": ssids, **wanted.get(kind, {})}
    content = msgspec.json.encode(wanted, order="deterministic")
    # Settings as JSON has them: TOML's dates become the texts that the agent will read.
    probes = msgspec.json.decode(encode(wanted), type=dict[str, dict[str, Any]])
    return Config(version=hashlib.sha256(content).hexdigest()[:12], probes=probes)


class RegistryFile:
    """The registry on disk, read again when it changes; while it is broken the last good stays."""

    def __init__(
        self, path: Path, check: Callable[[Registry], list[Mistake]] = lambda _: []
    ) -> None:
        """`check` finds what else must not be. Raises InvalidFileError when there is nothing good
        to begin with.
        """
        self.path = path
        self._check = check
        self._seen = _stamp(path)
        self.current = self._load()
        self.problem: str | None = None
        """What is wrong with the file on disk, while `current` is older than it."""

    def reload(self) -> bool:
        """Look at the file again; true when another registry is in use now."""
        stamp = _stamp(self.path)
        if stamp == self._seen:
            return False
        self._seen = stamp
        try:
            found = self._load()
        except InvalidFileError as error:
            self.problem = f"{self.path}: {'; '.join(map(str, error.mistakes))}"
            return False
        self.problem = None
        changed = found != self.current
        self.current = found
        return changed

    def _load(self) -> Registry:
        found = load(self.path)
        if mistakes := self._check(found):
            raise InvalidFileError(self.path, mistakes)
        return found


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes when the file does; an editor that writes a new one changes the inode."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
