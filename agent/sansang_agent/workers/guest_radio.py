# SPDX-License-Identifier: Apache-2.0
"""A guest's first stages, those of the radio: hear the network, be taken, agree on keys.

Source: IEEE 802.11; events of wpa_supplicant's control interface.
"""

import contextlib
import errno
import socket
import time
from collections.abc import Generator, Sequence
from typing import Any

from sansang_agent.net import bss, private_network
from sansang_agent.net.bss import Bss
from sansang_agent.net.supplicant import Supplicant, SupplicantError
from sansang_agent.workers.guest_told import CannotGoError, Progress, Request
from sansang_wire.reading import WifiSecurity

SCANS, SCAN_WITHIN_S = 3, 15
JOIN_WITHIN_S = 15
KEY_MANAGEMENT: dict[WifiSecurity, str] = {
    "open": "NONE",
    "owe": "OWE",
    "wpa": "WPA-PSK",
    "wpa2": "WPA-PSK WPA-PSK-SHA256",
    "wpa2_wpa3": "SAE WPA-PSK WPA-PSK-SHA256",
    "wpa3": "SAE",
}
"""The settings of wpa_supplicant.conf(5); with others this guest can't connect."""
MANAGEMENT_FRAMES_PROTECTED: dict[WifiSecurity, str] = {"owe": "2", "wpa3": "2", "wpa2_wpa3": "1"}


@contextlib.contextmanager
def connected(request: Request, progress: Progress) -> Generator[None]:
    """Within the block the guest's radio is connected. Raises StoppedError, CannotGoError."""
    index = socket.if_nametoindex(request.interface)
    with progress.stage("scan"):
        _switch_on(index)
        found = _heard(index, request, progress)
    try:
        with Supplicant.on(request.interface) as supplicant:
            supplicant.join(_settings(request, found))
            _follow(supplicant, found.security, progress)
            yield
    except SupplicantError as error:
        raise CannotGoError("no_supplicant", str(error)) from error


def _switch_on(index: int) -> None:
    try:
        private_network.switch_on(index)
    except OSError as error:
        reason = "radio_blocked" if error.errno == errno.ERFKILL else "radio_fails"
        raise CannotGoError(reason, str(error)) from error


def _heard(index: int, request: Request, progress: Progress) -> Bss:
    """The strongest access point that a guest with these settings would take."""
    name = request.ssid.encode()
    heard: list[Bss] = []
    for _ in range(SCANS):
        try:
            scanned = bss.scan(index, [name], SCAN_WITHIN_S)
        except (OSError, TimeoutError) as error:
            if getattr(error, "errno", None) != errno.EBUSY:
                raise CannotGoError("radio_fails", f"the radio does not scan: {error}") from error
            time.sleep(1)
            continue
        heard = [each for each in scanned if each.ssid == name]
        if heard:
            break
    if not heard:
        progress.stop("not_heard")
    strongest = heard[0]
    progress.tell(
        channel=strongest.channel, signal_dbm=strongest.signal_dbm, security=strongest.security
    )
    return _fitting(heard, request, progress)


def _fitting(heard: Sequence[Bss], request: Request, progress: Progress) -> Bss:
    """A device keeps to how it knows a network: it gives no passphrase to an open one."""
    open_ = {"open", "owe"}
    fitting = [each for each in heard if (each.security in open_) == (request.passphrase is None)]
    if fitting and fitting[0].security not in KEY_MANAGEMENT:
        raise CannotGoError("security_unknown", f"no way into a network with {heard[0].security}")
    if fitting:
        return fitting[0]
    if request.passphrase is None:
        raise CannotGoError("no_passphrase", "the network wants a passphrase, and none is set")
    return progress.stop("encrypted_otherwise")


def _settings(request: Request, found: Bss) -> dict[str, str]:
    settings = {
        "ssid": request.ssid.encode().hex(),
        "key_mgmt": KEY_MANAGEMENT[found.security],
        "ieee80211w": MANAGEMENT_FRAMES_PROTECTED.get(found.security, "0"),
        "scan_freq": str(found.frequency_mhz),
        "scan_ssid": "1",
    }
    if request.passphrase is not None:
        settings["psk"] = f'"{request.passphrase}"'
    return settings


def _follow(supplicant: Supplicant, security: WifiSecurity, progress: Progress) -> None:
    """Until the keys are agreed on."""
    deadline = time.monotonic() + JOIN_WITHIN_S
    # The handshake of WPA3 comes before the association (IEEE 802.11 §12.4).
    refused = "authenticate" if security in {"wpa3", "wpa2_wpa3"} else "associate"
    stage: Any = "associate"
    with contextlib.ExitStack() as stack:
        stack.enter_context(progress.stage("associate"))
        while (event := supplicant.event(deadline)) is not None:
            if event.startswith("Associated with") and stage == "associate":
                stack.close()
                stage = "authenticate"
                stack.enter_context(progress.stage("authenticate"))
            elif event.startswith("CTRL-EVENT-CONNECTED"):
                return
            elif reason := _refusal(event, stage):
                if stage == "associate" and refused == "authenticate":
                    progress.rename("authenticate")
                progress.stop(reason)
        progress.stop("no_answer")


def _refusal(event: str, stage: str) -> str | None:
    """Why it is over, if this event says so; a first disconnection alone does not."""
    if "pre-shared key may be incorrect" in event or "reason=WRONG_KEY" in event:
        return "wrong_passphrase"
    if event.startswith("CTRL-EVENT-ASSOC-REJECT"):
        return "association_refused"
    if event.startswith("CTRL-EVENT-SSID-TEMP-DISABLED"):
        return "authentication_failed" if stage == "authenticate" else "association_refused"
    if event.startswith("CTRL-EVENT-AUTH-REJECT"):
        return "authentication_failed"
    return None
