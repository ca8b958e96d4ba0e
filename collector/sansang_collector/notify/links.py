# SPDX-License-Identifier: Apache-2.0
"""Links for the keepers of houses, who have no login: whoever holds one may answer for that house
and that outage until it expires. All that it says stands in the link itself, under our seal.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

import msgspec

KEY_BYTES = 32
SEAL_BYTES = 16
"""Half of SHA-256: nobody guesses it, and a link stays short."""


class LinkKeyError(Exception):
    """The key with which links are sealed can't be used; the message says what to do."""


class ForgedLinkError(ValueError):
    """A link that we did not make, or that lost a letter on its way."""


class ExpiredLinkError(ValueError):
    """A link of ours whose time is over."""


class Link(msgspec.Struct, frozen=True, array_like=True):
    """Who answers about what, until when (µs)."""

    site: str
    outage: str
    contact: str
    expires_at: int


def link_key(file: Path) -> bytes:
    """The key in this file, which is made when it is not there. Raises LinkKeyError."""
    try:
        if not file.exists():
            _make_key(file)
        others_read = file.stat().st_mode & stat.S_IROTH
        key = file.read_bytes()
    except OSError as error:
        raise LinkKeyError(
            f"{file}, the key of keepers' links, can't be used: {error.strerror or error}"
        ) from error
    if others_read:
        raise LinkKeyError(f"everybody can read {file}, the key of keepers' links: remove it")
    if len(key) != KEY_BYTES:
        raise LinkKeyError(
            f"{file}, the key of keepers' links, is not {KEY_BYTES} bytes long: remove it; links"
            " that were sent will not work any more"
        )
    return key


def _make_key(file: Path) -> None:
    """Whole or not at all, also when the power goes."""
    new = file.with_name(file.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(secrets.token_bytes(KEY_BYTES))
        opened.flush()
        os.fsync(opened.fileno())
    new.replace(file)


def make_link(secret: bytes, site: str, outage: str, contact: str, expires_at: int) -> str:
    """The token of a link, of letters that a URL may hold."""
    return _token(secret, msgspec.msgpack.encode(Link(site, outage, contact, expires_at)))


def read_link(secret: bytes, token: str, now: int) -> Link:
    """What a token says. Raises ForgedLinkError, and ExpiredLinkError from `expires_at` on."""
    forged = ForgedLinkError("the link is not ours or not whole: open it as it was sent")
    try:
        sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        raise forged from None
    content = sealed[:-SEAL_BYTES]
    # Made anew and compared whole: of each link there is one spelling.
    if not hmac.compare_digest(_token(secret, content).encode(), token.encode()):
        raise forged
    try:
        link = msgspec.msgpack.decode(content, type=Link)
    except msgspec.DecodeError:
        # Of a version that wrote something else.
        raise forged from None
    if now >= link.expires_at:
        raise ExpiredLinkError("the link has expired: use that of the newest message")
    return link


def _token(secret: bytes, content: bytes) -> str:
    seal = hmac.digest(secret, b"link\0" + content, hashlib.sha256)[:SEAL_BYTES]
    return base64.urlsafe_b64encode(content + seal).rstrip(b"=").decode()
