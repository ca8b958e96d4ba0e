# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a registry beyond the types of its values: every mistake at once.

Keys are read from the raw tables, so that a rule between two of them is told in the same breath as
a typing error in a third. Of what has the wrong type `check` has told already.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from sansang_collector.hours import parse_hours
from sansang_collector.registry_entries import (
    DAYS,
    LINE_KINDS,
    MAX_SSID_BYTES,
    ROLES,
    SITE_KINDS,
)
from sansang_collector.settings_file import is_table
from sansang_wire.batch import MAX_BATCH_BYTES
from sansang_wire.checking import Mistake, suggestion
from sansang_wire.topics import AGENT_ID, is_agent_id

COMMUNE_CODE = re.compile(r"[0-9]{5}")
CHANNEL = re.compile(r"[a-z0-9-]{1,63}")
SHA256 = re.compile(r"[0-9a-f]{64}")


class _Table(NamedTuple):
    path: str
    data: Mapping[str, Any]

    def text(self, key: str) -> str | None:
        value = self.data.get(key)
        return value if isinstance(value, str) else None

    def texts(self, key: str) -> list[tuple[int, str]]:
        """Each text of a list, and which one it is."""
        value = self.data.get(key)
        items = cast("list[object]", value) if isinstance(value, list) else []
        return [(at, item) for at, item in enumerate(items) if isinstance(item, str)]

    def mistake(self, key: str, what: str) -> Mistake:
        return Mistake(f"{self.path}.{key}", what)


class _Known(NamedTuple):
    """What a closure or a contact may refer to."""

    sites: list[str]
    communes: list[str]
    carriers: list[str]


def rule_mistakes(data: Mapping[str, Any]) -> list[Mistake]:
    """All but the types, in the order of the tables."""
    sites = _tables(data, "sites")
    known = _Known(*(_values(sites, key) for key in ("id", "commune", "carrier")))
    found = _twice(sites)
    for site in sites:
        found += _site_mistakes(site)
    agents = _tables(data, "agents")
    found += _twice(agents)
    for agent in agents:
        found += _agent_mistakes(agent, known)
    for closure in _tables(data, "closures"):
        found += _closure_mistakes(closure, known)
    contacts = _tables(data, "contacts")
    found += _twice(contacts)
    for contact in contacts:
        found += _contact_mistakes(contact, known)
    speed = data.get("speed")
    for target in _tables(speed, "targets", "speed.") if is_table(speed) else ():
        found += _choice_mistakes(target, "line_kind", LINE_KINDS)
        found += _stranger_mistakes(target, known)
    return found


def _tables(data: Mapping[str, Any], name: str, within: str = "") -> list[_Table]:
    rows = data.get(name)
    if not isinstance(rows, list):
        return []
    return [
        _Table(f"{within}{name}[{at}]", row)
        for at, row in enumerate(cast("list[object]", rows))
        if is_table(row)
    ]


def _values(tables: list[_Table], key: str) -> list[str]:
    return [value for table in tables if (value := table.text(key)) is not None]


def _twice(tables: list[_Table]) -> list[Mistake]:
    first: dict[str, str] = {}
    found: list[Mistake] = []
    for table in tables:
        name = table.text("id")
        if name is None:
            continue
        if name in first:
            found.append(table.mistake("id", f"{name!r} is the id of {first[name]} already"))
        first.setdefault(name, table.path)
    return found


def _site_mistakes(site: _Table) -> list[Mistake]:
    found = _id_mistakes(site, "site")
    commune, zone = site.text("commune"), site.text("time_zone")
    if commune is not None and not COMMUNE_CODE.fullmatch(commune):
        found.append(site.mistake("commune", f"{commune!r} is not a commune's five-digit code"))
    found += _choice_mistakes(site, "kind", SITE_KINDS)
    found += _choice_mistakes(site, "line_kind", LINE_KINDS)
    if zone is not None and not _is_zone(zone):
        near = suggestion(zone, sorted(available_timezones()))
        found.append(site.mistake("time_zone", f"there is no time zone {zone!r}{near}"))
    return found + _week_mistakes(site) + _ssid_mistakes(site)


def _id_mistakes(table: _Table, what: str) -> list[Mistake]:
    name = table.text("id")
    if name is None or AGENT_ID.fullmatch(name):
        return []
    rule = "1 to 63 of a-z, 0-9 and inner hyphens"
    return [table.mistake("id", f"{name!r} is not a {what} id: {rule}")]


def _choice_mistakes(table: _Table, key: str, choices: tuple[str, ...]) -> list[Mistake]:
    value = table.text(key)
    if value is None or value in choices:
        return []
    near = suggestion(value, list(choices))
    return [table.mistake(key, f"{value!r} is not one of {', '.join(choices)}{near}")]


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, LookupError, ValueError):  # a folder of zones, an unknown one, a path
        return False
    return True


def _week_mistakes(site: _Table) -> list[Mistake]:
    week = site.data.get("hours")
    if not is_table(week):
        return []
    table = _Table(f"{site.path}.hours", week)
    found = [mistake for key in ("daily", *DAYS) for mistake in _hours_mistakes(table, key)]
    missing = [day for day in DAYS if day not in week]
    if missing and "daily" not in week:
        what = f"says nothing of {', '.join(missing)}: name each day, or give daily"
        found.append(site.mistake("hours", what))
    return found


def _hours_mistakes(table: _Table, key: str) -> list[Mistake]:
    text = table.text(key)
    if text is None:
        return []
    try:
        parse_hours(text)
    except ValueError as error:
        return [table.mistake(key, str(error))]
    return []


def _ssid_mistakes(site: _Table) -> list[Mistake]:
    found: list[Mistake] = []
    seen: set[str] = set()
    for at, ssid in site.texts("ssids"):
        where = f"ssids[{at}]"
        size = len(ssid.encode())
        if len(ssid) <= MAX_SSID_BYTES < size:
            what = f"{ssid!r} is {size} bytes long, at most {MAX_SSID_BYTES}"
            found.append(site.mistake(where, what))
        if ssid in seen:
            found.append(site.mistake(where, f"{ssid!r} is named twice"))
        seen.add(ssid)
    return found


def _agent_mistakes(agent: _Table, known: _Known) -> list[Mistake]:
    found: list[Mistake] = []
    name, site, digest = agent.text("id"), agent.text("site"), agent.text("password_sha256")
    if name is not None and not is_agent_id(name):
        rule = "1 to 63 of a-z, 0-9 and inner hyphens; 'collector' is taken"
        found.append(agent.mistake("id", f"{name!r} is not an agent id: {rule}"))
    if site is not None and site not in known.sites:
        near = suggestion(site, known.sites)
        found.append(agent.mistake("site", f"there is no site {site!r}{near}"))
    if digest is not None and not SHA256.fullmatch(digest):
        what = "is not a SHA-256 in 64 digits of 0-9 and a-f"
        found.append(agent.mistake("password_sha256", what))
    # What the probes make of their settings only the agent can tell, in its hello.
    size = len(msgspec.json.encode(agent.data.get("probes")))
    if size > MAX_BATCH_BYTES - 1024:
        what = f"is too large for one message ({size} bytes, at most {MAX_BATCH_BYTES - 1024})"
        found.append(agent.mistake("probes", what))
    return found


def _closure_mistakes(closure: _Table, known: _Known) -> list[Mistake]:
    first, last = _date(closure.data.get("first")), _date(closure.data.get("last"))
    found: list[Mistake] = []
    if first and last and last < first:
        found.append(closure.mistake("last", f"{last} is before first, {first}"))
    return found + _hours_mistakes(closure, "open") + _stranger_mistakes(closure, known)


def _date(value: object) -> date | None:
    try:
        return msgspec.convert(value, date)
    except msgspec.ValidationError:
        return None


def _stranger_mistakes(table: _Table, known: _Known) -> list[Mistake]:
    """What it refers to and no site is or has."""
    found: list[Mistake] = []
    for key, what, names in (
        ("sites", "there is no site", known.sites),
        ("communes", "no site is in a commune", known.communes),
        ("carriers", "no site has the carrier", known.carriers),
    ):
        for at, name in table.texts(key):
            if name not in names:
                near = suggestion(name, names)
                found.append(table.mistake(f"{key}[{at}]", f"{what} {name!r}{near}"))
    return found


def _contact_mistakes(contact: _Table, known: _Known) -> list[Mistake]:
    found = _id_mistakes(contact, "contact") + _choice_mistakes(contact, "role", ROLES)
    for at, channel in contact.texts("channels"):
        if not CHANNEL.fullmatch(channel):
            what = f"{channel!r} is not the name of a channel: 1 to 63 of a-z, 0-9 and hyphens"
            found.append(contact.mistake(f"channels[{at}]", what))
    found += _hours_mistakes(contact, "quiet")
    return found + _stranger_mistakes(contact, known)
