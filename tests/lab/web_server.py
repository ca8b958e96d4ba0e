# SPDX-License-Identifier: Apache-2.0
"""A web server of both families with TLS: `python -m tests.lab.web_server CERTIFICATE BODY_BYTES`.

CERTIFICATE is a file with key and chain. It listens on port 443 and answers every GET with as many
bytes, `/404` and its like with that status.
"""

import contextlib
import http.server
import os
import socket
import ssl
import sys


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


class Handler(http.server.BaseHTTPRequestHandler):
    body = b""
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        number = self.path[1:4]
        self.send_response(int(number) if number.isdecimal() else 200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        with contextlib.suppress(OSError):  # who has read enough hangs up
            self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base has it
        """Nobody reads it."""


def main(certificate: str, body_bytes: int) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    Handler.body = b"x" * body_bytes
    with Server(("::", 443), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        os.write(1, b"ready\n")
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
