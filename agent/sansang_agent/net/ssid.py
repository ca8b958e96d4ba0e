# SPDX-License-Identifier: Apache-2.0
"""Names of Wi-Fi networks as settings have them (IEEE 802.11, 9.4.2.2)."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

MAX_SSID_BYTES = 32
Ssid = Annotated[str, Meta(min_length=1, max_length=MAX_SSID_BYTES)]


def refuse_ambiguous(ssids: Sequence[str]) -> None:
    """Raises ValueError for what no radio can send, and for two series of one name."""
    for ssid in ssids:
        if len(ssid.encode()) > MAX_SSID_BYTES:
            raise ValueError(f"{ssid!r} is longer than {MAX_SSID_BYTES} bytes")
        if ssids.count(ssid) > 1:
            raise ValueError(f"{ssid!r} is named twice")
