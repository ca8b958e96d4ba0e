# SPDX-License-Identifier: Apache-2.0
"""`/events`: a page's changing part, sent whenever it has changed (server-sent events, HTML §9.2).

`event: page` carries the part as it is now; `event: same` comes when nothing changed for a while,
so that a reader can tell quiet from a lost connection.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from sansang_collector.web.pages import Pages, Place, Rendered

LOOK_EVERY_S = 1
SAME_AFTER_S = 10
RETRY_MS = 2000


async def changes(
    pages: Pages, place: Place, first: Rendered, closing: asyncio.Event
) -> AsyncIterator[str]:
    """Messages for one reader, who is told at once how the page is; ends when the page does,
    or when `closing` is set: a server waits for its readers.
    """
    yield f"retry: {RETRY_MS}\n\n"
    shown: Rendered | None = first
    sent, told = "", 0.0
    while shown is not None and not closing.is_set():
        if shown.version != sent:
            yield _message("page", shown.fragment)
            sent, told = shown.version, time.monotonic()
        elif time.monotonic() - told >= SAME_AFTER_S:
            yield _message("same", "")
            told = time.monotonic()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(closing.wait(), LOOK_EVERY_S)
        shown = await pages.get(place)


def _message(event: str, data: str) -> str:
    lines = "".join(f"data: {line}\n" for line in data.split("\n"))
    return f"event: {event}\n{lines}\n"
