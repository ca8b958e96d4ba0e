# SPDX-License-Identifier: Apache-2.0
"""Which web addresses a secret may be sent to: those whose way there is encrypted or has no end
outside this machine.
"""

import ipaddress
from urllib.parse import urlsplit


def origin(url: str) -> str:
    """`https://host[:port]`, or `http://` to this machine, without a slash at its end.

    Raises ValueError with what is wrong, to follow the address.
    """
    wrong = ValueError("is not https://host[:port]")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise wrong from None
    if port == 0 or not parts.hostname or parts.username is not None:
        raise wrong
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise wrong
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.netloc)):
        raise wrong
    return f"{parts.scheme}://{parts.netloc}"


def is_loopback(host: str) -> bool:
    """Whether a Host header names this machine; the port does not matter."""
    name = host_name(host)
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def host_name(host: str) -> str:
    """Of a Host header the name or address, without the port, in small letters."""
    name, _, port = host.rpartition(":")
    name = name if name and port.isdigit() else host
    return name.removeprefix("[").removesuffix("]").lower()
