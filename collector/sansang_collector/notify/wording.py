# SPDX-License-Identifier: Apache-2.0
"""What a message says: what happened, where, since when, and one thing to do."""

from collections.abc import Mapping

from sansang_collector.language import Translation
from sansang_collector.registry import Site
from sansang_collector.stages import STAGES
from sansang_collector.watch import Alert

TITLE = "Sẵn Sàng"


def wifi_message(site: Site | None, ssid: str, alert: Alert, translate: Translation) -> str:
    """A Wi-Fi that went off air or turns its guests away, or works again. `site` is None when the
    registry lost it meanwhile.
    """
    name = site.name if site else translate("a site that is no longer registered")
    if site and site.simulated:
        name = translate("{name} (simulated)", name=name)
    date, _, clock = translate.instant(alert.since).partition(" ")
    about = {
        "name": name,
        "ssid": ssid,
        "since": translate("{clock} on {date}", clock=clock, date=date),
    }
    return (
        _again(alert, about, translate) if alert.state == "up" else _down(alert, about, translate)
    )


def _again(alert: Alert, about: Mapping[str, str], translate: Translation) -> str:
    lasted = translate.duration(alert.since - alert.down_since)
    if alert.stage is not None:
        return translate(
            "✓ {name}: guests get into the Wi-Fi “{ssid}” again since {since}, after {lasted}.",
            **about,
            lasted=lasted,
        )
    return translate(
        "✓ {name}: the Wi-Fi “{ssid}” is on air again since {since}, after {lasted}.",
        **about,
        lasted=lasted,
    )


def _down(alert: Alert, about: Mapping[str, str], translate: Translation) -> str:
    if alert.stage is not None:
        stage = STAGES[alert.stage]
        what = translate(
            "⚠ {name}: no guest gets into the Wi-Fi “{ssid}” since {since}: {failing}. The"
            " measuring box has power and still sends.",
            **about,
            failing=translate(stage.failing),
        )
        todo = translate(stage.todo)
    else:
        what = translate(
            "⚠ {name}: the Wi-Fi “{ssid}” is off air since {since}. The measuring box has power and"
            " still sends.",
            **about,
        )
        todo = translate(
            "switch the Wi-Fi router off and on; if that does not help, call the carrier."
        )
    return f"{what}\n{translate('To do:')} {todo}"
