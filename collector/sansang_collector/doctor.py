# SPDX-License-Identifier: Apache-2.0
"""What `sansang doctor` looks at: everything a collector needs, and how to mend what is missing."""

import asyncio
import contextlib
import ctypes
import http.client
import os
import shutil
import socket
import sys
from pathlib import Path
from typing import NamedTuple

import msgspec
import urllib3

from sansang_collector import config as settings
from sansang_collector import registry
from sansang_collector.config import Address, CollectorConfig, EmbeddedStoreConfig, InfluxDB1Config
from sansang_collector.language import Translation
from sansang_collector.notify.recipients import unknown_channels
from sansang_collector.settings_file import InvalidFileError
from sansang_collector.views import CollectorView
from sansang_wire.checking import Mistake
from sansang_wire.session import Broker, DisconnectedError, connect

LEAST_FREE_BYTES = 1_000_000_000
"""A commune's readings of about three months; a full disk stops everything."""
TIMEOUT_S = 5
OLDEST_PYTHON = (3, 11)
TIME_ERROR = 5
"""adjtimex(2): the clock is not synchronised."""
ROOM_FOR_TIMEX = 512
"""struct timex is 208 bytes on 64-bit machines; all of it zero asks without changing anything."""


class Check(NamedTuple):
    """One thing that was looked at. `mend` is empty when all is well."""

    name: str
    ok: bool
    detail: str
    mend: str = ""


def examine(path: Path, translate: Translation) -> tuple[list[Check], list[Mistake]]:
    """Every check, and the mistakes in the settings, without which only a few can be made."""
    name = translate("Settings")
    checks = [_python(translate), _clock(translate)]
    try:
        config = settings.load(path)
    except InvalidFileError as error:
        detail = f"{error.file}: {'; '.join(map(str, error.mistakes))}"
        return [*checks, Check(name, False, detail, translate("mend the file."))], error.mistakes
    checks.append(Check(name, True, str(path)))
    running = is_ours(config.web)
    checks += [
        _registry(config, translate),
        _data_dir(config.data_dir, translate),
        _port(config.web, running, translate("Port of the page"), translate),
        _broker(config, running, translate),
        _store(config, translate),
        _messages(config, running, translate),
        *_zalo(config, running, translate),
    ]
    return checks, []


def is_ours(address: Address) -> bool:
    """Whether a collector's page answers there already."""
    url = f"http://{address}/healthz"
    with contextlib.suppress(urllib3.exceptions.HTTPError, http.client.HTTPException):
        answer = urllib3.request("GET", url, timeout=TIMEOUT_S, retries=False)
        return b'"healthy"' in answer.data
    return False


def _python(translate: Translation) -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    ok = sys.version_info >= OLDEST_PYTHON
    return Check("Python", ok, version, "" if ok else translate("install Python 3.11 or newer."))


def _clock(translate: Translation) -> Check:
    name = translate("Clock")
    if (synchronised := _is_synchronised()) is None:
        return Check(name, True, translate("this system does not tell"))
    if synchronised:
        return Check(name, True, translate("synchronised"))
    mend = translate("install chrony or switch systemd-timesyncd on: boxes take their time here.")
    return Check(name, False, translate("not synchronised"), mend)


def _is_synchronised() -> bool | None:
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    state = adjtimex(ctypes.create_string_buffer(ROOM_FOR_TIMEX))
    return None if state < 0 else state != TIME_ERROR


def _registry(config: CollectorConfig, translate: Translation) -> Check:
    name = translate("Registry")
    try:
        content = registry.load(config.registry)
        if unknown := unknown_channels(
            content.contacts, config.notify.channels, has_bot=config.notify.bot is not None
        ):
            raise InvalidFileError(config.registry, unknown)
    except InvalidFileError as error:
        detail = f"{error.file}: {'; '.join(map(str, error.mistakes))}"
        return Check(name, False, detail, translate("mend the file; it is read again by itself."))
    counts = translate(
        "{sites} sites, {agents} boxes", sites=len(content.sites), agents=len(content.agents)
    )
    return Check(name, True, f"{config.registry}: {counts}")


def _data_dir(folder: Path, translate: Translation) -> Check:
    name = translate("Data folder")
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        mend = translate("give the collector's user the right to write there.")
        return Check(name, False, translate("{folder} can't be written", folder=folder), mend)
    free = shutil.disk_usage(there).free
    detail = translate("{folder}, {size} free", folder=folder, size=translate.size(free))
    if free < LEAST_FREE_BYTES:
        return Check(name, False, detail, translate("make room: at least 1 GB."))
    return Check(name, True, detail)


def _port(address: Address, running: bool, name: str, translate: Translation) -> Check:
    if running:
        return Check(name, True, translate("{address}: our collector runs", address=address))
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(tuple(address))
        except OSError as error:
            detail = f"{address}: {error.strerror}"
            return Check(name, False, detail, translate("choose another address or port."))
    return Check(name, True, translate("{address} is free", address=address))


def _broker(config: CollectorConfig, running: bool, translate: Translation) -> Check:
    name = translate("Message broker")
    broker = config.broker
    if isinstance(broker, Address):
        return _port(broker, running, name, translate)
    where = f"{broker.host}:{broker.port}"
    if running:
        # Logging in under the same name would push the running collector off.
        return Check(name, True, translate("{address}: our collector runs", address=where))
    try:
        asyncio.run(_log_in(broker))
    except DisconnectedError as error:
        mend = translate("see that the broker runs, and check url, user and password_file.")
        return Check(name, False, f"{where}: {error}", mend)
    return Check(name, True, translate("{address} lets us in", address=where))


async def _log_in(broker: Broker) -> None:
    async with connect(broker, lambda _message: None):
        pass


def _store(config: CollectorConfig, translate: Translation) -> Check:
    name = translate("Series store")
    store = config.store
    if isinstance(store, EmbeddedStoreConfig):
        return Check(name, True, translate("in the data folder"))
    path = "/ping" if isinstance(store, InfluxDB1Config) else "/health"
    mend = translate("see that InfluxDB runs, and check url.")
    try:
        answer = urllib3.request("GET", store.url + path, timeout=TIMEOUT_S, retries=False)
    except urllib3.exceptions.HTTPError as error:
        return Check(name, False, f"{store.url}: {error}", mend)
    answered = translate("{url} answers {status}", url=store.url, status=answer.status)
    return Check(name, answer.status < 300, answered, "" if answer.status < 300 else mend)


def _messages(config: CollectorConfig, running: bool, translate: Translation) -> Check:
    name = translate("Messages to people")
    channels = len(config.notify.channels)
    if not channels:
        return Check(name, True, translate("Nobody is told: name an urls_file in [notify]."))
    if running and (view := _running(config.web)) and (failing := view.channels_failing):
        detail = translate("not taken by {names}", names=", ".join(failing))
        mend = translate("try with `sansang notify`, and correct what is wrong in urls_file.")
        return Check(name, False, detail, mend)
    return Check(name, True, translate.plural("{count} channel", "{count} channels", channels))


def _zalo(config: CollectorConfig, running: bool, translate: Translation) -> list[Check]:
    """Of a bot; who has linked a chat only the running collector knows."""
    if config.notify.bot is None:
        return []
    view = _running(config.web) if running else None
    if view is None:
        return [Check("Zalo", True, translate("start the collector to see who is linked"))]
    if not view.zalo_unlinked:
        return [Check("Zalo", True, translate("everybody is linked"))]
    detail = translate("not linked: {names}", names=", ".join(view.zalo_unlinked))
    mend = translate("send them the code of /contacts/ID/zalo.")
    return [Check("Zalo", False, detail, mend)]


def _running(address: Address) -> CollectorView | None:
    """What the running collector says of itself."""
    url = f"http://{address}/api/v1/collector"
    with contextlib.suppress(urllib3.exceptions.HTTPError, msgspec.DecodeError):
        answer = urllib3.request("GET", url, timeout=TIMEOUT_S, retries=False)
        return msgspec.json.decode(answer.data, type=CollectorView)
    return None
