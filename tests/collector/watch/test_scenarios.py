# SPDX-License-Identifier: Apache-2.0
"""What happens in houses, and what must stand in the ledger and be told: one scenario each."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from tests.collector.watch.scenario import agrees, play


class Scenario(NamedTuple):
    """`ledger`: what is its own cause; `told`: what people read, in order."""

    name: str
    happens: str
    ledger: str = ""
    told: str = ""
    more: Mapping[str, Any] = MappingProxyType({})


FOUR: dict[str, Any] = {
    "sites": {
        name: {"carrier": carrier}
        for name, carrier in (("dong", "A"), ("doai", "A"), ("nam", "B"), ("bac", "B"))
    }
}
BY_DAY: dict[str, Any] = {"sites": {"dong": {"hours": {"daily": "07:00-11:00 14:00-17:00"}}}}
BY_NIGHT: dict[str, Any] = {"sites": {"dong": {"hours": {"daily": "20:00-02:00"}}}}
TWO_BOXES: dict[str, Any] = {"boxes": ["dong-2 wifi"]}
WELL = "08:00 dong: well\n"
ALL_WELL = "08:00 dong, doai, nam, bac: well\n"
MINUTES = range(10, 58, 8)
COMES_AND_GOES = "".join(
    f"08:{minute:02} dong: access point dead\n08:{minute + 4:02} dong: well\n" for minute in MINUTES
)
COMES_AND_GOES_LEDGER = "".join(
    f"dong wifi 08:{minute:02}–08:{minute + 4:02} access_point\n" for minute in MINUTES
)
COMES_AND_GOES_TOLD = (
    "08:12 dong wifi NVH down access_point\n08:15 dong wifi NVH up access_point\n"
    "08:20 dong wifi NVH down access_point\n08:23 dong wifi NVH up access_point\n"
    "08:28 dong wifi NVH down access_point\n09:18 dong wifi NVH up access_point"
)
ONE_BY_ONE = (
    "08:15 dong, doai, nam: power cut\n08:45 dong: well\n08:55 doai: well\n09:05 nam: well\n"
)
ONE_BY_ONE_LEDGER = (
    "doai power 08:15–08:55 power_cut\ndong power 08:15–08:45 power_cut\n"
    "nam power 08:15–09:05 power_cut\ncentre area 08:15–09:06 power_cut"
)
ONE_BY_ONE_TOLD = (
    "08:19 3 sites area commune:11824 down silent\n09:06 3 sites area commune:11824 up power_cut"
)

SCENARIOS = [
    Scenario("nothing happens", WELL + "09:00 : end"),
    # Each cause.
    Scenario(
        "the line is cut: lost contact, and told at its end what it was",
        WELL + "08:15 dong: line cut\n09:02 dong: well\n09:10 : end",
        "dong internet 08:15–09:02 line",
        "08:19 dong contact down silent\n09:03 dong contact up line",
    ),
    Scenario(
        "the power is cut",
        WELL + "08:15 dong: power cut\n09:02 dong: well\n09:10 : end",
        "dong power 08:15–09:02 power_cut",
        "08:19 dong contact down silent\n09:03 dong contact up power_cut",
    ),
    Scenario(
        "the box runs on its battery: told while it lasts",
        WELL + "08:15 dong: on battery\n09:02 dong: well\n09:10 : end",
        "dong power 08:15–09:02 power_cut",
        "08:17 dong power down power_cut\n09:03 dong power up power_cut",
    ),
    Scenario(
        "the battery runs out: one outage after the other, one message",
        WELL + "08:15 dong: on battery\n08:40 dong: power cut\n09:02 dong: well\n09:10 : end",
        "dong power 08:15–08:40 power_cut\ndong power 08:40–09:02 power_cut",
        "08:17 dong power down power_cut\n09:03 dong power up power_cut",
    ),
    Scenario(
        "a power cut of a minute is in the ledger, and nobody is called",
        WELL + "08:15 dong: power cut\n08:16:10 dong: well\n08:40 : end",
        "dong power 08:15–08:16 power_cut",
    ),
    Scenario(
        "the router dies and takes its Wi-Fi along: one cause",
        WELL + "08:15 dong: router dead\n09:02 dong: well\n09:10 : end",
        "dong internet 08:15–09:02 equipment",
        "08:19 dong contact down silent\n09:03 dong contact up equipment",
    ),
    Scenario(
        "the router gives no address",
        WELL + "08:15 dong: no lease\n09:02 dong: well\n09:10 : end",
        "dong internet 08:15–09:02 dhcp",
        "08:19 dong contact down silent\n09:03 dong contact up dhcp",
    ),
    Scenario(
        "the carrier's network fails beyond the modem",
        WELL + "08:15 dong: upstream dead\n09:02 dong: well\n09:10 : end",
        "dong internet 08:15–09:02 carrier",
        "08:19 dong contact down silent\n09:03 dong contact up carrier",
    ),
    Scenario(
        "the subscription has expired",
        WELL + "08:15 dong: unpaid\n09:02 dong: well\n09:10 : end",
        "dong internet 08:15–09:02 subscription",
        "08:19 dong contact down silent\n09:03 dong contact up subscription",
    ),
    Scenario(
        "only servers abroad are gone",
        WELL + "08:15 dong: nothing abroad\n09:02 dong: well\n09:10 : end",
        "dong internet 08:15–09:02 degraded international",
        "08:20 dong internet down international\n09:03 dong internet up international",
    ),
    Scenario(
        "many packets are lost: shown, and nobody is called",
        WELL + "08:15 dong: lossy\n09:02 dong: well\n09:10 : end",
        "dong internet 08:15–09:02 degraded loss",
    ),
    Scenario(
        "DNS alone",
        WELL + "08:15 dong: DNS dead\n09:02 dong: well\n09:10 : end",
        "dong dns 08:16–09:02 dns",
        "08:18 dong dns down dns\n09:03 dong dns up dns",
    ),
    Scenario(
        "IPv6 alone",
        WELL + "08:15 dong: IPv6 dead\n09:02 dong: well\n09:10 : end",
        "dong ipv6 08:15–09:02 ipv6",
        "08:17 dong ipv6 down ipv6\n09:03 dong ipv6 up ipv6",
    ),
    Scenario(
        "IPv6 that the line never had is no outage",
        "08:00 dong: no IPv6 yet\n09:00 : end",
    ),
    Scenario(
        "IPv6 is missed once it has been there",
        "08:00 dong: no IPv6 yet\n08:30 dong: well\n08:50 dong: no IPv6 yet\n09:00 : end",
        "dong ipv6 08:50–now ipv6",
        "08:52 dong ipv6 down ipv6",
    ),
    Scenario(
        "the access point",
        WELL + "08:15 dong: access point dead\n09:02 dong: well\n09:10 : end",
        "dong wifi 08:15–09:02 access_point",
        "08:17 dong wifi NVH down access_point\n09:03 dong wifi NVH up access_point",
    ),
    Scenario(
        "guests get no address",
        WELL + "08:15 dong: guests get no address\n09:02 dong: well\n09:10 : end",
        "dong wifi 08:16:30–09:02:30 dhcp",
        "08:18:30 dong wifi NVH down address\n09:04 dong wifi NVH up address",
    ),
    Scenario(
        "guests are sent away",
        WELL + "08:15 dong: guests are sent away\n09:02 dong: well\n09:10 : end",
        "dong wifi 08:16:30–09:02:30 access_point",
        "08:18:30 dong wifi NVH down authenticate\n09:04 dong wifi NVH up authenticate",
    ),
    Scenario(
        "the agent was killed: the box was on, and unknown is not down",
        WELL + "08:15 dong: agent killed\n09:02 dong: well\n09:10 : end",
        "dong box dong-1 08:15–09:02 agent_fault",
        "08:19 dong contact down silent\n09:03 dong contact up agent_fault",
    ),
    Scenario(
        "the box is switched off in good order: in the ledger, and nobody is called",
        WELL + "08:15 dong: switched off\n09:02 dong: well\n09:10 : end",
        "dong box dong-1 08:15–09:02 switched_off",
    ),
    # Late data.
    Scenario(
        "what comes a minute late is no outage",
        WELL + "08:15 dong: slow\n08:16:30 dong: no more slow\n08:40 : end",
    ),
    Scenario(
        "nothing was wrong but the way to the centre: the ledger takes it back",
        WELL + "08:15 dong: slow\n08:45 dong: no more slow\n09:00 : end",
        "",
        "08:19 dong contact down silent\n08:46 dong contact up silent",
    ),
    Scenario(
        "an outage that came and went while nothing arrived is told to nobody",
        WELL + "08:14 dong: slow\n08:15 dong: access point dead\n08:40 dong: well\n"
        "08:45 dong: no more slow\n09:00 : end",
        "dong wifi 08:15–08:40 access_point",
        "08:18 dong contact down silent\n08:46 dong contact up silent",
    ),
    Scenario(
        "what began while nothing arrived and lasts is told, with its true beginning",
        WELL + "08:14 dong: slow\n08:15 dong: access point dead\n08:45 dong: no more slow\n"
        "09:00 : end",
        "dong wifi 08:15–now access_point",
        "08:18 dong contact down silent\n08:46 dong wifi NVH down access_point\n"
        "08:46 dong contact up silent",
    ),
    Scenario(
        "a backlog of hours corrects the ledger and calls nobody",
        WELL + "08:15 dong: line cut\n12:15 dong: well\n12:40 : end",
        "dong internet 08:15–12:15 line",
        "08:19 dong contact down silent\n12:16 dong contact up line",
    ),
    # Two causes.
    Scenario(
        "the line is cut, and the access point dies meanwhile",
        WELL + "08:15 dong: line cut\n08:30 dong: access point dead\n09:00 dong: no more line cut\n"
        "09:20 dong: well\n09:30 : end",
        "dong internet 08:15–09:00 line\ndong wifi 08:30–09:20 access_point",
        "08:19 dong contact down silent\n09:01 dong wifi NVH down access_point\n"
        "09:01 dong contact up line\n09:21 dong wifi NVH up access_point",
    ),
    Scenario(
        "the access point dies, and then the line is cut",
        WELL + "08:15 dong: access point dead\n08:30 dong: line cut\n09:00 dong: well\n09:10 : end",
        "dong wifi 08:15–09:00 access_point\ndong internet 08:30–09:00 line",
        "08:17 dong wifi NVH down access_point\n08:34 dong contact down silent\n"
        "09:01 dong wifi NVH up access_point\n09:01 dong contact up line",
    ),
    Scenario(
        "the line is cut, and then the power: two outages, one loss of contact",
        WELL + "08:15 dong: line cut\n08:40 dong: power cut\n09:10 dong: well\n09:20 : end",
        "dong internet 08:15–08:40 line\ndong power 08:40–09:10 power_cut",
        "08:19 dong contact down silent\n09:11 dong contact up power_cut",
    ),
    Scenario(
        "DNS fails for itself while servers abroad are gone",
        WELL + "08:15 dong: nothing abroad\n08:30 dong: DNS dead\n08:50 dong: well\n09:00 : end",
        "dong internet 08:15–08:50 degraded international\ndong dns 08:30–08:50 dns",
        "08:20 dong internet down international\n08:32 dong dns down dns\n"
        "08:51 dong internet up international\n08:51 dong dns up dns",
    ),
    # Flapping, and what is shorter than the hold-down.
    Scenario(
        "a minute off air is no outage",
        WELL + "08:15 dong: access point dead\n08:16 dong: well\n08:30 dong: access point dead\n"
        "08:31:30 dong: well\n09:00 : end",
    ),
    Scenario(
        "what comes and goes all the time is told thrice, and then when it has calmed down",
        WELL + COMES_AND_GOES + "09:50 : end",
        COMES_AND_GOES_LEDGER,
        COMES_AND_GOES_TOLD,
    ),
    Scenario(
        "a centre that is killed while something comes and goes does not tell of it again",
        WELL
        + COMES_AND_GOES.replace("08:42 ", "08:39 centre: killed and started\n08:42 ")
        + "09:14 centre: killed and started\n09:50 : end",
        COMES_AND_GOES_LEDGER,
        COMES_AND_GOES_TOLD,
    ),
    # Opening hours.
    Scenario(
        "closed is not down: what ends before the house opens is told to nobody",
        "05:00 dong: well\n05:15 dong: power cut\n06:30 dong: well\n07:10 : end",
        "dong power 05:15–06:30 power_cut",
        "",
        BY_DAY,
    ),
    Scenario(
        "what still lasts when the house opens is told then",
        "06:00 dong: well\n06:15 dong: access point dead\n07:30 dong: well\n07:40 : end",
        "dong wifi 06:15–07:30 access_point",
        "07:00 dong wifi NVH down access_point\n07:31 dong wifi NVH up access_point",
        BY_DAY,
    ),
    Scenario(
        "whoever was told is told of the end, also after closing",
        "10:00 dong: well\n10:50 dong: access point dead\n11:30 dong: well\n11:40 : end",
        "dong wifi 10:50–11:30 access_point",
        "10:52 dong wifi NVH down access_point\n11:31 dong wifi NVH up access_point",
        BY_DAY,
    ),
    Scenario(
        "open across midnight",
        "23:00 dong: well\n23:50 dong: access point dead\n"
        "2026-11-22 00:30 dong: well\n2026-11-22 00:40 : end",
        "dong wifi 23:50–2026-11-22 00:30 access_point",
        "23:52 dong wifi NVH down access_point\n2026-11-22 00:31 dong wifi NVH up access_point",
        BY_NIGHT,
    ),
    Scenario(
        "and closed in the small hours",
        "2026-11-22 01:30 dong: well\n2026-11-22 02:10 dong: access point dead\n"
        "2026-11-22 02:30 dong: well\n2026-11-22 02:40 : end",
        "dong wifi 2026-11-22 02:10–2026-11-22 02:30 access_point",
        "",
        BY_NIGHT,
    ),
    Scenario(
        "a holiday",
        "08:00 dong: well\n08:15 dong: power cut\n10:00 dong: well\n10:10 : end",
        "dong power 08:15–10:00 power_cut",
        "",
        BY_DAY | {"closures": [{"first": "2026-11-20", "last": "2026-11-21", "name": "Lễ"}]},
    ),
    Scenario(
        "in a zone with summer time, on the morning after the hour is put back",
        "2026-10-25 05:00 dong: well\n2026-10-25 06:15 dong: access point dead\n"
        "2026-10-25 07:30 dong: well\n2026-10-25 07:40 : end",
        "dong wifi 2026-10-25 06:15–2026-10-25 07:30 access_point",
        "2026-10-25 07:00 dong wifi NVH down access_point\n"
        "2026-10-25 07:31 dong wifi NVH up access_point",
        BY_DAY | {"zone": "Europe/Berlin"},
    ),
    Scenario(
        "an outage across the hour that is skipped lasts as long as it lasted",
        "2026-03-29 01:00 dong: well\n2026-03-29 01:50 dong: access point dead\n"
        "2026-03-29 03:10 dong: well\n2026-03-29 03:20 : end",
        "dong wifi 2026-03-29 01:50–2026-03-29 03:10 access_point",
        "2026-03-29 01:52 dong wifi NVH down access_point\n"
        "2026-03-29 03:11 dong wifi NVH up access_point",
        {"zone": "Europe/Berlin"},
    ),
    # Maintenance.
    Scenario(
        "nobody is called for what was declared before it began",
        WELL + "08:10 dong: maintenance until 09:00\n08:15 dong: power cut\n08:50 dong: well\n"
        "09:10 : end",
        "dong power 08:15–08:50 power_cut",
    ),
    Scenario(
        "what outlasts the maintenance is told at its end",
        WELL + "08:10 dong: maintenance until 09:00\n08:15 dong: access point dead\n"
        "09:20 dong: well\n09:30 : end",
        "dong wifi 08:15–09:20 access_point",
        "09:00 dong wifi NVH down access_point\n09:21 dong wifi NVH up access_point",
    ),
    # What keepers answer.
    Scenario(
        "closed today: nobody is called until midnight, and whoever was told is told of the end",
        WELL + "08:15 dong: access point dead\n08:20 dong: keeper says closed_today\n"
        "08:40 dong: well\n09:00 dong: access point dead\n09:30 dong: well\n"
        "10:00 dong: power cut\n10:40 dong: well\n10:50 : end",
        "dong wifi 08:15–08:40 access_point\ndong wifi 09:00–09:30 access_point\n"
        "dong power 10:00–10:40 power_cut",
        "08:17 dong wifi NVH down access_point\n08:41 dong wifi NVH up access_point",
    ),
    Scenario(
        "closed today lasts until the midnight of the site, also across a restart",
        "22:00 dong: well\n22:15 dong: access point dead\n22:20 dong: keeper says closed_today\n"
        "22:30 dong: well\n23:30 dong: access point dead\n23:40 centre: killed and started\n"
        "2026-11-22 00:30 : end",
        "dong wifi 22:15–22:30 access_point\ndong wifi 23:30–now access_point",
        "22:17 dong wifi NVH down access_point\n22:31 dong wifi NVH up access_point\n"
        "2026-11-22 00:00 dong wifi NVH down access_point",
    ),
    Scenario(
        "closed today is taken back by another answer",
        WELL + "08:15 dong: access point dead\n08:20 dong: keeper says closed_today\n"
        "08:40 dong: well\n09:00 dong: access point dead\n"
        "09:20 dong: keeper says repairing\n09:40 : end",
        "dong wifi 08:15–08:40 access_point\ndong wifi 09:00–now access_point",
        "08:17 dong wifi NVH down access_point\n08:41 dong wifi NVH up access_point\n"
        "09:20 dong wifi NVH down access_point",
    ),
    Scenario(
        "the keeper says why a box is silent",
        WELL + "08:15 dong: power cut\n08:30 dong: keeper says power_out\n09:00 : end",
        "dong box dong-1 08:15–now power_cut",
        "08:19 dong contact down silent",
    ),
    Scenario(
        "what a box has measured is never overridden by its keeper's word",
        WELL + "08:15 dong: line cut\n08:30 dong: keeper says power_out\n09:02 dong: well\n"
        "09:10 : end",
        "dong internet 08:15–09:02 line",
        "08:19 dong contact down silent\n09:03 dong contact up line",
    ),
    Scenario(
        "nor what it measures now",
        WELL + "08:15 dong: access point dead\n08:30 dong: keeper says power_out\n09:00 : end",
        "dong wifi 08:15–now access_point",
        "08:17 dong wifi NVH down access_point",
    ),
    Scenario(
        "the keeper says otherwise: nobody knows again",
        WELL + "08:15 dong: power cut\n08:30 dong: keeper says power_out\n"
        "08:40 dong: keeper says repairing\n09:00 : end",
        "dong box dong-1 08:15–now silent",
        "08:19 dong contact down silent",
    ),
    Scenario(
        "the keeper's word outlives a centre that is killed right after it",
        WELL + "08:15 dong: power cut\n08:30 dong: keeper says power_out\n"
        "08:30:03 centre: killed and started\n09:00 : end",
        "dong box dong-1 08:15–now power_cut",
        "08:19 dong contact down silent",
    ),
    # The centre.
    Scenario(
        "killed and started while an outage lasts: nothing is told twice",
        WELL + "08:15 dong: access point dead\n08:25 centre: killed and started\n"
        "08:40 dong: well\n08:50 : end",
        "dong wifi 08:15–08:40 access_point",
        "08:17 dong wifi NVH down access_point\n08:41 dong wifi NVH up access_point",
    ),
    Scenario(
        "killed while an outage is being confirmed: it is told",
        WELL + "08:15 dong: access point dead\n08:16 centre: killed and started\n"
        "08:40 dong: well\n08:50 : end",
        "dong wifi 08:15–08:40 access_point",
        "08:17 dong wifi NVH down access_point\n08:41 dong wifi NVH up access_point",
    ),
    Scenario(
        "killed while a site is lost: told once, and its end too",
        WELL + "08:15 dong: line cut\n08:17 centre: killed and started\n"
        "08:30 centre: killed and started\n08:50 dong: well\n09:00 : end",
        "dong internet 08:15–08:50 line",
        "08:21 dong contact down silent\n08:51 dong contact up line",
    ),
    Scenario(
        "what came and went while the centre was not running is told to nobody",
        WELL + "08:10 centre: stopped\n08:15 dong: power cut\n08:40 dong: well\n"
        "08:50 centre: started\n09:10 : end",
        "dong power 08:15–08:40 power_cut",
    ),
    Scenario(
        "what lasts when the centre starts again is told",
        WELL + "08:10 centre: stopped\n08:15 dong: access point dead\n08:40 centre: started\n"
        "09:00 : end",
        "dong wifi 08:15–now access_point",
        "08:40 dong wifi NVH down access_point",
    ),
    Scenario(
        "a centre that is blind judges nobody",
        ALL_WELL + "08:15 centre: blind\n08:45 centre: sees again\n09:00 : end",
        "centre collector 08:15–08:45 unknown centre",
        "",
        FOUR,
    ),
    Scenario(
        "an outage that began while the centre was blind is told when it sees",
        WELL + "08:15 centre: blind\n08:20 dong: access point dead\n08:45 centre: sees again\n"
        "09:00 : end",
        "centre collector 08:15–08:45 unknown centre\ndong wifi 08:20–now access_point",
        "08:46 dong wifi NVH down access_point",
    ),
    Scenario(
        "a centre that is killed while it is blind was blind once, and not for ever",
        ALL_WELL + "08:15 centre: blind\n08:20 centre: killed and started\n"
        "08:45 centre: sees again\n09:00 : end",
        "centre collector 08:15–08:45 unknown centre",
        "",
        FOUR,
    ),
    Scenario(
        "the centre's clock jumps: nobody falls silent by it",
        WELL + "08:15 centre: clock jumps\n08:30 : end",
        "centre collector 08:15–08:15 unknown centre",
    ),
    Scenario(
        "everything arrives twice",
        "08:00 centre: everything arrives twice\n08:00 dong: well\n08:15 dong: line cut\n"
        "08:45 dong: well\n09:00 : end",
        "dong internet 08:15–08:45 line",
        "08:19 dong contact down silent\n08:46 dong contact up line",
    ),
    # Several boxes.
    Scenario(
        "one of two boxes is killed: the Wi-Fi is known by the other",
        "08:00 dong, dong-2: well\n08:15 dong-2: agent killed\n08:45 dong-2: well\n09:00 : end",
        "dong box dong-2 08:15–08:45 agent_fault",
        "08:18 dong box down silent\n08:46 dong box up silent",
        TWO_BOXES,
    ),
    Scenario(
        "the power of both is cut: one power cut",
        "08:00 dong, dong-2: well\n08:15 dong, dong-2: power cut\n08:45 dong, dong-2: well\n"
        "09:00 : end",
        "dong power 08:15–08:45 power_cut",
        "08:19 dong contact down silent\n08:46 dong contact up power_cut",
        TWO_BOXES,
    ),
    Scenario(
        "one of two loses its power: no power cut of the house",
        "08:00 dong, dong-2: well\n08:15 dong-2: power cut\n08:45 dong-2: well\n09:00 : end",
        "dong box dong-2 08:15–08:45 box_power",
        "08:18 dong box down silent\n08:46 dong box up silent",
        TWO_BOXES,
    ),
    # Areas.
    Scenario(
        "a commune without power: one message, one at its end, each house in the ledger",
        ALL_WELL + "08:15 dong, doai, nam, bac: power cut\n08:45 dong, doai, nam, bac: well\n"
        "09:00 : end",
        "bac power 08:15–08:45 power_cut\ndoai power 08:15–08:45 power_cut\n"
        "dong power 08:15–08:45 power_cut\nnam power 08:15–08:45 power_cut\n"
        "centre area 08:15–08:46 power_cut",
        "08:19 4 sites area commune:11824 down silent\n"
        "08:46 4 sites area commune:11824 up power_cut",
        FOUR,
    ),
    Scenario(
        "two houses are two houses",
        ALL_WELL + "08:15 dong, nam: power cut\n08:45 dong, nam: well\n09:00 : end",
        "dong power 08:15–08:45 power_cut\nnam power 08:15–08:45 power_cut",
        "08:19 dong contact down silent\n08:19 nam contact down silent\n"
        "08:46 dong contact up power_cut\n08:46 nam contact up power_cut",
        FOUR,
    ),
    Scenario(
        "a straggler on a metered line joins what it was lost with",
        ALL_WELL + "08:16 dong, doai, nam, bac: line cut\n09:15 dong, doai, nam, bac: well\n"
        "09:40 : end",
        "bac internet 08:16–09:15 line\ndoai internet 08:16–09:15 line\n"
        "nam internet 08:16–09:15 line\ndong internet 08:20–09:15 line\n"
        "centre area 08:15:27–09:20 line",
        "08:19:30 3 sites area commune:11824 down silent\n09:20 4 sites area commune:11824 up line",
        FOUR | {"boxes": ["dong-1 metered"]},
    ),
    Scenario(
        "houses come back one by one: told when all are back",
        ALL_WELL + ONE_BY_ONE + "09:20 : end",
        ONE_BY_ONE_LEDGER,
        ONE_BY_ONE_TOLD,
        FOUR,
    ),
    Scenario(
        "a centre that is killed meanwhile still knows who was lost",
        ALL_WELL
        + ONE_BY_ONE.replace("09:05 ", "09:01 centre: killed and started\n09:05 ")
        + "09:10 centre: killed and started\n09:20 : end",
        ONE_BY_ONE_LEDGER,
        ONE_BY_ONE_TOLD,
        FOUR,
    ),
    Scenario(
        "what most of them met was it",
        ALL_WELL + "08:15 dong: power cut\n08:15 doai, nam: line cut\n"
        "08:45 dong, doai, nam: well\n09:00 : end",
        "dong power 08:15–08:45 power_cut\ndoai internet 08:15–08:45 line\n"
        "nam internet 08:15–08:45 line\ncentre area 08:15–08:46 line",
        "08:19 3 sites area commune:11824 down silent\n08:46 3 sites area commune:11824 up line",
        FOUR,
    ),
    # A metered line.
    Scenario(
        "a box that speaks every five minutes is patient",
        WELL + "08:17 dong: access point dead\n08:47 dong: well\n09:10 : end",
        "dong wifi 08:20–08:50 access_point",
        "08:25 dong wifi NVH down access_point\n08:55 dong wifi NVH up access_point",
        {"boxes": ["dong-1 metered"]},
    ),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)
def test_scenario(scenario: Scenario) -> None:
    """What stands in the ledger, and what people read."""
    came = play(scenario.happens, **scenario.more)
    assert agrees(sorted(came.ledger), "\n".join(sorted(scenario.ledger.splitlines()))), came.every
    assert agrees(came.told, scenario.told), came.told
