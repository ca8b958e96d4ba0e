# SPDX-License-Identifier: Apache-2.0
"""Sites and agents, as a person writes them down: `registry.toml`.

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
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, NamedTuple, cast

import msgspec
from msgspec import Meta, Struct

from sansang_collector.settings_file import InvalidFileError, is_table, read_toml
from sansang_wire.batch import MAX_BATCH_BYTES, Config, encode
from sansang_wire.checking import InvalidSettingsError, Mistake, check, suggestion
from sansang_wire.topics import AGENT_ID, is_agent_id

SITE_KINDS = ("office", "cultural_house", "school", "health_station", "other")
COMMUNE_CODE = re.compile(r"[0-9]{5}")
MAX_SSID_BYTES = 32
"""IEEE 802.11, 9.4.2.2."""
WIFI_PROBES = ("wifi", "wifi_journey", "wifi_scan")
"""Of the agent: those that are told which names to expect."""
SHA256 = re.compile(r"[0-9a-f]{64}")

Ssid = Annotated[str, Meta(min_length=1, max_length=MAX_SSID_BYTES)]
Name = Annotated[str, Meta(min_length=1, max_length=128)]


class Site(Struct, frozen=True, kw_only=True):
    """One place: an office, a cultural house, a school, a health station."""

    id: str
    name: Name
    commune: str
    commune_name: Name
    kind: str
    carrier: Name | None = None
    package_mbps: Annotated[float, Meta(gt=0, le=10_000_000)] | None = None
    ssids: list[Ssid] = []
    """The Wi-Fi networks that must be on air."""
    simulated: bool = False


class Agent(Struct, frozen=True, kw_only=True):
    """One box and where it stands. `password_sha256` is for the broker inside the collector.

    Passwords are random tokens: a plain hash of one can't be guessed back.
    """

    id: str
    site: str
    password_sha256: str | None = None
    probes: dict[str, dict[str, Any]] = {}


class RegistryContent(Struct, frozen=True, kw_only=True):
    """The file as written."""

    sites: list[Site] = []
    agents: list[Agent] = []


@dataclass(frozen=True)
class Registry:
    """Every site and agent there is; ids are unique and every agent's site exists."""

    sites: tuple[Site, ...] = ()
    agents: tuple[Agent, ...] = ()

    def site(self, name: str) -> Site | None:
        """The site with this id."""
        return self._sites.get(name)

    def agent(self, name: str) -> Agent | None:
        """The agent with this id."""
        return self._agents.get(name)

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
    sites, agents = _tables(data, "sites"), _tables(data, "agents")
    mistakes += _site_mistakes(sites) + _agent_mistakes(agents, sites)
    if mistakes:
        raise InvalidFileError(path, mistakes)
    content = msgspec.convert(data, RegistryContent)
    return Registry(tuple(content.sites), tuple(content.agents))


class _Table(NamedTuple):
    path: str
    data: Mapping[str, Any]

    def text(self, key: str) -> str | None:
        """Of what is not a text, `check` has told already."""
        value = self.data.get(key)
        return value if isinstance(value, str) else None


def _tables(data: Mapping[str, Any], name: str) -> list[_Table]:
    rows = data.get(name)
    if not isinstance(rows, list):
        return []
    return [
        _Table(f"{name}[{at}]", row)
        for at, row in enumerate(cast("list[object]", rows))
        if is_table(row)
    ]


def _site_mistakes(sites: list[_Table]) -> list[Mistake]:
    found = _twice(sites)
    for site in sites:
        name, commune, kind = site.text("id"), site.text("commune"), site.text("kind")
        if name is not None and not AGENT_ID.fullmatch(name):
            rule = "1 to 63 of a-z, 0-9 and inner hyphens"
            found.append(Mistake(f"{site.path}.id", f"{name!r} is not a site id: {rule}"))
        if commune is not None and not COMMUNE_CODE.fullmatch(commune):
            what = f"{commune!r} is not a commune's five-digit code"
            found.append(Mistake(f"{site.path}.commune", what))
        if kind is not None and kind not in SITE_KINDS:
            what = f"{kind!r} is not one of {', '.join(SITE_KINDS)}"
            near = suggestion(kind, list(SITE_KINDS))
            found.append(Mistake(f"{site.path}.kind", what + near))
        found += _ssid_mistakes(site)
    return found


def _ssid_mistakes(site: _Table) -> list[Mistake]:
    """Of what is not a list of texts, `check` has told already."""
    ssids = site.data.get("ssids")
    found: list[Mistake] = []
    seen: set[object] = set()
    for at, ssid in enumerate(cast("list[object]", ssids) if isinstance(ssids, list) else []):
        where = f"{site.path}.ssids[{at}]"
        if isinstance(ssid, str) and len(ssid) <= MAX_SSID_BYTES < len(ssid.encode()):
            what = f"{ssid!r} is {len(ssid.encode())} bytes long, at most {MAX_SSID_BYTES}"
            found.append(Mistake(where, what))
        if isinstance(ssid, str) and ssid in seen:
            found.append(Mistake(where, f"{ssid!r} is named twice"))
        seen.add(ssid if isinstance(ssid, str) else None)
    return found


def _agent_mistakes(agents: list[_Table], sites: list[_Table]) -> list[Mistake]:
    known = [name for site in sites if (name := site.text("id")) is not None]
    found = _twice(agents)
    for agent in agents:
        name, site, digest = agent.text("id"), agent.text("site"), agent.text("password_sha256")
        if name is not None and not is_agent_id(name):
            rule = "1 to 63 of a-z, 0-9 and inner hyphens; 'collector' is taken"
            found.append(Mistake(f"{agent.path}.id", f"{name!r} is not an agent id: {rule}"))
        if site is not None and site not in known:
            what = f"there is no site {site!r}{suggestion(site, known)}"
            found.append(Mistake(f"{agent.path}.site", what))
        if digest is not None and not SHA256.fullmatch(digest):
            what = "is not a SHA-256 in 64 digits of 0-9 and a-f"
            found.append(Mistake(f"{agent.path}.password_sha256", what))
        found += _settings_mistakes(agent)
    return found


def _settings_mistakes(agent: _Table) -> list[Mistake]:
    """What the probes make of their settings only the agent can tell, in its hello."""
    size = len(msgspec.json.encode(agent.data.get("probes")))
    if size <= MAX_BATCH_BYTES - 1024:
        return []
    what = f"is too large for one message ({size} bytes, at most {MAX_BATCH_BYTES - 1024})"
    return [Mistake(f"{agent.path}.probes", what)]


def _twice(tables: list[_Table]) -> list[Mistake]:
    first: dict[str, str] = {}
    found: list[Mistake] = []
    for table in tables:
        name = table.text("id")
        if name is None:
            continue
        if name in first:
            found.append(
                Mistake(f"{table.path}.id", f"{name!r} is the id of {first[name]} already")
            )
        first.setdefault(name, table.path)
    return found


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

    def __init__(self, path: Path) -> None:
        """Raises InvalidFileError when there is nothing good to begin with."""
        self.path = path
        self._seen = _stamp(path)
        self.current = load(path)
        self.problem: str | None = None
        """What is wrong with the file on disk, while `current` is older than it."""

    def reload(self) -> bool:
        """Look at the file again; true when another registry is in use now."""
        stamp = _stamp(self.path)
        if stamp == self._seen:
            return False
        self._seen = stamp
        try:
            found = load(self.path)
        except InvalidFileError as error:
            self.problem = f"{self.path}: {'; '.join(map(str, error.mistakes))}"
            return False
        self.problem = None
        changed = found != self.current
        self.current = found
        return changed


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes when the file does; an editor that writes a new one changes the inode."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
