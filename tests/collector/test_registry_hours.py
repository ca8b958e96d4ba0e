# SPDX-License-Identifier: Apache-2.0
"""Hours, closures and contacts in the registry: what may stand there, and whom it concerns."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from sansang_collector.hours import Closure, OpeningHours, parse_hours
from sansang_collector.registry import Registry, check_registry
from sansang_collector.registry_entries import Agent, ClosedDays, Contact, Site
from sansang_collector.settings_file import InvalidFileError

SITES = """
[[sites]]
id = "nvh-dong"
name = "Nhà văn hóa thôn Đông"
commune = "11824"
commune_name = "Xã Vĩnh Bảo"
kind = "cultural_house"
carrier = "VNPT"

[[sites]]
id = "ubnd"
name = "Trụ sở UBND xã"
commune = "02176"
commune_name = "Xã Trần Phú"
kind = "office"
carrier = "Viettel"
"""
CLOSURE = """
[[closures]]
first = 2026-02-16
last = "2026-02-20"
name = "Tết"
"""
CONTACT = """
[[contacts]]
id = "truong-thon-dong"
name = "Trưởng thôn Đông"
role = "keeper"
channels = ["zalo-thon-dong"]
"""
NO_DAY = "names a time that no day has: 00:00 to 24:00"
NO_HOURS = "names no hours: write 07:00-11:30 13:30-17:00, or closed"

BAD = {
    "hours that are none, each by its day": (
        SITES + 'hours = {daily = "07:00-25:00", sun = ""}',
        [
            f"sites[1].hours.daily: '07:00-25:00' {NO_DAY}",
            f"sites[1].hours.sun: {NO_HOURS}",
        ],
    ),
    "a day that is none": (
        SITES + 'hours = {daily = "07:00-17:00", sund = "closed"}',
        ["sites[1].hours.sund: unknown key — did you mean 'sun'?"],
    ),
    "days that nothing is said of": (
        SITES + 'hours = {mon = "07:00-17:00", wed = "07:00-17:00"}',
        [("sites[1].hours: says nothing of tue, thu, fri, sat, sun: name each day, or give daily")],
    ),
    "hours without a table": (
        SITES + 'hours = "07:00-17:00"',
        ["sites[1].hours: expected `object | null`, got `str` (it is '07:00-17:00')"],
    ),
    "a time zone that there is not": (
        SITES + 'time_zone = "Asia/Ho_Chi_Min"',
        [
            (
                "sites[1].time_zone: there is no time zone 'Asia/Ho_Chi_Min'"
                " — did you mean 'Asia/Ho_Chi_Minh'?"
            )
        ],
    ),
    "a line that is neither": (
        SITES + 'line_kind = "mobil"\nfree_wifi = "yes"\nvillage = ""',
        [
            "sites[1].village: expected `str` of length >= 1 (it is '')",
            "sites[1].free_wifi: expected `bool | null`, got `str` (it is 'yes')",
            "sites[1].line_kind: 'mobil' is not one of fixed, mobile — did you mean 'mobile'?",
        ],
    ),
    "a line's name too long": (
        SITES + f'[[agents]]\nid = "ubnd-1"\nsite = "ubnd"\nline = "{"x" * 33}"',
        [f"agents[0].line: expected `str` of length <= 32 (it is '{'x' * 33}')"],
    ),
    "a closure that lacks everything": (
        "[[closures]]",
        [f"closures[0].{key}: is missing" for key in ("first", "last", "name")],
    ),
    "a closure that ends before it begins": (
        SITES + CLOSURE.replace("02-20", "02-15"),
        ["closures[0].last: 2026-02-15 is before first, 2026-02-16"],
    ),
    "a closure with a date that is none": (
        SITES + CLOSURE.replace("2026-02-20", "20/02/2026"),
        ["closures[0].last: invalid RFC3339 encoded date (it is '20/02/2026')"],
    ),
    "a closure of strangers, open at no time": (
        SITES
        + CLOSURE
        + 'open = "8-10"\nsites = ["nvh-dong", "ubmd"]\ncommunes = ["11842", "99999"]',
        [
            "closures[0].open: '8-10' is not a time of day: write 07:00-11:30, or closed",
            "closures[0].sites[1]: there is no site 'ubmd' — did you mean 'ubnd'?",
            "closures[0].communes[0]: no site is in a commune '11842' — did you mean '11824'?",
            "closures[0].communes[1]: no site is in a commune '99999'",
        ],
    ),
    "a contact that lacks everything": (
        "[[contacts]]",
        [f"contacts[0].{key}: is missing" for key in ("id", "name", "role", "channels")],
    ),
    "contacts with the same id, and with none": (
        SITES + CONTACT + CONTACT + CONTACT.replace("truong-thon-dong", "Trưởng thôn"),
        [
            "contacts[1].id: 'truong-thon-dong' is the id of contacts[0] already",
            (
                "contacts[2].id: 'Trưởng thôn' is not a contact id: 1 to 63 of a-z, 0-9 and inner"
                " hyphens"
            ),
        ],
    ),
    "a contact of a role that is none, through channels that are none": (
        SITES + CONTACT.replace("keeper", "keepr").replace('"zalo-thon-dong"', '"zalo", "Zalo"'),
        [
            (
                "contacts[0].role: 'keepr' is not one of officer, keeper, carrier, operator"
                " — did you mean 'keeper'?"
            ),
            (
                "contacts[0].channels[1]: 'Zalo' is not the name of a channel: 1 to 63 of a-z, 0-9"
                " and hyphens"
            ),
        ],
    ),
    "a contact without a channel": (
        SITES + CONTACT.replace('"zalo-thon-dong"', ""),
        ["contacts[0].channels: expected `array` of length >= 1 (it is [])"],
    ),
    "a contact of strangers": (
        SITES + CONTACT + 'sites = ["x"]\ncommunes = ["x"]\ncarriers = ["VNPT", "Vietel"]',
        [
            "contacts[0].sites[0]: there is no site 'x'",
            "contacts[0].communes[0]: no site is in a commune 'x'",
            "contacts[0].carriers[1]: no site has the carrier 'Vietel' — did you mean 'Viettel'?",
        ],
    ),
    "a contact told at impossible times": (
        SITES + CONTACT + 'language = "fr"\nquiet = "night"\nafter_min = -1\nremind_h = 0',
        [
            "contacts[0].language: invalid enum value 'fr' (it is 'fr')",
            "contacts[0].after_min: expected `int` >= 0 (it is -1)",
            "contacts[0].remind_h: expected `int` >= 1 (it is 0)",
            "contacts[0].quiet: 'night' is not a time of day: write 07:00-11:30, or closed",
        ],
    ),
}


def read(text: str) -> Registry:
    return check_registry(tomllib.loads(text), Path("registry.toml"))


@pytest.mark.parametrize("case", BAD)
def test_every_mistake_is_told_at_once(case: str) -> None:
    """Each with the place in the file and, where one is near, the word that was meant."""
    text, expected = BAD[case]
    with pytest.raises(InvalidFileError) as raised:
        read(text)
    assert [str(mistake) for mistake in raised.value.mistakes] == expected


@pytest.mark.parametrize("zone", ["Asia", "/etc/localtime", "../UTC", "", "UTC+7", "\\u0000"])
def test_a_time_zone_is_a_name_and_no_path(zone: str) -> None:
    """Whatever the file system holds under it."""
    with pytest.raises(InvalidFileError) as raised:
        read(SITES + f'time_zone = "{zone}"')
    (mistake,) = raised.value.mistakes
    assert mistake.path == "sites[1].time_zone"
    assert mistake.what.startswith("there is no time zone ")


def test_a_site_without_hours_is_always_open_in_vietnam() -> None:
    """So is one that the registry no longer knows."""
    registry = read(SITES)
    assert registry.hours("ubnd") == OpeningHours("Asia/Ho_Chi_Minh", (), ())
    assert registry.hours("gone") == OpeningHours()


def test_a_day_that_is_not_named_has_the_daily_hours() -> None:
    """Monday comes first."""
    hours = 'hours = {daily = "07:00-21:00", sat = "18:00-02:00", sun = "closed"}'
    found = read(SITES + 'time_zone = "Europe/Berlin"\n' + hours).hours("ubnd")
    weekly = (((420, 1260),),) * 5 + (((1080, 1560),), ())
    assert found == OpeningHours("Europe/Berlin", weekly)


def test_a_day_may_stand_alone_when_all_are_named() -> None:
    """Each has its own hours, and no daily ones are needed."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    days = ", ".join(f'{name} = "0{at}:00-12:00"' for at, name in enumerate(names))
    found = read(SITES + f"hours = {{{days}}}").hours("ubnd")
    assert found.weekly == tuple(((60 * at, 720),) for at in range(7))


def test_a_closure_concerns_the_sites_and_communes_that_it_names() -> None:
    """All sites when it names none; in the order of the file; dates are TOML's or texts."""
    registry = read(
        SITES
        + CLOSURE
        + CLOSURE.replace("Tết", "Hội làng")
        + 'open = "08:00-10:00"\nsites = ["nvh-dong"]'
        + CLOSURE.replace("Tết", "Sửa điện")
        + 'communes = ["02176"]'
    )
    first, last = date(2026, 2, 16), date(2026, 2, 20)
    everywhere = Closure(first, last, "Tết", ())
    assert registry.hours("nvh-dong").closures == (
        everywhere,
        Closure(first, last, "Hội làng", parse_hours("08:00-10:00")),
    )
    assert registry.hours("ubnd").closures == (everywhere, Closure(first, last, "Sửa điện", ()))


def told(registry: Registry, site_id: str) -> list[str]:
    site = registry.site(site_id)
    assert site is not None
    return [contact.id for contact in registry.contacts if contact.concerns(site)]


def test_a_contact_is_told_of_the_sites_communes_and_carriers_that_it_names() -> None:
    """Of all sites when it names none; in the order of the file."""
    named = {
        "all": "",
        "house": 'sites = ["nvh-dong"]',
        "commune": 'communes = ["02176"]',
        "vnpt": 'carriers = ["VNPT"]',
        "both": 'sites = ["nvh-dong"]\ncarriers = ["Viettel"]',
    }
    contacts = [CONTACT.replace("truong-thon-dong", who) + what for who, what in named.items()]
    registry = read(SITES + "\n".join(contacts))
    assert told(registry, "nvh-dong") == ["all", "house", "vnpt", "both"]
    assert told(registry, "ubnd") == ["all", "commune", "both"]


def test_a_contact_for_carriers_is_not_told_of_a_site_without_one() -> None:
    """Nobody's line is no one carrier's business."""
    unknown = SITES.replace('carrier = "Viettel"\n', "")
    registry = read(unknown + CONTACT + 'carriers = ["VNPT"]')
    assert told(registry, "ubnd") == []


def test_what_a_contact_does_not_say_has_a_default() -> None:
    """Vietnamese, at once, at any hour, without reminders."""
    found = read(SITES + CONTACT).contacts[0]
    assert (found.language, found.after_min, found.quiet, found.remind_h) == ("vi", 0, None, None)
    said = 'language = "en"\nquiet = "21:30-06:00"\nafter_min = 60\nremind_h = 24'
    found = read(SITES + CONTACT + said).contacts[0]
    assert (found.language, found.after_min, found.quiet, found.remind_h) == (
        "en",
        60,
        "21:30-06:00",
        24,
    )


def test_what_else_is_known_of_a_site_and_a_box() -> None:
    """A line is fixed and called main unless it is said; whether the Wi-Fi is free is not known."""
    agent = '[[agents]]\nid = "ubnd-1"\nsite = "ubnd"\n'
    plain = read(SITES + agent)
    site = plain.sites[1]
    assert (site.village, site.line_kind, site.free_wifi) == (None, "fixed", None)
    assert plain.agents[0].line == "main"
    said = 'village = "Thôn Đông"\nline_kind = "mobile"\nfree_wifi = true\n'
    told_all = read(SITES + said + agent + 'line = "backup"')
    site = told_all.sites[1]
    assert (site.village, site.line_kind, site.free_wifi) == ("Thôn Đông", "mobile", True)
    assert told_all.agents[0].line == "backup"


def test_the_sample_in_the_documentation_is_a_registry() -> None:
    """With every key that there is."""
    page = Path(__file__).parents[2] / "docs" / "collector.md"
    sample = page.read_text(encoding="utf-8").partition("```toml\n[[sites]]")[2]
    text = "[[sites]]" + sample.partition("```")[0].replace('"…"', f'"{"0" * 64}"')
    registry = read(text)
    (site,), (agent,) = registry.sites, registry.agents
    assert told(registry, site.id) == ["truong-thon-dong"]
    assert len(registry.hours(agent.site).closures) == 1
    for name, struct in (
        ("sites", Site),
        ("agents", Agent),
        ("closures", ClosedDays),
        ("contacts", Contact),
    ):
        shown = set(tomllib.loads(text)[name][0])
        assert set(struct.__struct_fields__) - shown <= {"simulated"}
