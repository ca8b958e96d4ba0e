# SPDX-License-Identifier: Apache-2.0
"""What stands for the Internet behind a house's router, or for the login page on it.

`python -m tests.lab.internet CERTIFICATE` answers on port 80 as the well-known servers do that
devices ask whether a login page is in the way, and on port 443 with a certificate: `/captive` and
`/free` as the API of RFC 8908, the rest with a page. `python -m tests.lab.internet` is a login
page: it answers whatever is asked of port 80 with itself.
"""

import http.server
import json
import socket
import ssl
import sys
import threading

EXPECTED = {
    "connectivitycheck.gstatic.com": (204, b""),
    "captive.apple.com": (200, b"<BODY>Success</BODY>"),
}


class Server(http.server.ThreadingHTTPServer):
    """Of both address families."""

    address_family = socket.AF_INET6
    daemon_threads = True


class Internet(http.server.BaseHTTPRequestHandler):
    """Answers as the servers of the names do."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        status, body = EXPECTED.get(self.headers["Host"], (200, b"a page"))
        if self.path in {"/captive", "/free"}:
            body = json.dumps({"captive": self.path == "/captive"}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base has it
        """Nobody reads it."""


class Login(Internet):
    """Sends everybody to the login page."""

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", "http://login.test/")
        self.send_header("Content-Length", "0")
        self.end_headers()


def main(certificate: str | None) -> None:
    if certificate is None:
        Server(("::", 80), Login).serve_forever()
        return
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    secure = Server(("::", 443), Internet)
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    threading.Thread(target=secure.serve_forever, daemon=True).start()
    Server(("::", 80), Internet).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
