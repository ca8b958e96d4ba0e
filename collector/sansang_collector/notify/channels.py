# SPDX-License-Identifier: Apache-2.0
"""The ways to reach people: Apprise addresses, one a line of a file. They hold secrets, so nothing
but the name of a channel (its own, scheme and host) is ever shown, and what Apprise logs is not.
"""

import hashlib
import logging
import re
from dataclasses import dataclass, field
from typing import Any

from sansang_collector.notify.wording import TITLE
from sansang_collector.registry_entries import Contact

ZALO = "zalo"
"""What contacts call the chat that they linked themselves."""
KEY = "X-Sansang-Message"
"""A header of mails and webhooks: the same when a message comes a second time, else another."""
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class InvalidChannelError(ValueError):
    """An address that Apprise can't use; the message does not repeat it."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to reach people. `id` is the same after a restart, and as long as the address is;
    `label` is what the file calls it, `linked` the ids of the contacts whose own chat it is.
    """

    url: str = field(repr=False)
    label: str | None = None
    linked: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        """What the record knows it by: no way back to the address."""
        return hashlib.sha256(self.url.encode()).hexdigest()[:16]

    @property
    def name(self) -> str:
        """What people may see of it: its label; where a server is named, which; elsewhere that part
        of the address is a secret.
        """
        if self.linked:
            return f"{self.label} ({', '.join(sorted(self.linked))})"
        sender = _apprise(self.url)[0]
        servers = all("{host}" in template for template in sender.templates)
        shown = f"{self.url.partition(':')[0].lower()}://{sender.host if servers else '…'}"
        return f"{self.label} ({shown})" if self.label else shown

    @property
    def kind(self) -> str:
        """Its label or the scheme, which say how people are reached, but not where."""
        return self.label or self.url.partition(":")[0].lower()

    def reaches(self, contact: Contact) -> bool:
        """Whether the contact wishes to be told there, and it is no other contact's chat."""
        named = self.label in contact.channels
        return named and (not self.linked or contact.id in self.linked)

    def send(self, text: str, key: str | None = None) -> bool:
        """Whether it was taken; where there are headers, with this `KEY`. Blocks, for some seconds
        at most.
        """
        sender = _apprise(self.url)
        if key is not None and "headers" in sender[0].template_kwargs:
            sender[0].headers[KEY] = key
        return bool(sender.notify(body=text, title=TITLE, body_format="text"))


@dataclass(frozen=True, slots=True)
class Bot:
    """The Zalo bot that writes to linked chats; without `api` at Zalo's own address."""

    token: str = field(repr=False)
    api: str | None = None

    def chat(self, chat_id: str, contacts: frozenset[str]) -> Channel:
        """The chat of these contacts, by their ids."""
        through = f"?api={self.api}" if self.api else ""
        return Channel(f"zalo://{self.token}/{chat_id}{through}", ZALO, contacts)


def parse_channels(text: str) -> tuple[list[Channel], list[str]]:
    """Every channel of a file's text, and a sentence for each line that is none."""
    channels: list[Channel] = []
    mistakes: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.strip().startswith("#"):
            continue
        try:
            channel = _channel(line)
        except InvalidChannelError as error:
            mistakes.append(f"line {number} {error}")
            continue
        if any(channel.url == each.url for each in channels):
            mistakes.append(f"line {number} repeats an earlier line")
        if channel.label and any(channel.label == each.label for each in channels):
            mistakes.append(f"line {number} has the name of an earlier line")
        channels.append(channel)
    return channels, mistakes


def _channel(line: str) -> Channel:
    """`name = address`, or the address alone. Raises InvalidChannelError."""
    before, equals, after = line.partition("=")
    # In an address what stands before the first "=" has its scheme.
    named = bool(equals) and "://" not in before
    label, url = (before.strip(), after.strip()) if named else (None, line.strip())
    if label is not None and not LABEL.fullmatch(label):
        raise InvalidChannelError(
            "begins with what is no name: 1 to 63 of a-z, 0-9 and inner hyphens"
        )
    if label == ZALO:
        raise InvalidChannelError(
            f"begins with {ZALO}, which means the chats that link themselves: choose another name"
        )
    _apprise(url)
    return Channel(url, label)


def _apprise(url: str) -> Any:
    """Apprise with this one address. Raises InvalidChannelError."""
    # It takes a second to import, which those who tell nobody need not wait.
    import apprise  # noqa: PLC0415 - see above

    from sansang_collector.notify import zalo  # noqa: PLC0415 - Apprise again

    # Both write whole addresses, the second of every request at the level of debugging.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
    found: Any = apprise.Apprise()
    if not found.add(url):
        raise InvalidChannelError(
            zalo.MISTAKE
            if url.lower().startswith("zalo:")
            else "is not an address that Apprise knows: see appriseit.com"
        )
    if len(found) > 1:
        raise InvalidChannelError("holds more than one address: write each on a line of its own")
    return found
