# SPDX-License-Identifier: Apache-2.0
"""A message in its reader's language, with the keeper's link where there is one."""

from collections.abc import Callable
from typing import NamedTuple

from sansang_collector.answer_sql import outage_name
from sansang_collector.language import Translation
from sansang_collector.message_sql import Message
from sansang_collector.notify.links import make_link
from sansang_collector.notify.recipients import Plan
from sansang_collector.notify.wording import message_text, reminder_text
from sansang_collector.registry import Registry
from sansang_collector.watch.entry import Key
from sansang_wire.language import Language

LINK_LASTS_US = 7 * 86_400 * 1_000_000


class Links(NamedTuple):
    """What links to the keeper's page are made of; `public_url` has no slash at its end."""

    public_url: str
    key: bytes


class Speech:
    """`language`: of those who wished none."""

    def __init__(
        self, registry: Callable[[], Registry], language: Language, links: Links | None = None
    ) -> None:
        self.language: Language = language
        self._registry = registry
        self._links = links
        self._translations: dict[Language, Translation] = {}

    def text(self, message: Message, plan: Plan) -> str:
        """The whole text."""
        translate = self._translation(plan.language)
        site = self._registry().site
        text = message_text(message.about, message.notice, message.sites, site, translate)
        link = self._link(message, plan)
        return text if link is None else "\n".join((text, translate("Say what you know:"), link))

    def reminder(self, message: Message, plan: Plan, now: int) -> str:
        """That it still lasts, for those who wish to be reminded."""
        translate = self._translation(plan.language)
        lasted = translate.duration(now - message.notice.since)
        return reminder_text(self.text(message, plan), lasted, translate)

    def _link(self, message: Message, plan: Plan) -> str | None:
        about, contact = message.about, plan.contact
        if self._links is None or contact is None or contact.role != "keeper":
            return None
        if message.notice.state == "up" or not about.site:
            return None
        outage = outage_name(Key(about.service, about.subject, message.notice.since))
        expires = message.made + LINK_LASTS_US
        token = make_link(self._links.key, about.site, outage, contact.id, expires)
        return f"{self._links.public_url}/k/{token}"

    def _translation(self, language: Language) -> Translation:
        if language not in self._translations:
            self._translations[language] = Translation(language)
        return self._translations[language]
