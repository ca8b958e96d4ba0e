# SPDX-License-Identifier: Apache-2.0
"""A guest's way into the Wi-Fi in words: how far the guest came, why not further, what to do."""

from collections.abc import Sequence
from typing import NamedTuple

from sansang_collector.language import Translation, mark
from sansang_collector.stages import STAGES, Stage
from sansang_collector.store.base import Latest
from sansang_collector.web.fields import Fields, is_broken, number, word
from sansang_collector.web.reasons import JOURNEY, in_words
from sansang_collector.web.states import Line
from sansang_collector.web.wifi import OLD_AFTER_US

JOURNEY_OLD_AFTER_US = 3 * OLD_AFTER_US
"""A guest on a metered line comes every half hour."""


class Step(NamedTuple):
    """A stage of one journey: `mark` is ✓ passed, ✗ failed or – not reached."""

    line: Line
    mark: str


class Journey(NamedTuple):
    """A guest's last way into one network: all in all, stage by stage, what to do, and facts."""

    ssid: str
    line: Line
    steps: list[Step]
    todo: str
    facts: list[Line]


def journeys(latest: Sequence[Latest], now: int, translate: Translation) -> list[Journey]:
    """The last journey of every agent into every network; what is old says so."""
    return [_journey(each, now, translate) for each in latest if each.kind == "wifi_journey"]


def _journey(latest: Latest, now: int, translate: Translation) -> Journey:
    ssid, fields = latest.labels.get("ssid", ""), latest.fields
    when = translate.when(latest.at, now)
    reason = word(fields, "reason")
    why = f": {in_words(reason, JOURNEY, translate)}" if reason else ""
    if is_broken(fields):
        text = translate("“{ssid}”, {when}: no guest could go{why}", ssid=ssid, when=when, why=why)
        return Journey(ssid, Line("none", text), [], "", [])
    stage = _stage(fields, "failed_stage")
    old = now - latest.at > JOURNEY_OLD_AFTER_US
    if stage is None:
        text = translate("“{ssid}”, {when}: a guest gets to the Internet", ssid=ssid, when=when)
        line = Line("none" if old else "ok", text)
    else:
        text = f"“{ssid}”, {when}: {translate(stage.failing)}{why}"
        line = Line("none" if old else "bad", text)
    todo = translate(stage.todo) if stage else ""
    return Journey(ssid, line, _steps(fields, translate), todo, _facts(fields, translate))


def _stage(fields: Fields, name: str) -> Stage | None:
    return next((stage for key, stage in STAGES.items() if key == word(fields, name)), None)


def _steps(fields: Fields, translate: Translation) -> list[Step]:
    """What was passed has its time; a stage behind the one that failed was not reached."""
    failed = word(fields, "failed_stage")
    found: list[Step] = []
    reached = True
    for key, stage in STAGES.items():
        name = translate(stage.name)
        if key == failed:
            reached = False
            why = in_words(word(fields, "reason"), JOURNEY, translate)
            text = f"{translate('failed')}: {why}" if why else translate("failed")
            found.append(Step(Line("bad", text, name), "✗"))
        elif not reached:
            found.append(Step(Line("none", translate("not reached"), name), "–"))
        else:
            took = number(fields, f"{key}_ms")
            text = translate("passed") if took is None else translate.milliseconds(took)
            found.append(Step(Line("ok", text, name), "✓"))
    return found


def _facts(fields: Fields, translate: Translation) -> list[Line]:
    """Which family fails alone, and what is safe and what is not in this network."""
    found: list[Line] = []
    for family, name in (("ipv4", "IPv4"), ("ipv6", "IPv6")):
        stage = _stage(fields, f"{family}_failed_stage")
        if stage is not None and not word(fields, "failed_stage"):
            text = translate("{family} fails at: {stage}", family=name, stage=translate(stage.name))
            found.append(Line("warn", text))
    if (signal := number(fields, "signal_dbm")) is not None:
        figure = translate.number(signal).replace("-", "−")
        found.append(Line("ok", translate("signal at the box {signal} dBm", signal=figure)))
    if security := word(fields, "security"):
        found.append(encryption(security, translate))
    for name, good, well, ill in _SAFETY:
        value = number(fields, name)
        if value is not None:
            found.append(
                Line("ok", translate(well)) if value == good else Line("warn", translate(ill))
            )
    servers = number(fields, "dhcp_servers")
    if servers is not None and servers > 1:
        text = translate(
            "{count} devices give out addresses: one too many (rogue DHCP)", count=int(servers)
        )
        found.append(Line("bad", text))
    return found


_SAFETY = (
    ("isolated", 1, mark("guests can't reach each other"), mark("guests can reach each other")),
    (
        "admin_page",
        0,
        mark("the router hides its settings page from guests"),
        mark("the router shows guests its settings page"),
    ),
    ("portal", 0, mark("no login page"), mark("a login page stands before the Internet")),
)


def encryption(security: str, translate: Translation) -> Line:
    """How a network is encrypted, and whether that protects anybody."""
    known = {
        "open": Line("warn", translate("not encrypted: what guests send can be listened to")),
        "wep": Line("bad", translate("encrypted with WEP, which protects nobody")),
        "wpa": Line("warn", translate("encrypted with the first WPA, which is outdated")),
        "owe": Line("ok", translate("encrypted without a passphrase (OWE)")),
        "wpa2": Line("ok", translate("encrypted with {name}", name="WPA2")),
        "wpa2_wpa3": Line("ok", translate("encrypted with {name}", name="WPA2/WPA3")),
        "wpa3": Line("ok", translate("encrypted with {name}", name="WPA3")),
        "enterprise": Line("ok", translate("encrypted, each guest with an account")),
    }
    return known.get(security, Line("none", security))
