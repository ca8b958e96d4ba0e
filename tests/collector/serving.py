# SPDX-License-Identifier: Apache-2.0
"""The real page, served from a thread of the test."""

import threading
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn

from sansang_collector.web import create_app
from sansang_collector.web.keeper import Keeper
from sansang_collector.web.sources import Sources
from sansang_collector.web.zalo import Zalo
from tests.waiting import wait_until


@contextmanager
def page(
    sources: Sources, port: int = 0, keeper: Keeper | None = None, zalo: Zalo | None = None
) -> Generator[str]:
    """The page over these sources; gives its URL."""
    app = create_app(sources, keeper, zalo=zalo)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical"))
    listening = server.config.bind_socket()
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started, "the page listens")
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        app.state.closing.set()
        server.should_exit = True
        thread.join(10)
        listening.close()
        assert not thread.is_alive(), "the page waits for readers that never leave"
