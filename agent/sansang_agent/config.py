# SPDX-License-Identifier: Apache-2.0
"""The agent's settings: a TOML file, checked whole, every mistake told at once."""

import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeGuard, TypeVar

import msgspec
from msgspec import Meta, Struct

from sansang_agent.probes.base import Probe, ProbeSettings, Profile, all_probes
from sansang_wire import topics
from sansang_wire.checking import InvalidSettingsError, Mistake, check, suggestion
from sansang_wire.session import InvalidBrokerUrlError, parse_url

T = TypeVar("T")

DEFAULT_PATH = Path("/etc/sansang/agent.toml")
BATCH_EVERY_S: Mapping[Profile, float] = {"default": 30, "metered": 300}


class BrokerSettings(Struct, frozen=True, kw_only=True):
    """`[broker]`: where readings go. The password stands in a file of its own."""

    url: str
    password_file: str | None = None
    ca_file: str | None = None


class OutboxSettings(Struct, frozen=True, kw_only=True):
    """`[outbox]`: where readings wait, and how many at most."""

    path: str = "/var/lib/sansang/outbox.db"
    max_mib: Annotated[float, Meta(gt=0, le=100_000)] = 64
    max_age_d: Annotated[float, Meta(gt=0, le=3650)] = 90


class AgentFile(Struct, frozen=True, kw_only=True):
    """The file as written."""

    agent: str
    broker: BrokerSettings
    profile: Profile = "default"
    batch_every_s: Annotated[float, Meta(ge=1, le=3600)] | None = None
    outbox: OutboxSettings = msgspec.field(default_factory=OutboxSettings)
    probes: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """The file as checked."""

    file: AgentFile
    host: str
    port: int
    tls: bool
    probes: Mapping[str, ProbeSettings]
    password: str | None = field(repr=False)

    @property
    def address(self) -> str:
        """Host and port as a URL has them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def batch_every_s(self) -> float:
        """Seconds between two batches."""
        return self.file.batch_every_s or BATCH_EVERY_S[self.file.profile]


def load(path: Path) -> AgentConfig:
    """Raises InvalidSettingsError with all that is wrong with the file."""
    try:
        data = tomllib.loads(path.read_bytes().decode())
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSettingsError([Mistake("", f"the file can't be read: {error}")]) from error
    except (ValueError, RecursionError) as error:  # a TOMLDecodeError, or a number beyond reason
        raise InvalidSettingsError([Mistake("", f"not TOML: {error}")]) from error
    return check_config(data)


def check_config(data: Mapping[str, Any]) -> AgentConfig:
    """Raises InvalidSettingsError with every mistake in `data`."""
    mistakes: list[Mistake] = []
    file = _collect(mistakes, lambda: check(data, AgentFile))
    raw_probes = data.get("probes", {})
    probes = _collect(mistakes, lambda: check_probes(raw_probes if _is_table(raw_probes) else {}))
    broker = data.get("broker", {})
    address = ("", 0, False)
    password = None
    if _is_table(broker):
        address = _collect(mistakes, lambda: _address(broker.get("url"))) or address
        password = _collect(mistakes, lambda: _password(broker.get("password_file")))
        mistakes += _ca_mistakes(broker.get("ca_file"))
    agent = data.get("agent")
    if isinstance(agent, str) and not topics.is_agent_id(agent):
        rule = "1 to 63 of a-z, 0-9 and inner hyphens; 'collector' is taken"
        mistakes.append(Mistake("agent", f"{agent!r} is not an agent id: {rule}"))
    if mistakes or file is None or probes is None:
        raise InvalidSettingsError(sorted(mistakes))
    host, port, tls = address
    return AgentConfig(file, host, port, tls, probes, password)


def check_probes(tables: Mapping[str, Any]) -> Mapping[str, ProbeSettings]:
    """The settings of every probe there is, by kind: from its table, or its defaults.

    Raises InvalidSettingsError.
    """
    known = all_probes()
    mistakes = [
        Mistake(f"probes.{kind}", f"unknown probe{suggestion(kind, list(known))}")
        for kind in tables
        if kind not in known
    ]
    settings: dict[str, ProbeSettings] = {}
    for kind, probe in known.items():
        table = tables.get(kind, {})
        if not _is_table(table):
            mistakes.append(Mistake(f"probes.{kind}", "is not a table"))
            continue
        checked = _collect(mistakes, lambda: _check_probe(probe, table, kind))  # noqa: B023 - called here and now
        if checked is not None:
            settings[kind] = checked
    if mistakes:
        raise InvalidSettingsError(mistakes)
    return settings


def _check_probe(
    probe: type[Probe[ProbeSettings]], table: Mapping[str, Any], kind: str
) -> ProbeSettings:
    return check(table, probe.settings_type, f"probes.{kind}")


def _address(url: Any) -> tuple[str, int, bool] | None:
    if not isinstance(url, str):
        return None  # told already as missing, or of the wrong type
    try:
        return parse_url(url)
    except InvalidBrokerUrlError as error:
        raise InvalidSettingsError([Mistake("broker.url", str(error))]) from error


def _password(path: Any) -> str | None:
    if not isinstance(path, str):
        return None
    where = "broker.password_file"
    try:
        if Path(path).stat().st_mode & stat.S_IROTH:
            what = f"everybody can read {path}: chmod o-r {path}"
            raise InvalidSettingsError([Mistake(where, what)])
        password = Path(path).read_bytes().decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSettingsError([Mistake(where, f"can't be read: {error}")]) from error
    if not password:
        raise InvalidSettingsError([Mistake(where, f"{path} is empty")])
    return password


def _ca_mistakes(path: Any) -> list[Mistake]:
    if isinstance(path, str) and not Path(path).is_file():
        return [Mistake("broker.ca_file", f"there is no file {path}")]
    return []


def _is_table(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _collect(mistakes: list[Mistake], attempt: Callable[[], T]) -> T | None:
    try:
        return attempt()
    except InvalidSettingsError as error:
        mistakes += error.mistakes
        return None
