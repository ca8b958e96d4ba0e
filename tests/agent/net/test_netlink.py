# SPDX-License-Identifier: Apache-2.0
"""The kernel asked without a library, compared with ip(8) in the same namespace and run."""

import errno
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from sansang_agent.net import netlink
from tests.lab.netns import WITHOUT_CAPABILITIES, Host, Lab
from tests.lab.networks import ROUTER6, site

ADDRESSES = """
import json
from sansang_agent.net.own_addresses import own_addresses
found = [each for family in ("ipv4", "ipv6") for each in own_addresses(family)]
print(json.dumps([[each.interface, str(each.address)] for each in found]))
"""


def said_by_ip(box: Host) -> list[list[str]]:
    interfaces: list[dict[str, Any]] = box.json("ip", "-j", "addr")
    return [
        [each["ifname"], inside["local"]] for each in interfaces for inside in each["addr_info"]
    ]


@pytest.mark.parametrize("before", [(), WITHOUT_CAPABILITIES])
def test_addresses_are_those_of_ip(lab: Lab, before: tuple[str, ...]) -> None:
    """Of every interface and family, the near end of a link between two points, without a right."""
    box = site(lab).box
    box.run("ip", "link", "add", "tun9", "type", "bridge")
    box.run("ip", "address", "add", "10.9.0.1", "peer", "10.9.0.2", "dev", "tun9")
    box.run("ip", "-6", "address", "add", "fd09::1", "peer", "fd09::2", "dev", "tun9")
    found = box.json(*before, sys.executable, "-c", ADDRESSES)
    assert sorted(found) == sorted(said_by_ip(box))
    assert ["tun9", "10.9.0.1"] in found
    assert ["tun9", "fd09::1"] in found


TEMPORARY = """
import json
from sansang_agent.net.own_addresses import own_addresses
print(json.dumps([str(each.address) for each in own_addresses("ipv4") if each.temporary]))
"""


def test_second_address_of_a_subnet_is_not_temporary(lab: Lab) -> None:
    """IPv4 and IPv6 have different meanings for one bit."""
    box = site(lab, ipv6=False).box
    box.address("eth0", "192.0.2.3/24")
    assert "secondary" in box.run("ip", "-4", "address", "show", "eth0")
    assert box.python(TEMPORARY) == []


BUSY = """
import json, subprocess, sys
from sansang_agent.net import netlink
from sansang_agent.net.own_addresses import own_addresses

whole, asked = 0, 0
ask = netlink._ask

def counted(*request):
    global asked
    asked += 1
    return ask(*request)

netlink._ask = counted
with subprocess.Popen(["ip", "-batch", sys.argv[1]]) as changing:
    while changing.poll() is None and not asked > whole > 0:
        try:
            own_addresses("ipv6")
        except BlockingIOError:
            continue
        whole += 1
    changing.kill()
print(json.dumps([whole, asked]))
"""


def test_table_that_changes_meanwhile_is_read_again(lab: Lab, tmp_path: Path) -> None:
    """A dump of several answers between which addresses come and go would miss some that stay."""
    box = site(lab).box
    many, changes = tmp_path / "many", tmp_path / "changes"
    many.write_text(commands("add", "2001:db8:1::1", 900))
    changes.write_text(
        (commands("add", "2001:db8:2::1", 200) + commands("del", "2001:db8:2::1", 200)) * 20
    )
    box.run("ip", "-batch", str(many))
    whole, asked = box.json(sys.executable, "-c", BUSY, str(changes))
    assert asked > whole > 0


def commands(verb: str, prefix: str, count: int) -> str:
    """For `ip -batch`."""
    lines = (f"address {verb} {prefix}:{n:x}/128 dev eth0 nodad\n" for n in range(count))
    return "".join(lines)


def test_generic_family_is_known_by_its_name() -> None:
    """The one that every kernel has, and one that none has."""
    assert netlink.generic_family("nlctrl") == netlink.GENL_ID_CTRL
    assert netlink.generic_family("no-such-family") is None


@pytest.mark.parametrize(
    ("type_", "body", "number"),
    [
        (30, bytes(12), errno.EINVAL),
        (0x7FFF, bytes(16), errno.EOPNOTSUPP),
    ],
)
def test_error_of_the_kernel_is_an_error_with_its_number(
    type_: int, body: bytes, number: int
) -> None:
    """No address to look for; no such request."""
    with pytest.raises(OSError) as refused:
        netlink.get(netlink.NETLINK_ROUTE, type_, body)
    assert refused.value.errno == number


def test_attributes_are_read_back_as_they_are_written() -> None:
    """Padded to four bytes; flags in the type are none of it; a cut one ends them."""
    data = (
        netlink.attribute(1, b"a") + netlink.attribute(0x8002, b"bcde") + netlink.attribute(3, b"")
    )
    assert len(data) == 8 + 8 + 4
    assert netlink.attributes(data) == {1: b"a", 2: b"bcde", 3: b""}
    assert netlink.attributes(data[:17]) == {1: b"a", 2: b"bcde"}
    assert netlink.attributes(b"\1\0\7\0" + data) == {}


NEIGHBOUR = """
import json
from ipaddress import ip_address
from sansang_agent.net.neighbours import neighbour_state
print(json.dumps([neighbour_state(ip_address(each), "eth0") for each in ADDRESSES]))
"""


def test_neighbour_nobody_asked_for_is_none(lab: Lab) -> None:
    """And one that is there is as ip(8) has it."""
    box = site(lab).box
    box.run("ping", "-c1", ROUTER6)
    known, unknown = box.python(f"ADDRESSES = {json.dumps([ROUTER6, '2001:db8:1::77'])}{NEIGHBOUR}")
    (said,) = box.json("ip", "-j", "neigh", "show", ROUTER6)
    assert [known.upper()] == said["state"]
    assert unknown == "none"
