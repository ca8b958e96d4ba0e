# SPDX-License-Identifier: Apache-2.0
"""Who may test: a file with a line `name sha256` for each token, which itself is kept nowhere."""

import hashlib
import hmac
import logging
import re
import secrets
import threading
from pathlib import Path

from sansang_collector.settings_file import InvalidFileError
from sansang_collector.whole_file import replace_file
from sansang_wire.checking import Mistake
from sansang_wire.topics import is_agent_id

log = logging.getLogger(__name__)

LINE = re.compile(r"(\S+) ([0-9a-f]{64})")


class TokenError(Exception):
    """No token could be made; the message is a sentence."""


class Tokens:
    """The file as it is now: what is added or taken out holds at once."""

    def __init__(self, file: Path) -> None:
        """Raises InvalidFileError. A file that is not there yet has no tokens."""
        self._file = file
        self._lock = threading.Lock()
        self._seen = _version(file)
        self._hashes = read(file)

    def owner(self, token: str) -> str | None:
        """Whose token this is."""
        given = _hash(token)
        found = None
        for name, known in self._now().items():
            if hmac.compare_digest(known, given):
                found = name
        return found

    def _now(self) -> dict[str, str]:
        with self._lock:
            version = _version(self._file)
            if version != self._seen:
                self._seen = version
                try:
                    self._hashes = read(self._file)
                except InvalidFileError as error:
                    log.error("%s: %s; the tokens of before still hold", error.file, error)
            return self._hashes


def read(file: Path) -> dict[str, str]:
    """Name to SHA-256 in hexadecimal. Raises InvalidFileError with every bad line."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise InvalidFileError(file, [Mistake("", f"the file can't be read: {why}")]) from error
    found: dict[str, str] = {}
    mistakes: list[Mistake] = []
    for number, line in enumerate(lines, 1):
        match = LINE.fullmatch(line.strip())
        if match and match[1] not in found:
            found[match[1]] = match[2]
        elif line.strip():
            what = "is not a new name and the SHA-256 of its token"
            mistakes.append(Mistake(f"line {number}", what))
    if mistakes:
        raise InvalidFileError(file, mistakes)
    return found


def add(file: Path, name: str) -> str:
    """A new token for `name`, in place of any it had. Raises InvalidFileError, TokenError."""
    if not is_agent_id(name):
        raise TokenError(
            f"{name[:80]!r} is not a name: 1 to 63 of a-z, 0-9 and hyphens, as of an agent"
        )
    known = read(file)
    token = secrets.token_urlsafe(32)
    known[name] = _hash(token)
    text = "".join(f"{each} {its}\n" for each, its in known.items())
    try:
        replace_file(file, text.encode(), like=file.stat() if file.exists() else None)
    except OSError as error:
        raise TokenError(f"{file} can't be written: {error.strerror}") from error
    return token


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _version(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
