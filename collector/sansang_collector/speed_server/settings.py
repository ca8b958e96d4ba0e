# SPDX-License-Identifier: Apache-2.0
"""The measuring server's settings: `/etc/sansang/speed.toml`, checked whole before it starts.

Relative paths count from the folder of the file. docs/speed-server.md has a sample.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta, Struct

from sansang_collector.config import Address, parse_address
from sansang_collector.settings_file import (
    InvalidFileError,
    Section,
    check_table,
    read_toml,
)
from sansang_wire.checking import Mistake

DEFAULT_PATH = Path("/etc/sansang/speed.toml")
LISTEN = ("0.0.0.0:4443", "[::]:4443")
GIB = 1 << 30


class TlsSection(Struct, frozen=True, kw_only=True):
    """`[tls]`: both files, in PEM."""

    certificate: str | None = None
    key: str | None = None


class LimitsSection(Struct, frozen=True, kw_only=True):
    """`[limits]`: what a test may cost."""

    turns_at_once: Annotated[int, Meta(ge=1, le=100)] = 1
    turns_per_hour: Annotated[int, Meta(ge=1, le=3600)] = 30
    """Of a token; where everybody may test, of an address or an IPv6 network of 64 bits."""
    max_mbps: Annotated[float, Meta(ge=1, le=100_000)] = 1000
    """Of a turn, whatever its number of connections."""
    max_gib_per_test: Annotated[float, Meta(gt=0, le=1000)] = 2
    """Of one connection."""
    max_gib_per_day: Annotated[float, Meta(gt=0, le=1_000_000)] = 200
    """A day in Việt Nam, counted since the server started."""
    connections: Annotated[int, Meta(ge=1, le=1000)] = 64


class SpeedFile(Struct, frozen=True, kw_only=True):
    """The whole file; sections are checked one by one."""

    listen: list[str] = msgspec.field(default_factory=lambda: list(LISTEN))
    tokens_file: str | None = None
    open: bool = False
    tls: Any = None
    limits: Any = None


@dataclass(frozen=True, slots=True)
class SpeedConfig:
    """The file as checked."""

    listen: tuple[Address, ...]
    limits: LimitsSection
    tokens_file: Path | None = None
    open: bool = False
    """Whoever comes may test, without a token."""
    tls: ssl.SSLContext | None = None


def load(path: Path) -> SpeedConfig:
    """Raises InvalidFileError with all that is wrong with the file."""
    path = path.absolute()
    return check_config(read_toml(path), path)


def check_config(data: Mapping[str, Any], path: Path) -> SpeedConfig:
    """Raises InvalidFileError with every mistake in `data`, which was read from `path`."""
    mistakes: list[Mistake] = []
    check_table(data, SpeedFile, "", mistakes)
    check_table(data.get("limits", {}), LimitsSection, "limits", mistakes)
    check_table(data.get("tls", {}), TlsSection, "tls", mistakes)
    listen = _listen(data.get("listen", list(LISTEN)), mistakes)
    tokens_file = _tokens_file(data, path.parent, mistakes)
    tls = _tls(Section("tls", data["tls"], path.parent, mistakes)) if "tls" in data else None
    if mistakes:
        raise InvalidFileError(path, sorted(mistakes))
    return SpeedConfig(
        listen=listen,
        limits=msgspec.convert(data.get("limits", {}), LimitsSection),
        tokens_file=tokens_file,
        open=data.get("open", False),
        tls=tls,
    )


def tokens_file(path: Path) -> Path:
    """Where tokens are kept, as the settings at `path` name it. Raises InvalidFileError.

    Of the certificate nothing is asked: it may be for the running server's eyes alone.
    """
    path = path.absolute()
    data = read_toml(path)
    mistakes: list[Mistake] = []
    check_table(data, SpeedFile, "", mistakes)
    found = _tokens_file({**data, "open": False}, path.parent, mistakes)
    if mistakes or found is None:
        raise InvalidFileError(path, sorted(mistakes))
    return found


def _listen(given: object, mistakes: list[Mistake]) -> tuple[Address, ...]:
    """Of what is not a list of texts, `check_table` has told already."""
    found: list[Address] = []
    for text in cast("list[object]", given) if isinstance(given, list) else ():
        try:
            found += [parse_address(text)] if isinstance(text, str) else []
        except ValueError as error:
            mistakes.append(Mistake("listen", str(error)))
    if given == []:
        mistakes.append(Mistake("listen", "names no address: leave it out, or name one"))
    return tuple(found)


def _tokens_file(data: Mapping[str, Any], folder: Path, mistakes: list[Mistake]) -> Path | None:
    named = data.get("tokens_file")
    if isinstance(named, str):
        return folder / named
    if named is None and data.get("open") is not True:
        what = "is missing: without tokens nobody may test, unless `open = true` lets everybody"
        mistakes.append(Mistake("tokens_file", what))
    return None


def _tls(section: Section) -> ssl.SSLContext | None:
    why = "TLS needs both"
    section.needed("certificate", why)
    section.needed("key", why)
    certificate, key = section.file("certificate"), section.file("key")
    if certificate is None or section.confidential("key") is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ValueError) as error:
        section.mistake("certificate", f"{certificate} and {key} can't be used: {error}")
    return context
