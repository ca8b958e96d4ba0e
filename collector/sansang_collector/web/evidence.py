# SPDX-License-Identifier: Apache-2.0
"""What was heard while something was not well, as a sentence."""

from collections.abc import Mapping
from types import MappingProxyType

from sansang_collector.language import Translation, mark

CLUES: Mapping[str, str] = MappingProxyType(
    {
        "keeper:power_out": mark("its keeper says that the power is out"),
        "portal:portal": mark("web pages are answered by a page of somebody else"),
        "carrier:down": mark("the network cable has no link"),
        "address:no_address": mark("the box is given no address"),
        "gateway:down": mark("the router does not answer"),
        "route:beyond_gateway": mark("machines of the carrier answer"),
        "route:at_gateway": mark("the way ends at the router"),
        "address:no_route": mark("the box has an address, but no route"),
        "power:down": mark("the box runs on its battery"),
        "wifi:down": mark("no radio has it on air"),
        "wifi:scan": mark("a guest does not hear it"),
        "wifi:associate": mark("it takes no guest"),
        "wifi:authenticate": mark("it refuses the passphrase"),
        "wifi:address": mark("guests are given no address"),
        "wifi:gateway": mark("guests do not reach the router"),
        "gateway:up": mark("the router answers"),
        "internet:down": mark("nothing on the Internet answers"),
        "internet:no_international": mark("servers in the country answer, none abroad does"),
        "internet:lossy": mark("more than one packet in five is lost"),
        "dns:down": mark("no name is found"),
        "ipv6:down": mark("nothing answers over IPv6"),
        "carrier:up": mark("the network cable has a link"),
        "address:up": mark("the box has an address"),
    }
)
"""The most telling first: what is broken nearest to the box, then what still works beside it."""
SAID = 2


def sentence(clues: Mapping[str, int], translate: Translation) -> str:
    """The two strongest, of each thing what was heard most often; empty when there is nothing to
    tell. It begins small and has no full stop.
    """
    often: dict[str, str] = {}
    for clue in sorted(clues, key=clues.__getitem__):
        often[clue.partition(":")[0]] = clue
    told = [translate(text) for clue, text in CLUES.items() if clue in often.values()]
    return "; ".join(told[:SAID])
