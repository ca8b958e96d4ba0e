# SPDX-License-Identifier: Apache-2.0
"""What stands in `registry.toml`, table by table; `registry_checks` has the rules beyond types."""

from datetime import date
from typing import Annotated, Any

from msgspec import Meta, Struct, field

from sansang_collector.hours import VIETNAM_ZONE
from sansang_collector.speed_judgement import Rules
from sansang_wire.language import Language

SITE_KINDS = ("office", "cultural_house", "school", "health_station", "other")
LINE_KINDS = ("fixed", "mobile")
ROLES = ("officer", "keeper", "carrier", "operator")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_SSID_BYTES = 32
"""IEEE 802.11, 9.4.2.2."""

Ssid = Annotated[str, Meta(min_length=1, max_length=MAX_SSID_BYTES)]
Name = Annotated[str, Meta(min_length=1, max_length=128)]
LineName = Annotated[str, Meta(min_length=1, max_length=32)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Hours = Annotated[int, Meta(ge=1, le=8760)]
Mbps = Annotated[float, Meta(gt=0, le=10_000_000)]


class WeekHours(Struct, frozen=True, kw_only=True):
    """Hours as `parse_hours` reads them; a day that is not named has those of `daily`."""

    daily: str | None = None
    mon: str | None = None
    tue: str | None = None
    wed: str | None = None
    thu: str | None = None
    fri: str | None = None
    sat: str | None = None
    sun: str | None = None


class Site(Struct, frozen=True, kw_only=True):
    """One place: an office, a cultural house, a school, a health station."""

    id: str
    name: Name
    commune: str
    commune_name: Name
    kind: str
    village: Name | None = None
    carrier: Name | None = None
    line_kind: str = "fixed"
    package_mbps: Mbps | None = None
    free_wifi: bool | None = None
    """Kept by hand: no box can tell what a guest pays."""
    ssids: list[Ssid] = []
    """The Wi-Fi networks that must be on air."""
    time_zone: str = VIETNAM_ZONE
    """IANA name."""
    hours: WeekHours | None = None
    """None: always open."""
    simulated: bool = False


class Agent(Struct, frozen=True, kw_only=True):
    """One box and where it stands. `password_sha256` is for the broker inside the collector.

    Passwords are random tokens: a plain hash of one can't be guessed back.
    """

    id: str
    site: str
    line: LineName = "main"
    """The access line that it watches."""
    password_sha256: str | None = None
    probes: dict[str, dict[str, Any]] = {}


class ClosedDays(Struct, frozen=True, kw_only=True):
    """Dates, both included, on which `open` stands instead of a site's own hours.

    Of the sites and of the communes that are named; of all when neither are.
    """

    first: date
    last: date
    name: Name
    open: str = "closed"
    sites: list[str] = []
    communes: list[str] = []

    def concerns(self, site: Site) -> bool:
        """Whether it is closed on these days."""
        named = site.id in self.sites or site.commune in self.communes
        return named or not (self.sites or self.communes)


class Contact(Struct, frozen=True, kw_only=True):
    """Who is told of outages: a role, never a person's name.

    Of the sites, the communes and the carriers that are named; of all when none are.
    """

    id: str
    name: Name
    role: str
    channels: Annotated[list[str], Meta(min_length=1)]
    """Names of lines in `notify.urls`; `zalo` is the chat that the contact has linked."""
    sites: list[str] = []
    communes: list[str] = []
    carriers: list[str] = []
    language: Language = "vi"
    quiet: str | None = None
    """When nothing is sent, as `parse_hours` reads it, in the site's time zone."""
    after_min: Count = 0
    """Told only of outages that last so long."""
    remind_h: Hours | None = None
    """Reminded each time that it lasts so much longer."""

    def concerns(self, site: Site) -> bool:
        """Whether this contact is told of the site."""
        named = (
            site.id in self.sites or site.commune in self.communes or site.carrier in self.carriers
        )
        return named or not (self.sites or self.communes or self.carriers)


class SpeedTarget(Struct, frozen=True, kw_only=True):
    """What lines of a kind should give by a commune's plan: in the communes that are named, in all
    when none are. Of several the last holds.
    """

    line_kind: str
    mbps: Mbps
    communes: list[str] = []

    def concerns(self, site: Site) -> bool:
        """Whether the line of this site should reach it."""
        return self.line_kind == site.line_kind and (
            not self.communes or site.commune in self.communes
        )


class SpeedSection(Rules, frozen=True, kw_only=True):
    """`[speed]`: how lines are judged by their tests."""

    targets: list[SpeedTarget] = field(default_factory=list[SpeedTarget])


class RegistryContent(Struct, frozen=True, kw_only=True):
    """The file as written."""

    sites: list[Site] = []
    agents: list[Agent] = []
    closures: list[ClosedDays] = []
    contacts: list[Contact] = []
    speed: SpeedSection = SpeedSection()
