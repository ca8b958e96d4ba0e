# SPDX-License-Identifier: Apache-2.0
"""Stand-ins for servers that can't be had as a program: InfluxDB 2.x and 3, and broken ones."""

from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from sansang_collector.store.influx_http import Answer
from tests.servers import free_port


class PickySender:
    """Refuses a request as a whole when it holds a line with a forbidden word, as 2.x may."""

    def __init__(self, forbidden: bytes) -> None:
        self.forbidden = forbidden
        self.requests = 0
        self.stored: list[bytes] = []

    def write(self, body: bytes) -> Answer:
        """All lines or none."""
        self.requests += 1
        if self.forbidden in body:
            return Answer(400, b'{"code":"invalid","message":"unable to parse a line"}')
        self.stored += body.split(b"\n")
        return Answer(204, b"")

    def close(self) -> None:
        """Nothing is held."""


@contextmanager
def answering(status: int, body: bytes) -> Generator[str]:
    """The address of a server that gives the same answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Tests read assertions, not requests."""

    server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
