# SPDX-License-Identifier: Apache-2.0
"""The demo's webhook shows what Apprise sends to it, and nothing else."""

from typing import Any

import apprise
import urllib3

from sansang_collector.demo_messages import showing


def test_a_message_is_shown_as_it_was_sent() -> None:
    """Sent by Apprise itself, Vietnamese and all."""
    shown: list[str] = []
    with showing(shown.append) as address:
        sender: Any = apprise.Apprise()
        assert sender.add(address)
        assert sender.notify(body="⚠ mất Wi-Fi\nViệc cần làm: …", title="Sẵn Sàng")
    assert shown == ["⚠ mất Wi-Fi\nViệc cần làm: …"]


def test_what_is_no_message_is_refused() -> None:
    """And shown to nobody."""
    shown: list[str] = []
    with showing(shown.append) as address:
        url = address.replace("json://", "http://")
        assert urllib3.request("POST", url, body=b"[1]", retries=False).status == 400
    assert not shown
