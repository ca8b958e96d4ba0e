# SPDX-License-Identifier: Apache-2.0
"""People who are told: a real mail server and a real webhook, which keep what they are given."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from aiosmtpd.controller import Controller

from sansang_collector.notify.channels import KEY
from tests.servers import free_port


class Mailbox:
    """A mail server on the loopback; `texts` are the bodies of what it took, in order, `keys` what
    tells it from what is sent twice.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.texts: list[str] = []
        self.keys: list[str | None] = []
        self._controller: Any = None

    @property
    def url(self) -> str:
        """The Apprise address of one who has mail here."""
        return f"mailto://127.0.0.1:{self.port}?from=centre@example.vn&to=keeper@example.vn"

    def start(self) -> None:
        """Take mail from now on."""
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """Refuse every connection."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        mail = message_from_bytes(envelope.content, policy=policy.default)
        body = mail.get_body(("plain", "html"))
        assert body is not None
        self.keys.append(mail[KEY])
        self.texts.append(str(body.get_content()))
        return "250 OK"


@contextmanager
def mailbox() -> Generator[Mailbox]:
    """One that takes mail until the block ends."""
    box = Mailbox()
    box.start()
    try:
        yield box
    finally:
        box.stop()


@contextmanager
def webhook(
    texts: list[str], port: int = 0, keys: list[str | None] | None = None
) -> Generator[str]:
    """The Apprise address of a webhook that appends what it is told to `texts`, and to `keys` what
    tells it from what is sent twice.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if keys is not None:
                keys.append(self.headers[KEY])
            texts.append(json.loads(body)["message"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Tests look at `texts`."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"json://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
