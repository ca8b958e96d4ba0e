# SPDX-License-Identifier: Apache-2.0
"""Which web addresses a secret may be sent to: those whose way there is encrypted or has no end
outside this machine.
"""

import ipaddress
from urllib.parse import urlsplit


def origin(url: str) -> str:
    """`https://host[:port]`, or `http://` to this machine, without a slash at its end.

    Raises ValueError with a sentence.
    """
    parts = urlsplit(url)
    if parts.port == 0 or not parts.hostname or parts.username is not None:
        raise ValueError("is not https://host[:port]")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError("holds more than https://host[:port]")
    if parts.scheme == "http" and not is_loopback(parts.netloc):
        raise ValueError("is not encrypted: it must begin with https://")
    if parts.scheme not in {"http", "https"}:
        raise ValueError("is not https://host[:port]")
    return f"{parts.scheme}://{parts.netloc}"


def is_loopback(host: str) -> bool:
    """Whether a Host header names this machine; the port does not matter."""
    name, _, port = host.rpartition(":")
    name = name if name and port.isdigit() else host
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False
