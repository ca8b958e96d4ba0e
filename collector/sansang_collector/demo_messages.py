# SPDX-License-Identifier: Apache-2.0
"""Shows in the terminal what the demo's collector tells people.

The messages really travel: the collector posts them to this small webhook as it would post them to
any other (Apprise's `json://`, a JSON object with `title`, `message` and `type`).
"""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

MAX_BYTES = 65_536


class _Told(msgspec.Struct):
    """What Apprise posts, as far as it is used here."""

    message: str


@contextmanager
def showing(show: Callable[[str], None]) -> Generator[str]:
    """The Apprise address of a webhook that hands each message to `show`, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = min(int(self.headers.get("Content-Length", 0)), MAX_BYTES)
            try:
                show(msgspec.json.decode(self.rfile.read(length), type=_Told).message)
            except msgspec.MsgspecError:
                self.send_error(400)
                return
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base has it
            """The message is shown; that it came is no news."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"json://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
