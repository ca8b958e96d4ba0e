# SPDX-License-Identifier: Apache-2.0
"""Zalo's side of a bot: a real HTTP server that keeps what it was asked to send."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

TOKEN, CHAT_ID = "1234567:a-Secret_token", "6ede9afa66b88fe6d6a9"
TAKEN = b'{"ok": true, "result": {"message_id": "2d758cb5e222177a4e35", "date": 1795223700000}}'


@dataclass
class Zalo:
    """How it answers, and what it was sent: paths and JSON bodies, in order."""

    port: int = 0
    status: int = 200
    answer: bytes = TAKEN
    headers: dict[str, str] = field(default_factory=dict[str, str])
    answering: Event = field(default_factory=Event)
    """It says nothing while this is not set."""
    paths: list[str] = field(default_factory=list[str])
    messages: list[Any] = field(default_factory=list[Any])

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The Apprise address of one who is told through this."""
        return f"zalo://{TOKEN}/{CHAT_ID}?api={self.api}"


@contextmanager
def zalo() -> Generator[Zalo]:
    """A server that takes every message unless told."""
    kept = Zalo()
    kept.answering.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.paths.append(self.path)
            kept.messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            kept.answering.wait(30)
            self.send_response(kept.status)
            for name, value in kept.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(kept.answer)))
            self.end_headers()
            self.wfile.write(kept.answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Tests look at what is kept."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        kept.port = server.server_port
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield kept
        finally:
            kept.answering.set()
            server.shutdown()
            thread.join()
