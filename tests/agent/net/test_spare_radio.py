# SPDX-License-Identifier: Apache-2.0
"""Which radio is nobody's, and that one worker at a time has it."""

import pytest

from sansang_agent.net import nl80211, spare_radio
from sansang_agent.net.nl80211 import Radio

POINT = Radio(2, "wlan0", "access_point", b"NVH", 2437, wiphy=0)
IDLE = Radio(3, "wlan1", "station", wiphy=1)
CONNECTED = Radio(4, "wlan2", "station", b"NVH", 2437, wiphy=2)


def test_only_a_radio_that_does_nothing_is_spare() -> None:
    """Nor one whose device does something under another name."""
    beside = Radio(5, "wlan0-1", "station", wiphy=0)
    assert spare_radio.spare([POINT, IDLE, CONNECTED, beside]) == [IDLE]


def test_it_is_held_by_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one is told so in the end, and gets it when the first one lets go."""
    monkeypatch.setattr(nl80211, "radios", lambda: [POINT, IDLE])
    monkeypatch.setattr(spare_radio, "FREE_WITHIN_S", 0.01)
    with spare_radio.held(None) as radio:
        assert radio is IDLE
        with pytest.raises(spare_radio.NoSpareRadioError), spare_radio.held("wlan1"):
            pass
    with spare_radio.held("wlan1") as radio:
        assert radio is IDLE


def test_a_radio_in_use_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """However it was named: a site's own connection is worth more than a measurement."""
    monkeypatch.setattr(nl80211, "radios", lambda: [POINT, CONNECTED])
    monkeypatch.setattr(spare_radio, "FREE_WITHIN_S", 0.01)
    with pytest.raises(spare_radio.NoSpareRadioError), spare_radio.held("wlan2"):
        pass
