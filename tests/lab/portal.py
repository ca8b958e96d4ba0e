# SPDX-License-Identifier: Apache-2.0
"""The web server of a lab with a certificate of its own authority."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from tests.lab.home import ZONE
from tests.lab.networks import SERVER4, SERVER6


class Portal:
    """A certificate for the server's names and addresses, and the command that serves it."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.ca_file = str(folder / "ca.pem")
        authority.cert_pem.write_to_path(self.ca_file)
        self.end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=45)
        issued = authority.issue_cert(*ZONE, SERVER4, SERVER6, not_after=self.end)
        self._certificate = folder / "server.pem"
        issued.private_key_and_cert_chain_pem.write_to_path(str(self._certificate))

    def command(self, body_bytes: int = 3000) -> tuple[str, ...]:
        server = (sys.executable, "-m", "tests.lab.web_server")
        return (*server, str(self._certificate), str(body_bytes))
