# SPDX-License-Identifier: Apache-2.0
"""Can a guest get into the Wi-Fi and through it to the Internet, and if not, how far?

Method: a spare radio of the box is moved into a network namespace of its own and goes a guest's
whole way there: hear the network, be taken, agree on keys, get an address, reach the router, a name
server, past a login page, the Internet. The box's own connections are never touched. A second spare
radio, where there is one, tells whether guests can reach each other.
Source: IEEE 802.11; wpa_supplicant; RFC 2131, RFC 4862, RFC 8106; RFC 8910 and RFC 8908 (portal).
Privileges: CAP_NET_ADMIN and CAP_SYS_ADMIN in a worker that lives as long as the journey.
Data: about 20 kB a journey with both address families.
"""

import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from sansang_agent.net.boot import boottime_us
from sansang_agent.net.ssid import Ssid, refuse_ambiguous
from sansang_agent.net.web import parse_url
from sansang_agent.net.worker import WorkerError, ask
from sansang_agent.probes.base import Need, Probe, ProbeSettings
from sansang_wire.readings import AnyReading, WifiJourneyReading

WITHIN_S = 110
"""The schedule gives a run 120 s."""
Interface = Annotated[str, Meta(min_length=1, max_length=15)]


class WifiJourneySettings(ProbeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without `interface` the first radio that stands idle goes. A `passphrase_file` is for all of
    the `ssids`; without one they are open. `ca_file`: whom to trust instead of the system's list.
    """

    enabled: bool = False
    ssids: Annotated[list[Ssid], Meta(max_length=16)] = msgspec.field(default_factory=list[str])
    interface: Interface | None = None
    second_interface: Interface | None = None
    passphrase_file: str | None = None
    internet: str = "https://vnnic.vn/"
    portal_check: str | None = None
    ca_file: str | None = None

    def __post_init__(self) -> None:
        """Refuse what can't be gone."""
        refuse_ambiguous(self.ssids)
        if not parse_url(self.internet).tls:
            raise ValueError(f"internet: {self.internet} proves nothing without https")
        if self.portal_check is not None and parse_url(self.portal_check).tls:
            raise ValueError(f"portal_check: {self.portal_check} must be http, as a portal sees it")
        if self.interface is not None and self.interface == self.second_interface:
            raise ValueError("second_interface: two guests need two radios")


class WifiJourneyProbe(Probe[WifiJourneySettings]):
    """One reading a run: with several names the next one each time."""

    kind = "wifi_journey"
    settings_type = WifiJourneySettings
    every_s: ClassVar = {"default": 300, "metered": 1800}

    _runs = 0

    def needs(self) -> set[Need]:
        return {"wireless", "worker", "supplicant"} if self.settings.ssids else set()

    async def run(self) -> Sequence[AnyReading]:
        if not self.settings.ssids:
            return []
        ssid = self.settings.ssids[self._runs % len(self.settings.ssids)]
        self._runs += 1
        at = boottime_us()
        try:
            answer = await ask("wifi_journey", self._journey(ssid), WITHIN_S)
        except WorkerError as error:
            answer = {"broken": error.reason}
        except OSError:
            answer = {"broken": "no_passphrase"}
        return [reading(at, ssid, answer)]

    def _journey(self, ssid: str) -> dict[str, Any]:
        """Raises OSError when the passphrase can't be read."""
        asked = msgspec.to_builtins(self.settings)
        for key in ("enabled", "every_s", "ssids", "passphrase_file"):
            del asked[key]
        return {**asked, "ssid": ssid, "passphrase": self._passphrase()}

    def _passphrase(self) -> str | None:
        if self.settings.passphrase_file is None:
            return None
        path = Path(self.settings.passphrase_file)
        if path.stat().st_mode & stat.S_IROTH:
            raise PermissionError(f"everybody can read {path}: chmod o-r {path}")
        return path.read_text().strip("\r\n")


def reading(at: int, ssid: str, answer: Mapping[str, Any]) -> WifiJourneyReading:
    """What a worker told, as a reading."""
    if "broken" in answer:
        return WifiJourneyReading(at=at, outcome="broken", reason=answer["broken"], ssid=ssid)
    outcome = "failed" if answer.get("failed_stage") else "ok"
    return WifiJourneyReading(at=at, outcome=outcome, ssid=ssid, **answer)
