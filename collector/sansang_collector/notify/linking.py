# SPDX-License-Identifier: Apache-2.0
"""Which Zalo chat is a contact's: who sends the bot a code that stands on the contact's page.

A code is made from the key of links, the contact and the hour, so that nothing of it is kept. It is
worth one link: once the contact has another chat, it is another code.
"""

import hashlib
import hmac
import re
from collections.abc import Callable

from sansang_collector.notify.channels import ZALO, Bot, Channel
from sansang_collector.record import Record
from sansang_collector.registry import Registry
from sansang_collector.registry_entries import Contact
from sansang_collector.zalo_sql import ZaloChat

LETTERS = "23456789ACDEFHJKMNPRTVWXY"
"""No two of them look alike, read or written by hand."""
CODE_LENGTH = 8
CODE = re.compile(f"[{LETTERS}]{{{CODE_LENGTH}}}")
STEP_US = 6 * 3600 * 1_000_000
STEPS = 5
"""A code is good in that in which it was made and in the next four: for 24 hours, 30 at most."""


def pairing_code(secret: bytes, contact: str, now: int, chat: ZaloChat | None = None) -> str:
    """The code of this time (µs) for a contact whose chat is this until now."""
    told = f"{contact}\0{now // STEP_US}\0{chat.at if chat else ''}"
    seal = hmac.digest(secret, b"pair\0" + told.encode(), hashlib.sha256)
    number = int.from_bytes(seal)
    letters: list[str] = []
    for _ in range(CODE_LENGTH):
        number, letter = divmod(number, len(LETTERS))
        letters.append(LETTERS[letter])
    return "".join(letters)


class Linking:
    """Takes in what people write to the bot. Blocks: for worker threads."""

    def __init__(self, secret: bytes, record: Record, registry: Callable[[], Registry]) -> None:
        self._secret = secret
        self._record = record
        self._registry = registry
        self.unknown = 0
        """What looked like a code and was nobody's, since the start."""

    def contact(self, name: str) -> Contact | None:
        """The contact with this id."""
        return self._registry().contact(name)

    def code(self, contact: str, now: int) -> str:
        """What this contact is to send. Raises RecordUnavailableError."""
        return pairing_code(self._secret, contact, now, self._record.zalo_chats().get(contact))

    def chat(self, contact: str) -> ZaloChat | None:
        """The chat in which this contact is reached. Raises RecordUnavailableError."""
        return self._record.zalo_chats().get(contact)

    def unlinked(self) -> list[str]:
        """The ids of those who wish to be told by Zalo and have linked no chat.

        Raises RecordUnavailableError.
        """
        wishing = [each.id for each in self._registry().contacts_at(ZALO)]
        chats = self._record.zalo_chats() if wishing else {}
        return [each for each in wishing if each not in chats]

    def channels(self, bot: Bot) -> list[Channel]:
        """The chats of those who wish to be told by Zalo. Raises RecordUnavailableError."""
        chats = self._record.zalo_chats()
        whose: dict[str, set[str]] = {}
        for contact in self._registry().contacts_at(ZALO):
            if contact.id in chats:
                whose.setdefault(chats[contact.id].chat_id, set()).add(contact.id)
        return [bot.chat(chat, frozenset(contacts)) for chat, contacts in whose.items()]

    def take(self, chat_id: str, text: str, now: int) -> None:
        """Link the chat that sent a code; other texts are nobody's business.

        Raises RecordUnavailableError.
        """
        code = re.sub(r"[\s-]", "", text).upper()
        if not CODE.fullmatch(code):
            return
        contact = self._whose(code, now)
        if contact is None:
            self.unknown += 1
        else:
            self._record.link_zalo(ZaloChat(contact, chat_id, now))

    def _whose(self, code: str, now: int) -> str | None:
        chats = self._record.zalo_chats()
        for contact in self._registry().contacts:
            for step in range(STEPS):
                made = now - step * STEP_US
                good = pairing_code(self._secret, contact.id, made, chats.get(contact.id))
                if hmac.compare_digest(code, good):
                    return contact.id
        return None
