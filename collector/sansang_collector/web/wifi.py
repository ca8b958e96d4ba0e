# SPDX-License-Identifier: Apache-2.0
"""Is the Wi-Fi of a site on air, since when, and what else is known of it."""

from collections.abc import Sequence
from typing import NamedTuple

from sansang_collector.language import MINUTE_US, NARROW, Translation
from sansang_collector.stages import STAGES, Stage
from sansang_collector.store.base import Latest
from sansang_collector.views import ServiceView, SiteView
from sansang_collector.web.fields import Fields, is_broken, number, word
from sansang_collector.web.reasons import JOURNEY, SURVEY, WIFI, in_words
from sansang_collector.web.states import Line

OLD_AFTER_US = 15 * MINUTE_US
"""Three rounds of an agent on a metered line."""


class Network(NamedTuple):
    """One expected network. `on_air`: whether it works, None when nobody can tell now. `since`: in
    µs, as judged. `stage`: where guests are turned away, None when it is simply off air. `doubted`:
    since when it is gone by evidence that is not confirmed yet.
    """

    ssid: str
    on_air: bool | None
    since: int | None
    told: bool
    stage: Stage | None = None
    doubted: int | None = None


class Wifi(NamedTuple):
    """All expected networks of a site; the site has Wi-Fi when each that can be judged is there."""

    networks: list[Network]

    @property
    def on_air(self) -> bool | None:
        """None when nobody can tell of any."""
        known = [each.on_air for each in self.networks if each.on_air is not None]
        return all(known) if known else None

    @property
    def missing(self) -> list[Network]:
        """Those that are down by the judgement of the evidence, not by a single reading."""
        return [each for each in self.networks if each.on_air is False and each.since is not None]

    @property
    def doubted(self) -> list[Network]:
        """Those that are gone by the newest evidence, which is being confirmed."""
        return [each for each in self.networks if each.doubted is not None]


def wifi(
    site: SiteView, services: Sequence[ServiceView], latest: Sequence[Latest], now: int
) -> Wifi:
    """`services` and `latest` are those of the site. What is old says nothing of now.

    Until the evidence is judged, which takes a while when a Wi-Fi goes, the newest reading counts.
    """
    judged = {
        each.subject: each
        for each in services
        if each.service == "wifi" and now - each.judged <= OLD_AFTER_US
    }
    seen = {
        each.labels.get("ssid", ""): bool(on_air)
        for each in latest
        if each.kind == "wifi"
        and now - each.at <= OLD_AFTER_US
        and (on_air := number(each.fields, "on_air")) is not None
    }
    names = site.ssids or sorted({*judged, *seen})
    return Wifi([_network(name, judged.get(name), seen.get(name)) for name in names])


def _network(ssid: str, judged: ServiceView | None, seen: bool | None) -> Network:
    if judged is None or judged.state == "unknown":
        return Network(ssid, seen, None, told=False)
    if judged.doubted is not None:
        return Network(ssid, False, None, told=False, doubted=judged.doubted)
    stage = STAGES[judged.stage] if judged.stage else None
    return Network(ssid, judged.state == "up", judged.since, judged.told, stage)


def sentences(networks: Sequence[Network], now: int, translate: Translation) -> list[Line]:
    """Each network with since when it is so."""
    return [_sentence(each, now, translate) for each in networks]


def _sentence(network: Network, now: int, translate: Translation) -> Line:
    ssid = network.ssid
    if network.on_air is None:
        return Line("none", translate("“{ssid}”: not measured", ssid=ssid))
    if network.doubted is not None:
        lost = translate.when(network.doubted, now)
        text = translate("“{ssid}” was lost at {when}, being confirmed", ssid=ssid, when=lost)
        return Line("warn", text)
    if network.since is None:
        if network.on_air:
            return Line("ok", translate("“{ssid}” is on air", ssid=ssid))
        return Line("warn", translate("“{ssid}” is not seen, being confirmed", ssid=ssid))
    return _judged(network, now, translate)


def _judged(network: Network, now: int, translate: Translation) -> Line:
    times = _times(network, now, translate)
    if network.on_air:
        return Line("ok", translate("“{ssid}” is on air since {when} ({duration})", **times))
    if network.stage is not None:
        what = translate("“{ssid}” lets no guest in since {when} ({duration})", **times)
        return Line("bad", f"{what}: {translate(network.stage.failing)}")
    return Line("bad", translate("“{ssid}” is off air since {when} ({duration})", **times))


def _times(network: Network, now: int, translate: Translation) -> dict[str, str]:
    since = network.since or now
    return {
        "ssid": network.ssid,
        "when": translate.when(since, now),
        "duration": translate.duration(now - since),
    }


def cells(latest: Sequence[Latest], translate: Translation) -> list[Line]:
    """What one agent last saw of each expected network."""
    return [_seen(each.labels.get("ssid", ""), each.fields, translate) for each in latest]


def _seen(ssid: str, fields: Fields, translate: Translation) -> Line:
    reason = word(fields, "reason")
    why = f": {in_words(reason, WIFI, translate)}" if reason else ""
    on_air = number(fields, "on_air")
    if on_air is None or is_broken(fields):
        return Line("none", translate("“{ssid}” could not be measured{why}", ssid=ssid, why=why))
    if not on_air:
        return Line("bad", translate("“{ssid}” is not on air{why}", ssid=ssid, why=why))
    parts = [translate("“{ssid}” is on air", ssid=ssid)]
    if channel := number(fields, "channel"):
        parts.append(translate("channel {channel}", channel=int(channel)))
    if (stations := number(fields, "stations")) is not None:
        parts.append(_stations(stations, translate))
    return Line("ok", ", ".join(parts))


def heard(latest: Sequence[Latest], translate: Translation) -> list[Line]:
    """What a listening radio hears of each expected network; a stranger under its name is told."""
    found: list[Line] = []
    for each in latest:
        ssid, fields = each.labels.get("ssid", ""), each.fields
        found.append(_heard(ssid, fields, translate))
        if strangers := number(fields, "unknown_access_points"):
            text = translate.plural(
                "{count} unknown access point uses the name “{ssid}”: it may be a trap",
                "{count} unknown access points use the name “{ssid}”: they may be a trap",
                int(strangers),
                ssid=ssid,
            )
            found.append(Line("bad", text))
    return found


def _heard(ssid: str, fields: Fields, translate: Translation) -> Line:
    if is_broken(fields):
        why = in_words(word(fields, "reason"), JOURNEY, translate)
        text = translate("“{ssid}” could not be measured{why}", ssid=ssid, why=f": {why}")
        return Line("none", text)
    if not number(fields, "heard"):
        return Line("bad", translate("“{ssid}” is not heard", ssid=ssid))
    parts = [translate("“{ssid}” is heard", ssid=ssid)]
    if (signal := number(fields, "signal_dbm")) is not None:
        parts.append(_dbm(signal, translate))
    if channel := number(fields, "channel"):
        parts.append(translate("channel {channel}", channel=int(channel)))
    if (others := number(fields, "overlapping")) is not None:
        parts.append(
            translate.plural(
                "{count} other access point on its frequencies",
                "{count} other access points on its frequencies",
                int(others),
            )
        )
    return Line("ok", ", ".join(parts))


def radios(latest: Sequence[Latest], translate: Translation) -> list[Line]:
    """What each wireless interface of the box does."""
    return [_radio(each.labels.get("interface", ""), each.fields, translate) for each in latest]


def _radio(interface: str, fields: Fields, translate: Translation) -> Line:
    if is_broken(fields):
        reason = in_words(word(fields, "reason"), WIFI, translate)
        return Line("none", f"{interface}: {reason}")
    if not fields.get("up"):
        return Line("none", translate("{interface} is off", interface=interface))
    parts = [interface]
    if power := number(fields, "txpower_dbm"):
        parts.append(translate("sends at {power}", power=_dbm(power, translate)))
    if width := number(fields, "width_mhz"):
        parts.append(f"{translate.number(width)}{NARROW}MHz")
    if (stations := number(fields, "stations")) is not None:
        parts.append(_stations(stations, translate))
    if (worst := number(fields, "signal_worst_dbm")) is not None:
        parts.append(translate("weakest signal {power}", power=_dbm(worst, translate)))
    parts += _quality(fields, translate)
    return Line("ok", ", ".join(parts))


def _quality(fields: Fields, translate: Translation) -> list[str]:
    """How well the radio serves its devices."""
    found: list[str] = []
    slowest = number(fields, "tx_bitrate_worst_mbps")
    if slowest is not None:
        rate = f"{translate.number(slowest)}{NARROW}Mb/s"
        found.append(translate("slowest device {rate}", rate=rate))
    if (repeated := number(fields, "retry_median_pct")) is not None:
        found.append(translate("repeats {share}", share=translate.percent(repeated)))
    if (busy := number(fields, "utilisation_pct")) is not None:
        found.append(translate("channel busy {share}", share=translate.percent(busy)))
    elif why := word(fields, "utilisation_reason"):
        reason = in_words(why, SURVEY, translate)
        found.append(translate("channel busy: unknown ({reason})", reason=reason))
    joined, left = number(fields, "joined"), number(fields, "left")
    if joined is not None and left is not None:
        found.append(translate("{joined} joined, {left} left", joined=int(joined), left=int(left)))
    return found


def _stations(count: float, translate: Translation) -> str:
    return translate.plural("{count} device connected", "{count} devices connected", int(count))


def _dbm(value: float, translate: Translation) -> str:
    return f"{translate.number(value).replace('-', '−')}{NARROW}dBm"
