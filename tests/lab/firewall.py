# SPDX-License-Identifier: Apache-2.0
"""Rules of nftables that routers have, or should not have."""

from sansang_wire.reading import Family
from tests.capabilities import program
from tests.lab.netns import Host

_TOO_BIG: dict[Family, str] = {
    "ipv4": "icmp type destination-unreachable icmp code frag-needed",
    "ipv6": "icmpv6 type packet-too-big",
}


def drop(host: Host, hook: str, *rules: str) -> None:
    """Throw away what one of the rules describes; `hook` as in nft(8): input, forward, output."""
    nft = program("nft", "a router's firewall")
    lines = [f"add chain inet lab {hook} {{ type filter hook {hook} priority 0; }}"]
    lines += [f"add rule inet lab {hook} {rule} drop" for rule in rules]
    host.run(nft, "; ".join(["add table inet lab", *lines]))


def no_packet_too_big(router: Host, *families: Family) -> None:
    """A black hole: larger packets vanish and nobody hears of it. Of both families unless named."""
    drop(router, "output", *(_TOO_BIG[family] for family in families or ("ipv4", "ipv6")))
