# SPDX-License-Identifier: Apache-2.0
"""The causes of outages in words, as the page and the messages say them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from sansang_collector.language import mark
from sansang_collector.stages import RESTART
from sansang_collector.watch.cause import Cause


class CauseWords(NamedTuple):
    """A cause: its name, what happened as a sentence's end, and one thing to do."""

    name: str
    what: str
    todo: str


_LOS = mark("look at the LOS light of the modem; if it is red, call the carrier.")
_CABLE = mark("see that the router has power and its cable is plugged in; switch it off and on.")
CAUSES: Mapping[Cause, CauseWords] = MappingProxyType(
    {
        "silent": CauseWords(
            mark("not known yet"),
            mark("contact was lost; the power or the line may be out"),
            mark("see whether there is power, then look at the lights of the modem."),
        ),
        "power_cut": CauseWords(
            mark("power cut"),
            mark("the power is out"),
            mark("ask the electricity company when it comes back."),
        ),
        "box_power": CauseWords(
            mark("box without power"),
            mark("a measuring box lost its power"),
            mark("see that the box is plugged in."),
        ),
        "switched_off": CauseWords(
            mark("switched off"),
            mark("the measuring box was switched off"),
            mark("switch the box on when the house is open."),
        ),
        "agent_fault": CauseWords(
            mark("fault of the measuring box"),
            mark("the measuring box did not measure"),
            mark("switch the box off and on; if it happens again, tell the commune's officer."),
        ),
        "line": CauseWords(mark("line cut"), mark("the access line is cut"), _LOS),
        "equipment": CauseWords(
            mark("router or its cable"),
            mark("the router does not answer, or its cable is out"),
            _CABLE,
        ),
        "access_point": CauseWords(
            mark("Wi-Fi access point"), mark("the Wi-Fi access point does not work"), RESTART
        ),
        "dhcp": CauseWords(
            mark("no address given (DHCP)"),
            mark("the router gives no address"),
            mark("switch the router off and on again."),
        ),
        "dns": CauseWords(
            mark("names not found (DNS)"),
            mark("names are not found (DNS), though the line works"),
            mark("switch the modem off and on again; if that does not help, call the carrier."),
        ),
        "ipv6": CauseWords(
            mark("IPv6 only"),
            mark("IPv6 does not work, though IPv4 does"),
            mark("check IPv6 on the modem; if it is on, ask the carrier."),
        ),
        "carrier": CauseWords(
            mark("carrier"),
            mark("the fault is beyond the modem, in the carrier's network"),
            mark("call the carrier; nothing is to be mended in the house."),
        ),
        "international": CauseWords(
            mark("international links"),
            mark("only servers abroad are not reached"),
            mark("ask the carrier; nothing is to be mended in the house."),
        ),
        "loss": CauseWords(mark("packets lost"), mark("many packets are lost on the line"), _LOS),
        "centre": CauseWords(
            mark("fault of the centre"),
            mark("the centre could hear nobody"),
            mark("see that the centre's line, broker and clock are well."),
        ),
        "subscription": CauseWords(
            mark("subscription expired"),
            mark("the carrier answers with a page of its own: the subscription may have expired"),
            mark("pay the carrier's bill, or call the carrier."),
        ),
    }
)
