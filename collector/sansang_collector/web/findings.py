# SPDX-License-Identifier: Apache-2.0
"""What is wrong now: a sentence each, since when, and one thing to do."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sansang_collector.language import MINUTE_US, Translation
from sansang_collector.stages import RESTART
from sansang_collector.views import AgentView, CollectorView
from sansang_collector.web.beside import Beside
from sansang_collector.web.measured import Measured
from sansang_collector.web.reasons import WIFI, in_words
from sansang_collector.web.states import WORST_FIRST, AgentState, Tone
from sansang_collector.web.wifi import Network

CLONE_SHOWN_US = 24 * 60 * MINUTE_US
SITES_NAMED = 12
MANY = 5
"""More of one kind are told in one finding: a power cut is one thing, not forty."""


class Finding(NamedTuple):
    """One thing that is wrong; `where` is the site or part, empty when `what` says it."""

    tone: Tone
    where: str
    what: str
    detail: str
    todo: str
    link: str = ""
    group: str = ""
    """What many sites may have at once; see `gathered`."""
    since: int = 0
    """When it began (µs), where that is known."""
    beside: Beside | None = None
    """Of an outage of the ledger."""


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """What needs a person soonest stands first."""
    return sorted(findings, key=lambda each: WORST_FIRST.index(each.tone))


def gathered(found: Sequence[Finding], translate: Translation) -> list[Finding]:
    """The findings, with one in place of many of the same kind."""
    shown = list(found)
    for group in ("silent", "wifi", "internet", "unheard"):
        same = [each for each in shown if each.group == group]
        if len(same) > MANY:
            shown = [each for each in shown if each.group != group]
            shown.append(_many(group, same, translate))
    return shown


def _many(group: str, same: Sequence[Finding], translate: Translation) -> Finding:
    names = named([each.where for each in same])
    many = translate("Many sites")
    if group == "silent":
        what = translate.plural("{count} box offline", "{count} boxes offline", len(same))
        todo = translate("ask whether the power or the carrier's network is down there.")
        return Finding("bad", many, what, names, todo)
    if group in {"wifi", "internet"}:
        what = (
            translate.plural("Wi-Fi off at {count} site", "Wi-Fi off at {count} sites", len(same))
            if group == "wifi"
            else translate.plural(
                "no Internet at {count} site", "no Internet at {count} sites", len(same)
            )
        )
        todo = translate("ask whether the power or the carrier's network is down there.")
        return Finding("bad", many, what, names, todo)
    what = translate.plural("{count} box without data", "{count} boxes without data", len(same))
    todo = translate("see that the boxes are plugged in and have their passwords.")
    return Finding("none", many, what, names, todo)


def named(sites: Sequence[str]) -> str:
    """Not more than anybody reads."""
    return ", ".join(sites[:SITES_NAMED]) + (" …" if len(sites) > SITES_NAMED else "")


def of_collector(view: CollectorView, translate: Translation) -> list[Finding]:
    """What is wrong at the centre itself, in the order in which a reading meets it."""
    here = translate("The centre")
    found: list[Finding] = []
    for problem, what, todo in (
        (
            view.broker,
            translate("has no connection to the message broker: nothing new arrives"),
            translate("see that the broker runs; `sansang doctor` says more."),
        ),
        (
            view.record,
            translate("can't write its record: readings wait in the boxes"),
            translate("see that the disk has room and the data folder can be written."),
        ),
        (
            view.store,
            translate("can't store readings: they wait in the boxes"),
            translate("see that the series database runs and has room."),
        ),
        (
            view.registry,
            translate("keeps to the registry it had: the file on disk has mistakes"),
            translate("mend the file; it is read again by itself."),
        ),
    ):
        if problem is not None:
            tone: Tone = "warn" if problem is view.registry else "bad"
            found.append(Finding(tone, here, what, problem, todo))
    if view.zalo_unlinked:
        what = translate.plural(
            "{count} contact has not linked its Zalo yet",
            "{count} contacts have not linked their Zalo yet",
            len(view.zalo_unlinked),
        )
        todo = translate(
            "have them send the code of {path} to the bot; until then only their other channels"
            " are used.",
            path=f"/contacts/{view.zalo_unlinked[0]}/zalo",
        )
        found.append(Finding("warn", here, what, named(view.zalo_unlinked), todo))
    return found


def of_reading(view: CollectorView, fault: str | None, translate: Translation) -> list[Finding]:
    """The store can't be read, unless it is told already that it can't be written."""
    if fault is None or view.store is not None:
        return []
    what = translate("can't read the stored readings")
    todo = translate("see that the series database runs and has room.")
    return [Finding("bad", translate("The centre"), what, fault, todo)]


def of_agent(
    agent: AgentView,
    state: AgentState,
    now: int,
    where: tuple[str, str],
    translate: Translation,
) -> list[Finding]:
    """What is wrong with one agent of the registry. `where`: its site's name and the link to it."""
    name, link = where
    found: list[Finding] = []
    if state.silent:
        what = translate("offline {since}", since=state.since)
        todo = translate("check the power and the network cable of the box.")
        detail = translate("Box {agent} sends nothing.", agent=agent.agent)
        found.append(Finding("bad", name, what, detail, todo, link, "silent"))
    elif agent.last_seen is None:
        what = translate("no data yet")
        detail = translate("Box {agent} was never heard from.", agent=agent.agent)
        todo = translate("see that the box is plugged in and has its password.")
        found.append(Finding("none", name, what, detail, todo, link, "unheard"))
    if agent.cloned_at is not None and now - agent.cloned_at <= CLONE_SHOWN_US:
        what = translate("two boxes answer to the id {agent}", agent=agent.agent)
        detail = translate("Last seen {instant}.", instant=translate.when(agent.cloned_at, now))
        todo = translate("give one of them an id of its own in the registry.")
        found.append(Finding("bad", name, what, detail, todo, link))
    if agent.config_mistakes:
        what = translate("box {agent} can't use the settings sent to it", agent=agent.agent)
        todo = translate("mend [agents.probes] of {agent} in the registry.", agent=agent.agent)
        found.append(Finding("warn", name, what, "; ".join(agent.config_mistakes), todo, link))
    return found


def is_cut_off(readings: Sequence[Measured]) -> bool:
    """Whether none of a site's working agents reaches the Internet by any family it measured."""
    asked = [each.internet for each in readings if each.internet]
    return bool(asked) and not any(reaches for each in asked for reaches in each.values())


def of_internet(name: str, link: str, translate: Translation) -> Finding:
    """A site that is cut off although its agents can be heard."""
    what = translate("no Internet")
    detail = translate("The box has power and can be heard; neither IPv4 nor IPv6 gets through.")
    todo = translate("check the modem; if its LOS light is red, call the carrier.")
    return Finding("bad", name, what, detail, todo, link)


def of_wifi(
    network: Network, where: tuple[str, str], reason: str, now: int, translate: Translation
) -> Finding:
    """A network that is down though its box can be heard. `reason`: what the box knows of it."""
    name, link = where
    since = network.since or now
    times = {
        "ssid": network.ssid,
        "when": translate.when(since, now),
        "duration": translate.duration(now - since),
    }
    stage = network.stage
    what = (
        translate("Wi-Fi “{ssid}” lets no guest in since {when} ({duration})", **times)
        if stage
        else translate("Wi-Fi “{ssid}” off since {when} ({duration})", **times)
    )
    parts = [_box_says(reason, translate)]
    if network.told:
        parts.append(translate("Its keeper was told."))
    if stage is not None:
        parts.append(translate("A guest says: {failing}.", failing=translate(stage.failing)))
    todo = translate(stage.todo if stage else RESTART)
    return Finding("bad", name, what, " ".join(parts), todo, link, "wifi")


def of_doubted(
    network: Network, where: tuple[str, str], reason: str, now: int, translate: Translation
) -> Finding:
    """A network that was lost just now: whoever looks sees it before anybody is sent for."""
    name, link = where
    lost = translate.when(network.doubted or now, now)
    what = translate(
        "Wi-Fi “{ssid}” was lost at {when}, being confirmed", ssid=network.ssid, when=lost
    )
    todo = translate("wait a few minutes: if it stays lost, it becomes an outage.")
    return Finding("warn", name, what, _box_says(reason, translate), todo, link)


def _box_says(reason: str, translate: Translation) -> str:
    """That the box is heard, and what it knows of its Wi-Fi."""
    heard = translate("The box has power and can be heard.")
    if not reason:
        return heard
    says = translate("It says: {reason}.", reason=in_words(reason, WIFI, translate))
    return f"{heard} {says}"


def of_family(family: str, sites: Sequence[str], translate: Translation) -> list[Finding]:
    """Sites that reach the Internet, but not by this address family: one finding for them all."""
    if not sites:
        return []
    what = translate.plural(
        "{family} does not reach the Internet at {count} site",
        "{family} does not reach the Internet at {count} sites",
        len(sites),
        family=family,
    )
    todo = translate("check {family} on the modem; if it is on, ask the carrier.", family=family)
    return [Finding("warn", translate("Line"), what, named(sites), todo)]
