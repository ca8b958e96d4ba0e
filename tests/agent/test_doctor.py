# SPDX-License-Identifier: Apache-2.0
"""The doctor on boxes that lack what the probes need: each lack is found, and how to mend it."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.agent.running import COMMAND, all_off_but, write_config
from tests.lab.netns import WITHOUT_CAPABILITIES, Host, Lab, require_namespaces
from tests.lab.networks import NOBODY4, SERVER4, SERVER6, Site, site

TARGET = '[[probes.reachability.targets]]\nname = "{name}"\nhost = "{host}"\nscope = "domestic"\n'
REACHABILITY = f"[probes]\n{all_off_but('reachability')}"
GATEWAY = TARGET.format(name="gateway", host="gateway")
LITERAL = REACHABILITY + GATEWAY + TARGET.format(name="t", host=SERVER4)
NAMED = REACHABILITY + TARGET.format(name="t", host="server.test")


@pytest.fixture
def lab() -> Iterator[Lab]:
    require_namespaces()
    with Lab() as hosts:
        yield hosts


@pytest.fixture
def here(lab: Lab) -> Site:
    """A site whose box asks nobody but a resolver."""
    made = site(lab)
    made.box.file("/etc/nsswitch.conf", "hosts: dns\n")
    return made


def findings(
    box: Host, folder: Path, more: str, *before: str, broker: str = "127.0.0.1"
) -> dict[str, dict[str, Any]]:
    """The doctor's, by name."""
    config = write_config(folder, f"mqtt://{broker}:9", more)
    command = (*before, str(COMMAND), "doctor", "--config", str(config), "--json", "--lang", "en")
    found: list[dict[str, Any]] = json.loads(box.run(*command, status=1))
    return {each["name"]: each for each in found}


def test_who_may_not_ping_is_told_how(here: Site, tmp_path: Path) -> None:
    """And does; a lab has no group but the first."""
    found = findings(here.box, tmp_path, LITERAL, *WITHOUT_CAPABILITIES)["echo"]
    assert (found["ok"], "net.ipv4.ping_group_range" in found["mend"]) == (False, True)
    here.box.sysctl("net.ipv4.ping_group_range", "0 0")
    assert findings(here.box, tmp_path, LITERAL, *WITHOUT_CAPABILITIES)["echo"]["ok"]


def test_capability_to_ping_will_do(here: Site, tmp_path: Path) -> None:
    """As root has it, whose group may not."""
    assert findings(here.box, tmp_path, LITERAL)["echo"]["ok"]


def test_no_resolver(here: Site, tmp_path: Path) -> None:
    here.box.file("/etc/resolv.conf", "search a.test\n")
    found = findings(here.box, tmp_path, NAMED)["dns"]
    assert (found["ok"], found["what"]) == (False, "no DNS server is configured")


def test_dead_resolver(here: Site, tmp_path: Path) -> None:
    """It is named, so that somebody can look after it."""
    here.box.file("/etc/resolv.conf", f"nameserver {NOBODY4}\noptions timeout:1 attempts:1\n")
    found = findings(here.box, tmp_path, NAMED)["dns"]
    assert not found["ok"]
    assert NOBODY4 in found["what"]


@pytest.mark.parametrize("address", [SERVER4, SERVER6])
def test_resolver_that_answers(here: Site, tmp_path: Path, address: str) -> None:
    """That it knows no such name is an answer; through either family."""
    here.box.file("/etc/resolv.conf", f"nameserver {address}\n")
    with here.server.serving(sys.executable, "-m", "tests.lab.name_server", address, "{}"):
        assert findings(here.box, tmp_path, NAMED)["dns"]["ok"]


def test_only_what_somebody_needs_is_looked_at(here: Site, tmp_path: Path) -> None:
    """Of probes that are on, with the targets they have; the broker's name is one, too."""
    asked = {"settings", "clock", "outbox", "broker"}
    here.box.file("/etc/resolv.conf", "")
    nothing = f"[probes]\n{all_off_but()}"
    assert set(findings(here.box, tmp_path, nothing)) == asked
    assert set(findings(here.box, tmp_path, nothing, broker="broker.test")) == asked | {"dns"}
    assert set(findings(here.box, tmp_path, LITERAL)) == asked | {"echo"}
    assert set(findings(here.box, tmp_path, NAMED)) == asked | {"echo", "dns"}
    addressing = f"[probes]\n{all_off_but('addressing')}"
    assert findings(here.box, tmp_path, addressing)["netlink"]["ok"]


LOOK = """
import asyncio, json, os, resource
from sansang_agent.needs import finding

async def main():
    free = os.dup(0)
    os.close(free)
    if WITHOUT_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, free))
    return await finding(NEED, str)

print(json.dumps(asyncio.run(main())._asdict()))
"""


def look(box: Host, need: str, *, without_files: bool = False) -> dict[str, Any]:
    """What the doctor finds of one need."""
    return box.python(f"NEED, WITHOUT_FILES = {need!r}, {without_files}\n{LOOK}")


def test_kernel_that_tells_nothing(here: Site) -> None:
    """Here because no file may be opened; on boxes because the unit forbids it."""
    found = look(here.box, "netlink", without_files=True)
    assert not found["ok"]
    assert "AF_NETLINK" in found["mend"]
    assert look(here.box, "netlink")["ok"]


def test_box_without_a_radio(here: Site) -> None:
    """A namespace has none unless one is put into it."""
    found = look(here.box, "wireless")
    assert not found["ok"]
    assert "driver" in found["mend"]
