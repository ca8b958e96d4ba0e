# SPDX-License-Identifier: Apache-2.0
"""Every office of tests/lab/offices.py gets the score, caps, verdict and reasons that it must get,
and is left in peace meanwhile. docs/readiness-labs.md has the table.
"""

from collections.abc import Iterable, Iterator
from ipaddress import IPv6Address, ip_address, ip_network

import pytest

from sansang_agent import readiness
from sansang_agent.net import nat64
from tests.capabilities import program
from tests.lab.netns import ROOT, Lab, require_namespaces
from tests.lab.networks import site
from tests.lab.office import NATIVE
from tests.lab.offices import GROUPS, SIXTOFOUR, TEREDO, ReadinessLab
from tests.lab.overheard import Frame, overhearing
from tests.lab.readiness_labs import Measured, due, measure_all

DOCUMENT = ROOT / "docs" / "readiness-labs.md"
MOST_NEIGHBOURS = 8
"""A router has two addresses and a name server's; a stranger and a printer may be there, too."""
LAN = [
    ip_network(each)
    for each in (
        *("192.0.2.0/24", "fe80::/64", "fd00:1::/64", "2001:db8:9::/64", NATIVE),
        *(f"{SIXTOFOUR}/64", f"{TEREDO}/64"),
    )
]
ARP_REQUEST, ARP_REPLY, DISCOVER = 1, 2, 1
ECHO, REPORT, ROUTER_SOLICITATION, SOLICITATION, ADVERTISEMENT, REPORT_2 = (
    128,
    131,
    133,
    135,
    136,
    143,
)
HARMLESS = {
    "arp": {ARP_REQUEST, ARP_REPLY},
    "ipv4": {None, DISCOVER},
    "ipv6": {None, ECHO, REPORT, REPORT_2, ROUTER_SOLICITATION, SOLICITATION, ADVERTISEMENT},
}
"""Nothing that makes others change their minds: no advertisement of a router, no redirect, no
request for a lease.
"""


@pytest.mark.parametrize("group", GROUPS)
def test_every_office_is_judged_as_it_must_be(group: str) -> None:
    """By the real command inside it; all that is wrong is told at once, by office."""
    require_namespaces()
    labs = GROUPS[group]
    wrong = {
        name: [*mistakes, *measured.progress]
        for name, measured in measure_all(labs).items()
        if (mistakes := [*_misjudged(labs[name], measured), *_disturbed(measured.frames)])
    }
    assert not wrong


def _misjudged(lab: ReadinessLab, measured: Measured) -> Iterator[str]:
    expected, found = lab.expected, measured.found
    if expected.score is None or found.score is None:
        right = found.score == expected.score
    else:
        low, high = expected.score
        right = low <= found.score <= high
    if not right:
        yield f"score {found.score}, not {expected.score}"
    if measured.status != (1 if found.score is None else 0):
        yield f"exit status {measured.status}"
    if found.verdict != expected.verdict:
        yield f"verdict {found.verdict}, not {expected.verdict}"
    if [each.reason for each in found.caps] != [*expected.caps]:
        yield f"caps {found.caps}, not {expected.caps}"
    if different := {*found.reasons} ^ {*expected.reasons}:
        yield f"reasons: {different}"
    if different := {each.reason for each in found.information} ^ {*expected.told}:
        yield f"information: {different}"
    if expected.evidence and expected.evidence not in [
        each for check in found.checks for each in check.evidence.items()
    ]:
        yield f"evidence: no {expected.evidence}"
    yield from _not_told(lab, measured)


def _not_told(lab: ReadinessLab, measured: Measured) -> Iterator[str]:
    """Of each probe it is said what became of it, within the command's own limit; without rights
    the two that open raw sockets say which one they lack, and less is known.
    """
    kinds = [line.partition(":")[0] for line in measured.progress]
    if sorted(kinds) != sorted(readiness.KINDS):
        yield f"progress: {measured.progress}"
    in_part = {line.partition(":")[0] for line in measured.progress if "CAP_NET_RAW" in line}
    if in_part != ({"nat64", "router_advertisement"} if lab.before else set()):
        yield f"rights: {measured.progress}"
    [rdnss] = (each.credit for each in measured.found.checks if each.code == "rdnss")
    if lab.before and rdnss is not None:
        yield "name servers of an advertisement that could not be heard"


def _disturbed(frames: Iterable[Frame]) -> Iterator[str]:
    """What the box sent and should not have."""
    neighbours: set[str] = set()
    for frame in frames:
        to = ip_address(frame.to)
        if to in nat64.WELL_KNOWN_ADDRESSES or (
            isinstance(to, IPv6Address) and nat64.prefixes([to])
        ):
            yield f"sent to an address of ipv4only.arpa: {frame}"
        if frame.kind not in HARMLESS[frame.protocol]:
            yield f"disturbs others: {frame}"
        if any(to in network for network in LAN if network.version == to.version):
            neighbours.add(frame.to)
    if not 1 <= len(neighbours) <= MOST_NEIGHBOURS:
        yield f"looks for {len(neighbours)} neighbours: {neighbours}"


def test_the_document_tells_of_every_office() -> None:
    """Its figures were measured; which offices there are and what is due to them is compared."""
    written = DOCUMENT.read_text()
    for group in GROUPS.values():
        for name, lab in group.items():
            assert f"| `{name}` | {lab.what} | {due(lab)} |" in written
    assert written.count("\n| `") == sum(map(len, GROUPS.values()))


def test_what_would_disturb_is_overheard() -> None:
    """A test of the listener: what is forbidden is done, and seen."""
    require_namespaces()
    with Lab() as lab:
        here = site(lab)
        with overhearing(here.router, "lan") as heard:
            for each in ("192.0.0.170", "2001:db8:64::c000:ab", *map(_neighbour, range(10))):
                asked = (program("ping", "packets to anywhere"), "-c", "1", "-W", "0.1", each)
                here.box.run(*asked, status=None)
        wrong = [each.partition(":")[0] for each in _disturbed(heard.frames)]
    assert wrong.count("sent to an address of ipv4only.arpa") == 2
    assert wrong[-1].startswith("looks for 1")


def _neighbour(number: int) -> str:
    return f"2001:db8:1::aa:{number}"


def test_the_command_has_a_limit_of_its_own() -> None:
    """What is late is left out, so that it ends in time wherever it runs."""
    assert readiness.TIME_LIMIT_S < 20
