# SPDX-License-Identifier: Apache-2.0
"""What keeps an agent from working, and how to mend it: settings, clock, disk, broker, and what its
probes need.
"""

import os
import shutil
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import psutil

from sansang_agent.clock import kernel_offset
from sansang_agent.config import AgentConfig
from sansang_agent.needs import Finding, finding
from sansang_agent.net.addresses import literal
from sansang_agent.probes.base import Need
from sansang_wire import topics
from sansang_wire.checking import InvalidSettingsError
from sansang_wire.language import Translate
from sansang_wire.session import (
    Broker,
    CaFileError,
    DisconnectedError,
    Message,
    NotAuthorizedError,
    connect,
)

LEAST_FREE_MIB = 50


async def examine(
    config: AgentConfig | InvalidSettingsError,
    path: Path,
    needs: set[Need],
    translate: Translate,
) -> list[Finding]:
    """Look at everything; a running agent is cut off from the broker for a second at most.

    `needs` are those of the probes that would run.
    """
    found = [_settings(config, path, translate), _clock(translate)]
    if isinstance(config, AgentConfig) and literal(config.host) is None:
        needs = {*needs, "resolver"}
    found += [await finding(need, translate) for need in sorted(needs)]
    if isinstance(config, AgentConfig):
        found += _disk(config, translate)
        found.append(await _broker(config, translate))
    return found


def _settings(
    config: AgentConfig | InvalidSettingsError, path: Path, translate: Translate
) -> Finding:
    if isinstance(config, AgentConfig):
        what = translate("the settings {file} are in order").format(file=path)
        return Finding("settings", ok=True, what=what)
    what = translate("the settings {file} can't be used").format(file=path)
    mend = "; ".join(str(each) for each in config.mistakes)
    return Finding("settings", ok=False, what=what, mend=mend)


def _clock(translate: Translate) -> Finding:
    if kernel_offset() is not None:
        return Finding("clock", ok=True, what=translate("the clock is synchronised"))
    return Finding(
        "clock",
        ok=False,
        what=translate("the clock is not synchronised: the collector's time is used"),
        mend=translate("start a time service: systemctl enable --now systemd-timesyncd"),
    )


def _disk(config: AgentConfig, translate: Translate) -> Iterator[Finding]:
    path = Path(config.file.outbox.path).absolute()
    # Nothing is made here: what root makes the agent's user could not write.
    folder = next(each for each in path.parents if os.access(each, os.F_OK))
    for needed in (folder, path):
        if os.access(needed, os.F_OK) and not os.access(needed, os.W_OK):
            what = translate("{path} can't be written by {user}")
            mend = translate("give it to the agent's user, or run the doctor as that user")
            user = psutil.Process().username()
            yield Finding("outbox", ok=False, what=what.format(path=needed, user=user), mend=mend)
            return
    free_mib = shutil.disk_usage(folder).free // 2**20
    yield Finding(
        "outbox",
        ok=free_mib >= LEAST_FREE_MIB,
        what=translate("the outbox folder {folder} has {free} MiB left").format(
            folder=folder, free=free_mib
        ),
        mend="" if free_mib >= LEAST_FREE_MIB else translate("make room on this disk"),
    )


async def _broker(config: AgentConfig, translate: Translate) -> Finding:
    agent = config.file.agent
    where = config.address
    broker = Broker(
        host=config.host,
        port=config.port,
        user=agent,
        tls=config.tls,
        ca_file=config.file.broker.ca_file,
        check_certificate_dates=kernel_offset() is not None,
        password=config.password,
    )
    try:
        # Under the agent's own id, which is all it may use: a running agent reconnects at once.
        async with connect(broker, _ignore) as session:
            await session.subscribe([topics.COLLECTOR_STATUS])
    except DisconnectedError as error:
        what, mend = _lack(error, translate)
        what = what.format(error=error, host=config.host)
        mend = mend.format(host=config.host, where=where, agent=agent)
        return Finding("broker", ok=False, what=what, mend=mend)
    return Finding(
        "broker", ok=True, what=translate("the broker {where} takes us").format(where=where)
    )


def _lack(error: DisconnectedError, translate: Translate) -> tuple[str, str]:
    """What stands between us and the broker, and how to mend it, with blanks to fill."""
    cause = error.__cause__
    if isinstance(error, NotAuthorizedError):
        what = translate("the broker does not accept this agent's name and password: {error}")
        mend = translate("set the password in password_file that the broker has for {agent}")
    elif isinstance(error, CaFileError):
        what = translate("the certificates to trust can't be read: {error}")
        mend = translate("name in ca_file a file that the agent's user can read")
    elif isinstance(cause, ssl.SSLCertVerificationError):
        what = translate("the broker's certificate is not accepted: {error}")
        mend = translate("check ca_file, and that the certificate is made out to {host}")
    # A broker that does not encrypt cuts off who does.
    elif isinstance(cause, ssl.SSLError | ConnectionResetError):
        what = translate("no encrypted connection to the broker comes about: {error}")
        mend = translate("check that {where} is the broker's port for mqtts")
    # A name that can't even be asked for (too long, empty label) is a ValueError.
    elif isinstance(cause, socket.gaierror | ValueError):
        what = translate("the broker's name {host} can't be looked up: {error}")
        mend = translate("check the spelling of broker.url, then DNS")
    elif isinstance(cause, OSError):
        what = translate("the broker can't be reached: {error}")
        mend = translate("check the line, and that a broker listens at {where}")
    else:
        what = translate("the broker does not take us: {error}")
        mend = translate("check that {where} is a broker, and look into its log")
    return what, mend


def _ignore(_message: Message) -> None:
    """The doctor only knocks."""
