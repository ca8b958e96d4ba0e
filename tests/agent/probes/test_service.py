# SPDX-License-Identifier: Apache-2.0
"""Web services over each family, compared with `openssl s_client` in the same network and run."""

import subprocess
import sys
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sansang_agent.net.web import parse_url
from sansang_agent.probes.base import Probe
from sansang_agent.probes.service import ServiceProbe, ServiceSettings
from sansang_agent.schedule import LONGEST_RUN_S
from sansang_wire import checking
from sansang_wire.readings import ServiceReading
from tests.capabilities import program
from tests.lab.home import PORTAL, home
from tests.lab.netns import WITHOUT_CAPABILITIES, Host, Lab
from tests.lab.networks import NOBODY4, SERVER4, SERVER6, site
from tests.lab.portal import Portal
from tests.lab.probing import billed, probe_in, read_once

ADDRESSES = {"ipv4": SERVER4, "ipv6": SERVER6}
DEAF = """
import socket
with socket.create_server(("", 8443)):
    print("ready", flush=True)
    input()
"""
"""The kernel accepts, and nobody reads."""
SENDING_ON = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(302)
        self.send_header("Location", self.path.partition("?")[2])
        self.end_headers()
with http.server.ThreadingHTTPServer(("", 8080), Handler) as server:
    print("ready", flush=True)
    server.serve_forever()
"""
"""Redirects to wherever it is asked to."""
MONTH_S = 30 * 24 * 3600

Readings = dict[tuple[str, str], ServiceReading]


def service(name: str, url: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "url": url, **more}


def measure(
    box: Host, *services: dict[str, Any], before: tuple[str, ...] = (), **more: Any
) -> Readings:
    """Readings by name of the service and family, of a box whose clock is right."""
    found: Readings = {}
    read = read_once(box, "service", {"services": services, **more}, before, "kernel")
    for reading in read:
        assert isinstance(reading, ServiceReading)
        found[reading.service, reading.family] = reading
    assert len(found) == len(read)
    return found


@pytest.fixture
def portal(tmp_path: Path) -> Portal:
    return Portal(tmp_path)


def s_client(box: Host, address: str, ca_file: str) -> tuple[str, datetime]:
    """What openssl gets for our request, and the last day of the certificate it sees."""
    openssl = program("openssl", "TLS of another program")
    where = f"[{address}]:443" if ":" in address else f"{address}:443"
    trusting = ("-CAfile", ca_file, "-verify_return_error", "-servername", PORTAL)
    command = (openssl, "s_client", "-connect", where, "-verify_hostname", PORTAL, *trusting)
    request = parse_url(f"https://{PORTAL}/").request().decode()
    # A pipe of text would change the ends of lines.
    fetched = ("sh", "-c", 'printf %s "$0" | "$@" 2>/dev/null | base64', request, *command)
    answer = b64decode(box.run(*fetched, "-quiet", "-ign_eof")).decode()
    shown = box.run("sh", "-c", '"$@" </dev/null 2>&1', "sh", *command)
    date = (openssl, "x509", "-noout", "-enddate", "-dateopt", "iso_8601")
    said = subprocess.run(date, input=shown, capture_output=True, check=True, text=True).stdout
    end = datetime.strptime(said.strip(), "notAfter=%Y-%m-%d %H:%M:%SZ").replace(tzinfo=UTC)
    return answer, end


def as_openssl_finds_it(box: Host, reading: ServiceReading, ca_file: str) -> None:
    assert reading.address is not None
    answer, end = s_client(box, reading.address, ca_file)
    assert answer.startswith(f"HTTP/1.1 {reading.status} ")
    assert reading.received_bytes == len(answer)
    left_d = (end - datetime.now(UTC)).total_seconds() / 86_400
    assert reading.certificate_left_d == pytest.approx(left_d, abs=0.02)


def phases_add_up(reading: ServiceReading) -> None:
    phases = (reading.lookup_ms, reading.connect_ms, reading.tls_ms, reading.first_byte_ms)
    assert None not in phases
    assert reading.total_ms is not None
    assert 0 < sum(phase for phase in phases if phase is not None) <= reading.total_ms


def test_a_home_of_both_families_is_as_openssl_finds_it(lab: Lab, portal: Portal) -> None:
    with home(lab) as here, here.server.serving(*portal.command()):
        came = measure(here.box, service("portal", f"https://{PORTAL}/", ca_file=portal.ca_file))
        assert list(came) == [("portal", "ipv4"), ("portal", "ipv6")]
        for (_, family), reading in came.items():
            assert (reading.outcome, reading.reason, reading.status) == ("ok", None, 200)
            assert reading.address == ADDRESSES[family]
            phases_add_up(reading)
            as_openssl_finds_it(here.box, reading, portal.ca_file)


@pytest.mark.parametrize(
    ("ipv4", "ipv6", "there", "missing"),
    [(True, False, "ipv4", "ipv6"), (False, True, "ipv6", "ipv4")],
)
def test_home_of_one_family(  # noqa: PLR0917
    lab: Lab, portal: Portal, ipv4: bool, ipv6: bool, there: str, missing: str
) -> None:
    """The service has both addresses; the site has a way to one of them."""
    with home(lab, ipv4=ipv4, ipv6=ipv6) as here, here.server.serving(*portal.command()):
        came = measure(here.box, service("portal", f"https://{PORTAL}/", ca_file=portal.ca_file))
        as_openssl_finds_it(here.box, came["portal", there], portal.ca_file)
    assert came["portal", there].outcome == "ok"
    away = came["portal", missing]
    assert (away.outcome, away.reason) == ("unreachable", "no_route")
    assert away.lookup_ms is not None
    assert away.connect_ms is away.status is away.total_ms is None


def test_dead_resolver_costs_only_the_named_service(lab: Lab, portal: Portal) -> None:
    """An address needs no resolver."""
    here = site(lab)
    here.box.file("/etc/nsswitch.conf", "hosts: dns\n")
    here.box.file("/etc/resolv.conf", f"nameserver {SERVER4}\n")
    here.router.run("ip", "route", "add", "blackhole", f"{SERVER4}/32")
    by_address = service("address", f"https://[{SERVER6}]/", ca_file=portal.ca_file)
    named = service("named", f"https://{PORTAL}/", families=["ipv6"], ca_file=portal.ca_file)
    with here.server.serving(*portal.command()):
        came = measure(here.box, named, by_address)
    assert came["named", "ipv6"].outcome == "unreachable"
    assert came["named", "ipv6"].reason in {"resolver_no_answer", "resolver_failed"}
    assert came["address", "ipv6"].outcome == "ok"
    assert came["address", "ipv6"].lookup_ms is None
    assert ("address", "ipv4") not in came


@pytest.mark.parametrize(
    ("path", "outcome", "reason"),
    [
        ("301", "ok", None),
        ("404", "failed", "client_error"),
        ("500", "failed", "server_error"),
        ("503", "failed", "server_error"),
    ],
)
def test_status_decides(
    lab: Lab, portal: Portal, path: str, outcome: str, reason: str | None
) -> None:
    """No redirect is followed: what it leads to is another service."""
    here = site(lab)
    url = f"https://{SERVER4}/{path}"
    with here.server.serving(*portal.command()):
        reading = measure(here.box, service("a", url, ca_file=portal.ca_file))["a", "ipv4"]
    assert (reading.outcome, reading.reason, reading.status) == (outcome, reason, int(path))


def test_without_tls_a_redirect_to_another_host_is_somebody_elses(lab: Lab) -> None:
    """One's own is none: to the name above or below, with TLS, to the same address."""
    here = site(lab)
    here.box.file("/etc/hosts", f"{SERVER4} {PORTAL}\n")
    here.box.file("/etc/nsswitch.conf", "hosts: files\n")
    elsewhere = "http://pay.example/", "//pay.example"
    own = f"https://{PORTAL}/", f"https://www.{PORTAL}/", f"http://{SERVER4}/in", "/in", "http://["
    asked = [
        service(location, f"http://{PORTAL}:8080/?{location}", families=["ipv4"])
        for location in (*elsewhere, *own)
    ]
    with here.server.serving(sys.executable, "-c", SENDING_ON):
        came = measure(here.box, *asked)
    assert {(each.status, each.reason) for each in came.values()} == {
        (302, "redirected_elsewhere"),
        (302, None),
    }
    assert {name for (name, _), each in came.items() if each.outcome == "failed"} == {*elsewhere}


def test_untrusted_certificate_is_failed_and_dated(lab: Lab, portal: Portal) -> None:
    """The commune's own authority is unknown to the system."""
    here = site(lab)
    with here.server.serving(*portal.command()):
        (reading,) = measure(here.box, service("a", f"https://[{SERVER6}]/")).values()
    assert (reading.outcome, reading.reason) == ("failed", "certificate_untrusted")
    assert reading.certificate_left_d == pytest.approx(45, abs=0.1)
    assert reading.status is None


def test_clock_that_is_not_synchronised_tells_no_days(lab: Lab, portal: Portal) -> None:
    here = site(lab)
    settings = {"services": [service("a", f"https://{SERVER4}/", ca_file=portal.ca_file)]}
    with here.server.serving(*portal.command()):
        (reading,) = read_once(here.box, "service", settings, clock="collector")
    assert isinstance(reading, ServiceReading)
    assert (reading.outcome, reading.certificate_left_d) == ("ok", None)


@pytest.mark.parametrize(
    ("address", "outcome", "reason"),
    [
        (SERVER4, "failed", "connection_refused"),
        (f"[{SERVER6}]", "failed", "connection_refused"),
        (NOBODY4, "unreachable", "no_answer"),
        ("203.0.113.1", "unreachable", "host_unreachable"),
    ],
)
def test_nobody_there(lab: Lab, address: str, outcome: str, reason: str) -> None:
    """A machine that refuses is told from one that is silent, and from no way there."""
    here = site(lab)
    here.box.run("ip", "route", "add", "unreachable", "203.0.113.0/24")
    (reading,) = measure(here.box, service("a", f"http://{address}/"), timeout_s=0.5).values()
    assert (reading.outcome, reading.reason, reading.connect_ms) == (outcome, reason, None)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_connection_without_an_answer_is_unreachable(lab: Lab, scheme: str) -> None:
    """The last phase that has a time says where it ended."""
    here = site(lab)
    with here.server.serving(sys.executable, "-c", DEAF):
        (reading,) = measure(
            here.box, service("a", f"{scheme}://{SERVER4}:8443/"), timeout_s=0.5
        ).values()
    assert (reading.outcome, reading.reason) == ("unreachable", "no_answer")
    assert reading.connect_ms is not None
    assert reading.tls_ms is reading.first_byte_ms is None


def test_unusable_authority_says_nothing_of_the_service(lab: Lab, tmp_path: Path) -> None:
    here = site(lab)
    (tmp_path / "empty.pem").write_text("")
    came = measure(
        here.box,
        service("gone", f"https://{SERVER4}/", ca_file=str(tmp_path / "gone.pem")),
        service("empty", f"https://{SERVER4}/", ca_file=str(tmp_path / "empty.pem")),
        service("sound", f"https://{SERVER4}/"),
    )
    for name in ("gone", "empty"):
        reading = came[name, "ipv4"]
        assert (reading.outcome, reading.reason) == ("broken", "ca_file_unusable")
    assert came["sound", "ipv4"].reason == "connection_refused"


def test_no_privilege_is_needed(lab: Lab, portal: Portal) -> None:
    here = site(lab)
    wanted = service("a", f"https://{SERVER4}/", ca_file=portal.ca_file)
    with here.server.serving(*portal.command()):
        came = measure(here.box, wanted, before=WITHOUT_CAPABILITIES)
    assert came["a", "ipv4"].outcome == "ok"


@pytest.mark.parametrize(("profile", "megabytes"), [("default", 115), ("metered", 9.6)])
def test_a_long_page_costs_no_more_than_the_page_says(
    lab: Lab, portal: Portal, profile: Any, megabytes: float
) -> None:
    """Bytes on the cable, less 14 of Ethernet for each packet, of the larger family twice."""
    here = site(lab)
    for host, interface in ((here.server, "eth0"), (here.router, "lan"), (here.box, "eth0")):
        # A veth would carry 64 KiB as one packet, which no line does.
        host.run("ip", "link", "set", interface, "gso_max_segs", "1")
    settings = {"services": [service("a", f"https://[{SERVER6}]/", ca_file=portal.ca_file)]}
    with (
        here.server.serving(*portal.command(1_000_000)),
        probe_in(here.box, "service", settings, clock="kernel") as probe,
    ):
        probe.run()
        before = billed(here.box)
        (reading,) = probe.run()
        used = billed(here.box) - before
    assert reading.outcome == "ok"
    assert used <= 40_000
    every: type[Probe[Any]] = ServiceProbe
    assert 2 * 40_000 * MONTH_S / every.every_s[profile] / 1e6 <= megabytes + 0.5


def test_at_its_most_a_run_ends_before_the_schedule_gives_it_up() -> None:
    """Both families of a service, one after the other."""
    settings = checking.check({"timeout_s": 30}, ServiceSettings)
    assert 2 * settings.timeout_s <= 60 < LONGEST_RUN_S


@pytest.mark.parametrize(
    ("settings", "mistake"),
    [
        ({"services": [service("a", "a.test")]}, "'a.test' is not http://host"),
        ({"services": [service("a", "https://u:p@a.test/")]}, "is not http://host"),
        ({"services": [service("a", "https://a.test/"), service("a", "http://b/")]}, "twice"),
        ({"services": [service("a", "http://1.1.1.1/", families=["ipv6"])]}, "another family"),
        ({"services": [service("a", "http://a/", family="ipv4")]}, "services[0].family: unknown"),
        ({"services": [service("a", "http://a/")] * 17}, "no more than 16 services"),
        ({"timeout_s": 31}, "timeout_s: "),
    ],
)
def test_mistakes_in_settings_are_named(settings: dict[str, Any], mistake: str) -> None:
    with pytest.raises(checking.InvalidSettingsError) as refused:
        checking.check(settings, ServiceSettings)
    assert mistake in str(refused.value)
