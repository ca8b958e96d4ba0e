# SPDX-License-Identifier: Apache-2.0
"""What a message says: what happened, where, since when, and one thing to do."""

from sansang_collector.language import Translation
from sansang_collector.registry import Site
from sansang_collector.watch import Alert

TITLE = "Sẵn Sàng"


def wifi_message(site: Site | None, ssid: str, alert: Alert, translate: Translation) -> str:
    """A Wi-Fi that went off air, or is back. `site` is None when the registry lost it meanwhile."""
    name = site.name if site else translate("a site that is no longer registered")
    if site and site.simulated:
        name = translate("{name} (simulated)", name=name)
    date, _, clock = translate.instant(alert.since).partition(" ")
    since = translate("{clock} on {date}", clock=clock, date=date)
    if alert.state == "up":
        lasted = translate.duration(alert.since - alert.down_since)
        return translate(
            "✓ {name}: the Wi-Fi “{ssid}” is on air again since {since}, after {lasted}.",
            name=name,
            ssid=ssid,
            since=since,
            lasted=lasted,
        )
    what = translate(
        "⚠ {name}: the Wi-Fi “{ssid}” is off air since {since}. The measuring box has power and"
        " still sends.",
        name=name,
        ssid=ssid,
        since=since,
    )
    todo = translate("switch the Wi-Fi router off and on; if that does not help, call the carrier.")
    return f"{what}\n{translate('To do:')} {todo}"
