# SPDX-License-Identifier: Apache-2.0
"""The ways to reach people: Apprise addresses, one a line of a file. They hold secrets, so nothing
but the name of a channel (scheme and host) is ever shown, and what Apprise logs is not.
"""

import hashlib
import logging
from dataclasses import dataclass, field
from typing import Any

from sansang_collector.notify.wording import TITLE


class InvalidChannelError(ValueError):
    """An address that Apprise can't use; the message does not repeat it."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to reach people. `id` is the same after a restart, and as long as the address is."""

    url: str = field(repr=False)

    @property
    def id(self) -> str:
        """What the record knows it by: no way back to the address."""
        return hashlib.sha256(self.url.encode()).hexdigest()[:16]

    @property
    def name(self) -> str:
        """What people may see of it: where a server is named, which; elsewhere that part of the
        address is a secret.
        """
        sender = _apprise(self.url)[0]
        servers = all("{host}" in template for template in sender.templates)
        return f"{self.url.partition(':')[0].lower()}://{sender.host if servers else '…'}"

    def send(self, text: str) -> bool:
        """Whether it was taken. Blocks, for some seconds at most."""
        return bool(_apprise(self.url).notify(body=text, title=TITLE, body_format="text"))


def parse_channels(text: str) -> tuple[list[Channel], list[str]]:
    """Every channel of a file's text, and a sentence for each line that is none."""
    channels: list[Channel] = []
    mistakes: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        url = line.strip()
        if not url or url.startswith("#"):
            continue
        try:
            _apprise(url)
        except InvalidChannelError as error:
            mistakes.append(f"line {number} {error}")
            continue
        if Channel(url) in channels:
            mistakes.append(f"line {number} repeats an earlier line")
        channels.append(Channel(url))
    return channels, mistakes


def _apprise(url: str) -> Any:
    """Apprise with this one address. Raises InvalidChannelError."""
    # It takes a second to import, which those who tell nobody need not wait.
    import apprise  # noqa: PLC0415 - see above

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    found: Any = apprise.Apprise()
    if not found.add(url):
        raise InvalidChannelError("is not an address that Apprise knows: see appriseit.com")
    if len(found) > 1:
        raise InvalidChannelError("holds more than one address: write each on a line of its own")
    return found
