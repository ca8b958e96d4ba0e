# SPDX-License-Identifier: Apache-2.0
"""The Internet over IPv6, in networks with one fault each; round trips compared with ping(8)."""

import contextlib
import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import trustme

from sansang_agent.probes.ipv6_internet import Ipv6InternetProbe
from sansang_agent.schedule import LONGEST_RUN_S
from sansang_wire.readings import Ipv6InternetReading
from tests.lab.firewall import drop
from tests.lab.home import PORTAL, home
from tests.lab.netns import WITHOUT_CAPABILITIES, Host, Lab
from tests.lab.networks import SERVER4, SERVER6, Site
from tests.lab.portal import Portal
from tests.lab.probing import read_once


@pytest.fixture
def portal(tmp_path: Path) -> Portal:
    return Portal(tmp_path)


@contextlib.contextmanager
def internet(lab: Lab, portal: Portal, **families: bool) -> Generator[Site]:
    """A house with the Internet behind its router: PORTAL has both families, new.test IPv6."""
    with home(lab, **families) as here, here.server.serving(*portal.command()):
        yield here


def measure(box: Host, ca_file: str, *before: str) -> Ipv6InternetReading:
    operator = {"name": "server", "ipv6": SERVER6, "ipv4": SERVER4}
    nobody = {"name": "nobody", "ipv6": "2001:db8:2::66", "ipv4": "198.51.100.66"}
    settings: dict[str, Any] = {
        "operators": [operator, {**operator, "name": "other", "port": 80}, nobody],
        "ipv6_url": "https://new.test/",
        "dual_stack_url": f"https://{PORTAL}/",
        "ca_file": ca_file,
    }
    [reading] = read_once(box, "ipv6_internet", settings, before, clock="kernel")
    assert isinstance(reading, Ipv6InternetReading)
    return reading


def ping_ms(box: Host, address: str) -> float:
    printed = box.run("ping", "-n", "-c5", "-i0.02", address)
    return min(float(trip) for trip in re.findall(r"time=([\d.]+) ms", printed))


def test_a_healthy_site_prefers_ipv6_and_uses_it(lab: Lab, portal: Portal) -> None:
    """Two of three literals are enough; a refusal is an answer."""
    with internet(lab, portal) as here:
        came = measure(here.box, portal.ca_file)
        assert (came.outcome, came.reason) == ("ok", None)
        assert (came.ipv6_asked, came.ipv6_answered) == (3, 2)
        assert (came.ipv4_asked, came.ipv4_answered) == (3, 2)
        assert (came.ipv6_name_ok, came.ipv6_name_reason) == (True, None)
        assert (came.preferred_family, came.used_family) == ("ipv6", "ipv6")
        # The shortest of each: a busy machine lengthens single round trips.
        tries = [came, *(measure(here.box, portal.ca_file) for _ in range(2))]
        for family, address in (("ipv6", SERVER6), ("ipv4", SERVER4)):
            took_ms: float = min(getattr(each, f"{family}_connect_ms") for each in tries)
            assert took_ms == pytest.approx(ping_ms(here.box, address), abs=1)


def test_a_dead_ipv6_is_seen_behind_what_programs_do_about_it(lab: Lab, portal: Portal) -> None:
    """The route is there and nothing passes: a simple program waits for seconds, then is content
    with IPv4.
    """
    with internet(lab, portal) as here:
        drop(here.router, "forward", "meta nfproto ipv6")
        came = measure(here.box, portal.ca_file)
        assert (came.outcome, came.reason) == ("unreachable", "no_answer")
        assert (came.ipv6_answered, came.ipv4_answered) == (0, 2)
        assert came.ipv6_name_ok is False
        assert (came.preferred_family, came.used_family) == ("ipv6", "ipv4")
        assert came.dual_stack_ms is not None
        assert came.dual_stack_ms > 5000


def test_without_any_ipv6_there_is_no_route_and_no_wait(lab: Lab, portal: Portal) -> None:
    with internet(lab, portal, ipv6=False) as here:
        came = measure(here.box, portal.ca_file)
        assert (came.outcome, came.reason) == ("unreachable", "no_route")
        assert (came.preferred_family, came.used_family) == ("ipv4", "ipv4")


def test_literals_alone_are_not_the_internet(lab: Lab, portal: Portal) -> None:
    """They answer, and the name does not come: the certificate is of nobody we know."""
    with internet(lab, portal) as here:
        unknown = Path(portal.ca_file).with_name("other.pem")
        trustme.CA().cert_pem.write_to_path(unknown)
        came = measure(here.box, str(unknown))
        assert (came.outcome, came.reason) == ("failed", "ipv6_name_failed")
        assert came.ipv6_name_reason == "certificate_untrusted"


def test_an_ordinary_user_measures_the_same_without_ipv4(lab: Lab, portal: Portal) -> None:
    """Also on a network that has IPv6 alone; then nobody can choose."""
    with internet(lab, portal, ipv4=False) as here:
        came = measure(here.box, portal.ca_file, *WITHOUT_CAPABILITIES)
        assert (came.outcome, came.ipv6_answered, came.ipv4_answered) == ("ok", 2, 0)
        assert came.ipv4_connect_ms is None


def test_a_run_ends_in_time() -> None:
    """At its most: the literals, a look-up and the addresses of the dual-stack name."""
    assert LONGEST_RUN_S >= 3 + 5 + 2 * 6
    assert Ipv6InternetProbe.every_s["default"] > LONGEST_RUN_S
