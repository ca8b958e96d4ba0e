# SPDX-License-Identifier: Apache-2.0
"""A device without IPv4 on a real link, compared with what the router sees of it in the run."""

import contextlib
from collections.abc import Generator
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

import psutil
import pytest

from sansang_agent.net.services import WebService
from sansang_agent.net.worker import WorkerError
from sansang_agent.probes import ipv6_only
from sansang_agent.probes.ipv6_only import BEFORE_S, Ipv6OnlyProbe, Ipv6OnlySettings
from sansang_agent.schedule import LONGEST_RUN_S
from sansang_agent.workers.ipv6_only import ADDRESS_WITHIN_S, DNS_WITHIN_S
from sansang_wire import checking
from sansang_wire.readings import Ipv6OnlyReading
from tests.capabilities import program
from tests.lab.advertising import advertising
from tests.lab.home import PORTAL
from tests.lab.nat64_site import nat64_site
from tests.lab.netns import WITHOUT_CAPABILITIES, Host, Lab
from tests.lab.networks import BOX4, BOX6, ROUTER4, ROUTER6, SERVER4, SERVER6, Site, site
from tests.lab.portal import Portal
from tests.lab.probing import SURROUNDINGS, billed, probe_in, read_once
from tests.lab.translator import PREFIX
from tests.waiting import wait_until

PREFIX6 = "2001:db8:1::/64"
RDNSS = f"RDNSS {ROUTER6} {{ }};"


@pytest.fixture
def portal(tmp_path: Path) -> Portal:
    return Portal(tmp_path)


def settings(portal: Portal, *hosts: str) -> dict[str, Any]:
    """A service of each host, by its name."""
    services = [
        {"name": each, "url": f"https://{each}/", "ca_file": portal.ca_file} for each in hosts
    ]
    return {"services": services, "timeout_s": 4}


def read(
    box: Host, asked: dict[str, Any], before: tuple[str, ...] = ()
) -> dict[str, Ipv6OnlyReading]:
    found: dict[str, Ipv6OnlyReading] = {}
    for reading in read_once(box, "ipv6_only", asked, before, "kernel"):
        assert isinstance(reading, Ipv6OnlyReading)
        found[reading.service] = reading
    return found


@contextlib.contextmanager
def office(lab: Lab, portal: Portal, *, path: bool = True, more: str = RDNSS) -> Generator[Site]:
    """A site with NAT64, whose router advertises itself, and a web server of both families."""
    with (
        nat64_site(lab, path=path) as here,
        advertising(here.router, "lan", PREFIX6, more=more),
        here.server.serving(*portal.command(100_000)),
    ):
        yield here


def neighbours(router: Host) -> dict[str, str]:
    """Hardware addresses on the site's link, by address, as the router knows them."""
    found = router.json("ip", "-j", "neigh", "show", "dev", "lan")
    own = of(router, "lan")  # it hears its own advertisements
    return {each["dst"]: each["lladdr"] for each in found if each.get("lladdr", own) != own}


def of(host: Host, interface: str = "eth0") -> str:
    """The hardware address of its interface."""
    [link] = host.json("ip", "-j", "link", "show", interface)
    return link["address"]


def test_services_by_ipv6_and_through_nat64(lab: Lab, portal: Portal) -> None:
    """With both addresses, IPv4 alone, unknown, and one that is written as an IPv4 address."""
    with office(lab, portal) as here:
        before = billed(here.box)
        came = read(here.box, settings(portal, PORTAL, "old.test", "gone.test", SERVER4))
        assert billed(here.box) - before <= 2 * 40_000
    native, translated = came[PORTAL], came["old.test"]
    assert (native.outcome, native.address, native.by_nat64) == ("ok", SERVER6, False)
    assert (translated.outcome, translated.by_nat64, translated.status) == ("ok", True, 200)
    assert translated.address is not None
    assert translated.address.startswith(PREFIX.removesuffix("/96"))
    for reading in (native, translated):
        assert None not in {reading.address_ms, reading.lookup_ms, reading.connect_ms}
    assert (came["gone.test"].outcome, came["gone.test"].reason) == (
        "unreachable",
        "name_not_found",
    )
    assert (came[SERVER4].outcome, came[SERVER4].reason) == ("unreachable", "ipv4_literal")


def test_the_box_and_the_site_are_not_disturbed(lab: Lab, portal: Portal) -> None:
    """The router sees one device more, the same one each time, with an address of its own making
    and without IPv4; the box has the addresses and interfaces it had.
    """
    shown = (("ip", "-o", "address"), ("ip", "-o", "link"), ("ip", "-o", "-6", "route"))
    with office(lab, portal) as here:
        here.box.run("ip", "link", "set", "eth0", "address", "00:00:5e:00:53:01")
        here.box.run("ping", "-c", "1", ROUTER4)
        here.box.run("ping", "-c", "1", ROUTER6)
        before = [here.box.run(*each) for each in shown]
        with probe_in(here.box, "ipv6_only", settings(portal, PORTAL), clock="kernel") as probe:
            for _ in range(2):
                assert [each.outcome for each in probe.run()] == ["ok"]
        after = [here.box.run(*each) for each in shown]
        seen = neighbours(here.router)
    assert before == after
    assert seen[BOX6] == seen[BOX4]
    [more] = {*seen.values()} - {seen[BOX4]}
    assert more == "06:00:5e:00:53:01"  # locally administered (IEEE 802 §8.2)
    assert [each for each, hardware in seen.items() if hardware == more and "." in each] == []


def test_dns64_that_leads_nowhere_fails_what_has_ipv4_alone(lab: Lab, portal: Portal) -> None:
    with office(lab, portal, path=False) as here:
        came = read(here.box, settings(portal, PORTAL, "old.test"))
    assert came[PORTAL].outcome == "ok"
    away = came["old.test"]
    assert (away.outcome, away.reason, away.by_nat64) == ("unreachable", "no_route", True)


def test_where_routers_name_no_name_server_the_box_s_own_is_asked(lab: Lab, portal: Portal) -> None:
    """Of those with an IPv6 address; a device would need DHCPv6 for that."""
    with office(lab, portal, more="") as here:
        assert read(here.box, settings(portal, PORTAL))[PORTAL].outcome == "ok"
        here.box.file("/etc/resolv.conf", f"nameserver {ROUTER4}\n")
        reading = read(here.box, settings(portal, PORTAL))[PORTAL]
    assert (reading.outcome, reading.reason) == ("unreachable", "no_dns_server")


def test_a_network_without_ipv6_is_told_from_one_that_lets_no_second_device_on(
    lab: Lab, portal: Portal
) -> None:
    """Nobody advertises, on either link. One box has an address all the same, so that the device's
    having none says nothing of the site; the other one has none either.
    """
    here = site(lab)
    here.box.run("ip", "-6", "address", "flush", "dev", "eth0", "scope", "global")
    asked = settings(portal, PORTAL)
    with (
        probe_in(here.server, "ipv6_only", asked) as with_one,
        probe_in(here.box, "ipv6_only", asked) as without,
    ):
        with_one.begin()
        without.begin()
        [refused], [none] = with_one.readings(), without.readings()
    assert (refused.outcome, refused.reason) == ("broken", "second_device_refused")
    assert (none.outcome, none.reason) == ("unreachable", "no_ipv6_address")


def test_without_rights_each_service_is_unknown(lab: Lab, portal: Portal) -> None:
    here = site(lab)
    came = read(here.box, settings(portal, PORTAL, "old.test"), WITHOUT_CAPABILITIES)
    assert {(each.outcome, each.reason) for each in came.values()} == {("broken", "not_permitted")}
    assert set(came) == {PORTAL, "old.test"}


def test_a_box_that_routes_stays_away(lab: Lab, portal: Portal) -> None:
    """On its own cable stands the carrier, not the site."""
    here = site(lab)
    reading = read(here.router, settings(portal, PORTAL))[PORTAL]
    assert (reading.outcome, reading.reason) == ("broken", "no_default_route")
    here.router.route("default via 198.51.100.9")
    reading = read(here.router, settings(portal, PORTAL))[PORTAL]
    assert (reading.outcome, reading.reason) == ("broken", "box_routes")


def test_a_worker_that_is_killed_leaves_nothing(lab: Lab, portal: Portal) -> None:
    """Its network, and the device in it, ends with it; the link had it for as long as it lived."""
    here = site(lab)
    device = f"{beside(of(here.box))}%lan"
    with probe_in(here.box, "ipv6_only", settings(portal, PORTAL)) as probe:
        probe.begin()
        wait_until(lambda: answers(here.router, device), "the device without IPv4")
        [worker] = [each for each in psutil.Process().children(recursive=True) if is_worker(each)]
        worker.kill()
        [reading] = probe.readings()
        wait_until(lambda: not answers(here.router, device), "that it is gone")
    assert (reading.outcome, reading.reason) == ("broken", "worker_failed")


def beside(hardware: str) -> str:
    """The link-local address of a device whose hardware address is made of this one."""
    first, *others = bytes.fromhex(hardware.replace(":", ""))
    own = [(first ^ 4 | 2) & 0xFE ^ 2, *others]  # the bit is turned round (RFC 4291, appendix A)
    interface = bytes([*own[:3], 0xFF, 0xFE, *own[3:]])
    return str(IPv6Address(b"\xfe\x80" + bytes(6) + interface))


def answers(router: Host, address: str) -> bool:
    asked = (program("ping", "another program's echoes"), "-c", "1", "-W", "0.2", address)
    return "1 received" in router.run(*asked, status=None)


def is_worker(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.cmdline()[-1:] == ["sansang_agent.workers.ipv6_only"]
    return False


async def test_without_a_helper_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """On an agent without rights the readings say what is missing."""

    async def ask(*_: Any) -> dict[str, Any]:
        raise WorkerError("no_helper")

    monkeypatch.setattr(ipv6_only, "ask", ask)
    monkeypatch.setattr(ipv6_only, "site_link", lambda: "lo")
    [reading] = await Ipv6OnlyProbe(
        Ipv6OnlySettings(services=[WebService(name="a", url="https://a.test/")]), SURROUNDINGS
    ).run()
    assert (reading.outcome, reading.reason) == ("broken", "no_helper")


def test_at_its_most_a_run_ends_before_the_schedule_gives_it_up() -> None:
    """And the worker before the probe gives that up."""
    asked = checking.check({"timeout_s": 30}, Ipv6OnlySettings)
    assert ADDRESS_WITHIN_S + DNS_WITHIN_S < BEFORE_S
    assert BEFORE_S + asked.timeout_s <= 50 < LONGEST_RUN_S


@pytest.mark.parametrize(
    ("services", "mistake"),
    [
        ([{"name": "a", "url": "https://a/"}, {"name": "a", "url": "https://b/"}], "named twice"),
        ([{"name": "a", "url": "a.test"}], "is not http://host"),
        ([{"name": "a", "url": "https://a/", "families": ["ipv6"]}], "families: unknown"),
        ([{"name": str(each), "url": "https://a/"} for each in range(17)], "length <= 16"),
    ],
)
def test_mistakes_in_settings_are_named(services: list[dict[str, Any]], mistake: str) -> None:
    with pytest.raises(checking.InvalidSettingsError) as refused:
        checking.check({"services": services}, Ipv6OnlySettings)
    assert mistake in str(refused.value)
