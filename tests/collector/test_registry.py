# SPDX-License-Identifier: Apache-2.0
"""What may stand in the registry of sites and agents, and what happens when it changes."""

import os
import tomllib
from pathlib import Path

import pytest

from sansang_collector.registry import Agent, Registry, RegistryFile, Site, check_registry
from sansang_collector.settings_file import InvalidFileError

SITE = """
[[sites]]
id = "nvh-dong"
name = "Nhà văn hóa thôn Đông"
commune = "11824"
commune_name = "Xã Vĩnh Bảo"
kind = "cultural_house"
"""
AGENT = """
[[agents]]
id = "dong-1"
site = "nvh-dong"
"""

BAD = {
    "a site that lacks everything": (
        "[[sites]]",
        [
            f"sites[0].{key}: is missing"
            for key in ("id", "name", "commune", "commune_name", "kind")
        ],
    ),
    "ids twice": (
        SITE + SITE + AGENT + AGENT,
        [
            "sites[1].id: 'nvh-dong' is the id of sites[0] already",
            "agents[1].id: 'dong-1' is the id of agents[0] already",
        ],
    ),
    "an id that is none": (
        SITE.replace("nvh-dong", "NVH Đông"),
        ["sites[0].id: 'NVH Đông' is not a site id: 1 to 63 of a-z, 0-9 and inner hyphens"],
    ),
    "a reserved id": (
        SITE + AGENT.replace("dong-1", "collector"),
        [
            (
                "agents[0].id: 'collector' is not an agent id: 1 to 63 of a-z, 0-9 and inner"
                " hyphens; 'collector' is taken"
            )
        ],
    ),
    "a commune without its code": (
        SITE.replace("11824", "2176"),
        ["sites[0].commune: '2176' is not a commune's five-digit code"],
    ),
    "a kind that is none": (
        SITE.replace("cultural_house", "culture_house"),
        [
            (
                "sites[0].kind: 'culture_house' is not one of office, cultural_house, school,"
                " health_station, other — did you mean 'cultural_house'?"
            )
        ],
    ),
    "a network name that no radio can send, and one twice": (
        SITE + f'ssids = ["{"ô" * 17}", "NVH", "NVH"]',
        [
            f"sites[0].ssids[0]: '{'ô' * 17}' is 34 bytes long, at most 32",
            "sites[0].ssids[2]: 'NVH' is named twice",
        ],
    ),
    "an agent at no site": (
        SITE + AGENT.replace("nvh-dong", "nvh-don"),
        ["agents[0].site: there is no site 'nvh-don' — did you mean 'nvh-dong'?"],
    ),
    "how lines are judged, all of it wrong": (
        SITE
        + """
[speed]
package_ratio = 1.5
least_test = 3

[[speed.targets]]
line_kind = "fibre"
mbps = 0
communes = ["02176"]
""",
        [
            "speed.least_test: unknown key — did you mean 'least_tests'?",
            "speed.package_ratio: expected `float` <= 1.0 (it is 1.5)",
            "speed.targets[0].mbps: expected `float` > 0.0 (it is 0)",
            (
                "speed.targets[0].line_kind: 'fibre' is not one of fixed, mobile — did you mean"
                " 'fixed'?"
            ),
            "speed.targets[0].communes[0]: no site is in a commune '02176'",
        ],
    ),
    "a password where its hash belongs": (
        SITE + AGENT + 'password_sha256 = "secret"',
        ["agents[0].password_sha256: is not a SHA-256 in 64 digits of 0-9 and a-f"],
    ),
    "settings that are no table": (
        SITE + AGENT + "probes = {host = 60}",
        ["agents[0].probes: expected `object`, got `int` (it is {'host': 60})"],
    ),
    "settings too large to send": (
        SITE + AGENT + f'probes = {{host = {{x = "{"x" * 40_000}"}}}}',
        ["agents[0].probes: is too large for one message (40017 bytes, at most 31744)"],
    ),
    "mistakes everywhere": (
        SITE.replace("\nname", "\nnmae") + 'package_mbps = "100"' + AGENT + "passwort = 1",
        [
            "sites[0].nmae: unknown key — did you mean 'name'?",
            "sites[0].name: is missing",
            "sites[0].package_mbps: expected `float | null`, got `str` (it is '100')",
            "agents[0].passwort: unknown key — did you mean 'password_sha256'?",
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


def test_sites_and_agents_are_found_by_id() -> None:
    """What is not there is None."""
    registry = read(SITE + 'carrier = "VNPT"\npackage_mbps = 100\nsimulated = true' + AGENT)
    assert registry.sites == (
        Site(
            id="nvh-dong",
            name="Nhà văn hóa thôn Đông",
            commune="11824",
            commune_name="Xã Vĩnh Bảo",
            kind="cultural_house",
            carrier="VNPT",
            package_mbps=100,
            simulated=True,
        ),
    )
    assert registry.agent("dong-1") == Agent(id="dong-1", site="nvh-dong")
    assert registry.site("nvh-dong") == registry.sites[0]
    assert registry.agent("other") is None
    assert registry.site("other") is None


def test_settings_for_an_agent_have_a_version_that_follows_their_content() -> None:
    """The same settings in another order are the same version; other settings are another."""
    one = read(SITE + AGENT + "[agents.probes]\nhost.every_s = 60\nlink.enabled = false")
    same = read(SITE + AGENT + "[agents.probes]\nlink.enabled = false\nhost.every_s = 60")
    other = read(SITE + AGENT + "[agents.probes]\nhost.every_s = 61")
    config = one.config_for("dong-1")
    assert config is not None
    assert config.probes == {"host": {"every_s": 60}, "link": {"enabled": False}}
    assert config == same.config_for("dong-1")
    assert config.version != getattr(other.config_for("dong-1"), "version", None)


def test_an_agent_without_settings_is_told_that_it_has_none() -> None:
    """So that what it was told before is taken back; a stranger is told nothing."""
    registry = read(SITE + AGENT)
    config = registry.config_for("dong-1")
    assert config is not None
    assert config.probes == {}
    assert registry.config_for("stranger") is None


def test_which_wifi_to_expect_is_the_sites_unless_the_agents_own_settings_say() -> None:
    """A second box in the house may have to look for another network."""
    site = SITE + 'ssids = ["NVH"]\n'
    config = read(site + AGENT + "probes.host.every_s = 60").config_for("dong-1")
    assert config is not None
    told = {kind: {"ssids": ["NVH"]} for kind in ("wifi", "wifi_journey", "wifi_scan")}
    assert config.probes == {"host": {"every_s": 60}, **told}
    config = read(site + AGENT + 'probes.wifi = {every_s = 5, ssids = ["Khach"]}').config_for(
        "dong-1"
    )
    assert config is not None
    assert config.probes == {**told, "wifi": {"every_s": 5, "ssids": ["Khach"]}}


def write(path: Path, text: str, at_s: int) -> None:
    path.write_text(text)
    os.utime(path, (at_s, at_s))


def test_a_changed_file_is_taken_into_use(tmp_path: Path) -> None:
    """Only when it changed, and only a change of content counts as another registry."""
    path = tmp_path / "registry.toml"
    write(path, SITE, 1)
    registry = RegistryFile(path)
    assert registry.reload() is False
    write(path, SITE + AGENT, 2)
    assert registry.reload() is True
    assert registry.current.agent("dong-1") is not None
    write(path, SITE + AGENT + "# a word", 3)
    assert registry.reload() is False
    assert registry.problem is None


@pytest.mark.parametrize("broken", [SITE + AGENT + "site = 3", None])
def test_a_broken_file_leaves_the_last_good_one_in_use(broken: str | None, tmp_path: Path) -> None:
    """What is wrong is kept to be shown, until the file is good again."""
    path = tmp_path / "registry.toml"
    write(path, SITE + AGENT, 1)
    registry = RegistryFile(path)
    if broken is None:
        path.unlink()
    else:
        write(path, broken, 2)
    assert registry.reload() is False
    assert registry.current.agent("dong-1") is not None
    assert registry.problem is not None
    assert registry.problem.startswith(f"{path}: ")
    write(path, SITE + AGENT, 3)
    assert registry.reload() is False
    assert registry.problem is None


def test_a_collector_does_not_begin_with_a_broken_registry(tmp_path: Path) -> None:
    """There is no last good one then."""
    with pytest.raises(InvalidFileError, match="the file can't be read"):
        RegistryFile(tmp_path / "registry.toml")


def test_the_last_target_that_concerns_a_line_holds() -> None:
    """Of its kind, in its commune or in all; a site that nobody wants anything of has none."""
    text = (
        SITE
        + """
[[sites]]
id = "nvh-doai"
name = "Nhà văn hóa thôn Đoài"
commune = "02176"
commune_name = "Xã Trần Phú"
kind = "cultural_house"
line_kind = "mobile"

[speed]
package_ratio = 0.9

[[speed.targets]]
line_kind = "fixed"
mbps = 150

[[speed.targets]]
line_kind = "fixed"
mbps = 1000
communes = ["11824"]
"""
    )
    registry = check_registry(tomllib.loads(text), Path("registry.toml"))
    assert [registry.target_mbps(site) for site in registry.sites] == [1000, None]
    assert (registry.speed.package_ratio, registry.speed.least_tests) == (0.9, 3)
