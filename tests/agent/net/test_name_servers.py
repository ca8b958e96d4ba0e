# SPDX-License-Identifier: Apache-2.0
"""The box's resolvers: those that the C library asks, seen by the server that gets the question."""

import pytest

from tests.lab.netns import Host, Lab

ASK = """
import json
from sansang_agent.net.name_servers import name_servers
print(json.dumps([str(address) for address in name_servers()]))
"""


@pytest.fixture
def box(lab: Lab) -> Host:
    """With a /run of its own."""
    host = lab.host("box")
    host.run("mount", "-t", "tmpfs", "tmpfs", "/run")
    host.run("mkdir", "-p", "/run/systemd/resolve")
    return host


def configured(box: Host, text: str, behind_the_stub: str | None = None) -> list[str]:
    """What is found with this resolv.conf, and with this one of systemd-resolved's."""
    box.file("/etc/resolv.conf", text)
    if behind_the_stub is not None:
        path = "/run/systemd/resolve/resolv.conf"
        box.run("touch", path)
        box.file(path, behind_the_stub)
    return box.python(ASK)


def test_servers_of_both_families_in_their_order(box: Host) -> None:
    """A link-local one means nothing without its zone."""
    text = (
        "search a.test\nnameserver 2001:db8::53\nnameserver 192.0.2.53\nnameserver fe80::1%eth0\n"
    )
    assert configured(box, text) == ["2001:db8::53", "192.0.2.53", "fe80::1%eth0"]


def test_what_the_c_library_passes_over_is_passed_over(box: Host) -> None:
    """Comments, indented lines, what is no address, a fourth server, one that is named twice."""
    text = (
        "# nameserver 192.0.2.1\n; nameserver 192.0.2.2\n nameserver 192.0.2.3\nnameserver\n"
        "nameserver ns.test\nnameservers 192.0.2.4\nnameserver\t192.0.2.5 # ours\n"
        "nameserver 192.0.2.5\nnameserver 192.0.2.6\nnameserver 192.0.2.7\n"
    )
    assert configured(box, text) == ["192.0.2.5", "192.0.2.6"]


def test_behind_the_stub_of_systemd_resolved_are_the_real_ones(box: Host) -> None:
    """As many as there are: the limit is the C library's."""
    servers = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::53", "fe80::1%2"]
    behind = "".join(f"nameserver {each}\n" for each in servers)
    assert configured(box, "nameserver 127.0.0.53\n", behind) == servers


@pytest.mark.parametrize("behind", [None, "", "# none known\n"])
def test_stub_with_nothing_behind_it_is_what_programs_ask(box: Host, behind: str | None) -> None:
    assert configured(box, "nameserver 127.0.0.53\n", behind) == ["127.0.0.53"]


def test_resolver_on_the_box_itself_counts(box: Host) -> None:
    """A router asks its own forwarder; the file of a resolved that isn't asked is not looked at."""
    assert configured(box, "nameserver ::1\n", "nameserver 192.0.2.1\n") == ["::1"]


@pytest.mark.parametrize("text", ["", "search a.test\n", "\xff\x00\nnameserver\n"])
def test_none_configured(box: Host, text: str) -> None:
    assert configured(box, text) == []
