# SPDX-License-Identifier: Apache-2.0
"""`sansang-agent probe readiness`, in a house with the Internet behind its router."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sansang_agent import readiness
from sansang_wire.readiness import assess
from sansang_wire.readiness.assessment import Assessment, Stability
from sansang_wire.readings import AnyReading
from tests.agent.running import COMMAND, write_config
from tests.lab.home import PORTAL, home
from tests.lab.netns import Host, Lab, require_namespaces
from tests.lab.networks import SERVER4, SERVER6
from tests.lab.portal import Portal
from tests.wire.ipv6_site import readings


@pytest.fixture
def lab() -> Iterator[Lab]:
    require_namespaces()
    with Lab() as hosts:
        yield hosts


def settings(folder: Path, ca_file: str) -> Path:
    """The house's own servers instead of the world's."""
    return write_config(
        folder,
        "mqtt://127.0.0.1",
        f"""
[probes]
dns.names = ["{PORTAL}"]
resolver.name = "{PORTAL}"
path_mtu.targets = [{{name = "server", host = "{SERVER6}"}}]
service.services = [{{name = "portal", url = "https://{PORTAL}/", ca_file = "{ca_file}"}}]
[probes.ipv6_internet]
ipv6_url = "https://new.test/"
dual_stack_url = "https://{PORTAL}/"
ca_file = "{ca_file}"
operators = [
    {{name = "one", ipv6 = "{SERVER6}", ipv4 = "{SERVER4}"}},
    {{name = "two", ipv6 = "{SERVER6}", ipv4 = "{SERVER4}", port = 80}},
]
""",
    )


def ask(box: Host, config: Path) -> Assessment:
    """Its status says whether there is a score."""
    asked = (str(COMMAND), "probe", "readiness", "--config", str(config), "--json")
    printed, status = box.run("sh", "-c", '"$@"; echo $?', "sh", *asked).splitlines()
    found = msgspec.json.decode(printed, type=Assessment)
    assert int(status) == (1 if found.score is None else 0)
    return found


def earned(found: Assessment) -> dict[str, float | None]:
    return {each.code: each.credit for each in found.checks}


def test_a_house_with_ipv6_and_the_same_house_without(lab: Lab, tmp_path: Path) -> None:
    """What can be seen in a moment; addresses as ip(8) shows them."""
    portal = Portal(tmp_path)
    config = settings(tmp_path, portal.ca_file)
    with home(lab) as here, here.server.serving(*portal.command()):
        found = ask(here.box, config)
        [shown] = here.box.json("ip", "-j", "-6", "address", "show", "dev", "eth0")
        here.router.run("ip", "-6", "address", "flush", "dev", "wan")
        dead = ask(here.box, config)
    well = earned(found)
    assert all(well[each] == 1 for each in ("native_address", "default_route", "ipv6_resolver"))
    assert all(well[each] == 1 for each in ("literals", "ipv6_name", "preference", "latency"))
    assert all(well[each] == 1 for each in ("large_transfer", "no_black_hole", "aaaa"))
    assert well["stability"] is None, "nobody knows yesterday"
    addresses = [each for each in shown["addr_info"] if each["scope"] == "global"]
    [native] = (each.evidence for each in found.checks if each.code == "native_address")
    assert native["global_addresses"] == len(addresses)
    assert (found.capable, found.preferred, found.caps) == (True, True, ())
    assert earned(dead)["literals"] == 0
    assert (dead.capable, dead.preferred, dead.verdict) == (False, False, "not_ready")
    assert "no_ipv6_internet" in dead.reasons
    assert found.score is not None
    assert found.score > 90
    assert dead.score == 30


class ScriptedProbe:
    """Does what the test says; no `Probe`, so that no other test finds it."""

    def __init__(self, run: Callable[[], Awaitable[list[AnyReading]]]) -> None:
        self.run = run


async def test_what_is_late_or_fails_leaves_the_rest() -> None:
    """It is said of each as it ends, what became of it."""

    async def good() -> list[AnyReading]:
        return readings()[:1]

    async def forbidden() -> list[AnyReading]:
        return readings(addressing={"outcome": "broken", "reason": "not_permitted"})[:1]

    async def in_part() -> list[AnyReading]:
        return readings(nat64={"option_108_reason": "not_permitted"})

    async def raising() -> list[AnyReading]:
        raise RuntimeError("no such thing")

    async def slow() -> list[AnyReading]:
        await asyncio.Event().wait()
        return []

    runs = {"good": good, "forbidden": forbidden, "in_part": in_part}
    runs |= {"raising": raising, "slow": slow}
    probes: Any = {kind: ScriptedProbe(run) for kind, run in runs.items()}
    told: list[str] = []
    found = await readiness.measure(
        probes, 0.05, lambda done: told.append(readiness.progress(done, str))
    )
    assert {each.outcome for each in found} == {"broken", "ok"}
    assert sorted(told) == [
        "forbidden: could not be measured (not_permitted)",
        "good: measured",
        "in_part: measured in part (not_permitted): the rest needs CAP_NET_RAW",
        "raising: failed: RuntimeError: no such thing",
        "slow: not done in time, left out",
    ]
    assert told[-1].startswith("slow")


def test_every_check_is_told_with_evidence_and_what_to_do() -> None:
    """A mark, values by their names on the wire, the sentence, the advice; then the sum."""
    steady = Stability(ipv4_up_slots=288, ipv6_up_slots=270)
    found = assess(
        readings(
            router_advertisement={"outcome": "broken"},
            path_mtu={"outcome": "failed", "reason": "black_hole", "largest_bytes": 1300},
            nat64={"outcome": "failed", "prefix": None},
        ),
        steady,
    )
    shown = list(readiness.lines(found, "en", str))
    assert "  ✓ An address of the Internet (global_addresses 2, prefix 2001:db8:1::/48)" in shown
    assert "  ? A valid router advertisement" in shown
    assert "  ~ IPv6 is there whenever IPv4 is (ipv6_up_pct 93.8, ipv4_up_slots 288)" in shown
    fault = shown.index(
        "  ✗ Large packets don't vanish in silence (targets 1, black_holes 1, largest_bytes 1300)"
    )
    assert shown[fault + 1] == "      Large IPv6 packets vanish on the way, and nobody says so."
    assert shown[fault + 2].startswith("      → Call the carrier")
    assert "Not ready for IPv6 alone" in shown
    assert "  ✗ NAT64 is offered" in shown
    assert shown[-3] == "Score: 40 of 100; known of what counts: 89.4 %"
    assert (
        shown[-2] == "  Never above 40: Large IPv6 packets vanish on the way, and nobody says so."
    )
    assert shown[-1] == "Measured at this site; not an official figure."


def test_it_is_told_in_vietnamese_with_a_decimal_comma() -> None:
    found = assess(readings(router_advertisement={"outcome": "broken"}), None)
    shown = list(readiness.lines(found, "vi", str))
    assert "  ✓ Có địa chỉ IPv6 của Internet (global_addresses 2, prefix 2001:db8:1::/48)" in shown
    assert "Sẵn sàng thuần IPv6" in shown
    assert any("71,8 %" in line for line in shown)
    assert shown[-1] == "Kết quả đo tại điểm đo, không phải số liệu công bố chính thức."
