# SPDX-License-Identifier: Apache-2.0
"""A real Mosquitto with a configuration of the test's own: passwords, TLS, access lists."""

import asyncio
import contextlib
import os
import socket
import subprocess
from collections.abc import AsyncGenerator
from pathlib import Path

from tests.capabilities import program

STARTS_WITHIN_S = 10


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_passwords(file: Path, passwords: dict[str, str]) -> Path:
    """A password file with these users."""
    command = program("mosquitto_passwd", "mosquitto")
    file.write_text("")
    for user, password in passwords.items():
        subprocess.run([command, "-b", file, user, password], check=True, capture_output=True)
    return file


@contextlib.asynccontextmanager
async def mosquitto(
    folder: Path, config: str, port: int
) -> AsyncGenerator["asyncio.subprocess.Process", None]:
    """Runs while the block does, listening on `port` as `config` says; logs into `folder`."""
    command = program("mosquitto", "mosquitto")
    file = folder / "mosquitto.conf"
    if os.geteuid() == 0:
        config += "\nuser root\n"  # it would give up the right to read the test's files
    file.write_text(config)
    with (folder / "mosquitto.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            command, "-c", str(file), stdout=log, stderr=log
        )
    try:
        await _listening(process, port, folder / "mosquitto.log")
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _listening(process: "asyncio.subprocess.Process", port: int, log: Path) -> None:
    async with asyncio.timeout(STARTS_WITHIN_S):
        while True:
            assert process.returncode is None, f"mosquitto ended; {log} says why"
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                await writer.wait_closed()
                return
            await asyncio.sleep(0.02)
