# SPDX-License-Identifier: Apache-2.0
"""The stages of a guest's way into the Wi-Fi in words, as the page and the messages say them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from sansang_collector.language import mark
from sansang_wire.reading import JourneyStage


class Stage(NamedTuple):
    """One stage: its name, in a short phrase what failing there is, and what is to be done."""

    name: str
    failing: str
    todo: str


RESTART = mark("switch the Wi-Fi access point off and on again.")
_CARRIER = mark("switch the modem off and on again; if that does not help, call the carrier.")
STAGES: Mapping[JourneyStage, Stage] = MappingProxyType(
    {
        "scan": Stage(
            mark("Hears the Wi-Fi"),
            mark("Wi-Fi not heard"),
            mark("see that the access point has power and its light is on; switch it off and on."),
        ),
        "associate": Stage(
            mark("Is taken by the access point"), mark("Wi-Fi takes nobody"), RESTART
        ),
        "authenticate": Stage(
            mark("Passphrase is right"),
            mark("Wi-Fi refuses the passphrase"),
            mark(
                "see whether the passphrase was changed; tell the keeper of the boxes the new one."
            ),
        ),
        "address": Stage(mark("Gets an address"), mark("Wi-Fi gives no address"), RESTART),
        "gateway": Stage(
            mark("Reaches the router"),
            mark("Wi-Fi router does not answer"),
            mark("switch the Wi-Fi router off and on again; check the cable to the modem."),
        ),
        "dns": Stage(mark("Finds names (DNS)"), mark("Wi-Fi finds no names"), _CARRIER),
        "portal": Stage(
            mark("No login page in the way"),
            mark("Login page before the Internet"),
            mark("if nobody wanted a login page, switch it off in the access point's settings."),
        ),
        "internet": Stage(mark("Reaches the Internet"), mark("Wi-Fi without Internet"), _CARRIER),
    }
)
"""In the order in which a guest's device goes through them."""
