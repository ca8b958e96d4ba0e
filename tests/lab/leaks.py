# SPDX-License-Identifier: Apache-2.0
"""Looks for hardware addresses where none may be, in every spelling that programs use.

Not for their six bytes as such: small numbers in a database look the same.
"""

from collections.abc import Iterable
from pathlib import Path


def spelled(address: str) -> list[bytes]:
    """`02:00:00:00:01:00` as programs write it."""
    digits = address.replace(":", "")
    texts = (address, address.replace(":", "-"), digits)
    return [each.encode() for text in texts for each in {text, text.upper()}]


def found_in(content: bytes, addresses: Iterable[str]) -> list[str]:
    """Those of the addresses that stand in there."""
    return [each for each in addresses if any(one in content for one in spelled(each))]


def found_below(folder: Path, addresses: Iterable[str]) -> list[str]:
    """Those that stand in any file, with the file's name."""
    return [
        f"{path.name}: {address}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for address in found_in(path.read_bytes(), addresses)
    ]
