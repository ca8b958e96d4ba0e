# SPDX-License-Identifier: Apache-2.0
"""Runs a worker program: by itself when the agent is root, else through the helper.

The helper is `sansang-agent-helper`, whose unit systemd starts for each connection to its socket
(`Accept=yes`): between two runs nothing with rights is there. A request goes through a pipe or the
socket, never through arguments: it may hold a passphrase.

A worker that needs no rights is run by the agent itself, whoever that is (`follow`).
"""

import asyncio
import contextlib
import os
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

HELPER_SOCKET = Path("/run/sansang/helper.sock")
Worker = Literal["ipv6_only", "link_offers", "router_advertisement", "wifi_journey", "wifi_scan"]
Unprivileged = Literal["speed"]


class WorkerError(Exception):
    """It gave no answer; `reason` is `no_helper`, `not_permitted` or `worker_failed`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def ask(worker: Worker, request: Mapping[str, Any], within_s: float) -> dict[str, Any]:
    """The answer of a worker to one request. Raises WorkerError."""
    line = msgspec.json.encode(request) + b"\n"
    try:
        async with asyncio.timeout(within_s):
            answer = await (_by_itself(worker, line) if _is_root() else _by_helper(worker, line))
            return msgspec.json.decode(answer, type=dict[str, Any])
    except (TimeoutError, msgspec.MsgspecError) as error:
        raise WorkerError("worker_failed") from error


async def follow(
    worker: Unprivileged, request: Mapping[str, Any], within_s: float
) -> AsyncGenerator[dict[str, Any]]:
    """What a worker tells, line by line, while it works; the last one holds `done`.

    It is killed when the generator is closed (`contextlib.aclosing`), and after `within_s`.
    Raises WorkerError when it ends before it has done.
    """
    deadline_s = asyncio.get_running_loop().time() + within_s
    process = await _start(worker)
    reader, writer = cast("StreamReader", process.stdout), cast("StreamWriter", process.stdin)
    try:
        writer.write(msgspec.json.encode(request) + b"\n")
        told: dict[str, Any] = {}
        while "done" not in told:
            left_s = deadline_s - asyncio.get_running_loop().time()
            line = await asyncio.wait_for(reader.readline(), left_s)
            told = msgspec.json.decode(line, type=dict[str, Any])
            yield told
    except (TimeoutError, ValueError) as error:  # what it printed is too long, or no JSON
        raise WorkerError("worker_failed") from error
    finally:
        await _end(process)


def is_allowed() -> bool:
    """Whether workers can be run at all."""
    return _is_root() or os.access(HELPER_SOCKET, os.W_OK)


def _is_root() -> bool:
    return os.geteuid() == 0


async def _by_itself(worker: Worker, line: bytes) -> bytes:
    process = await _start(worker)
    try:
        answer, _ = await process.communicate(line)
    finally:
        await _end(process)
    return answer


async def _start(worker: Worker | Unprivileged) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"sansang_agent.workers.{worker}"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )


async def _end(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()


async def _by_helper(worker: Worker, line: bytes) -> bytes:
    try:
        reader, writer = await asyncio.open_unix_connection(HELPER_SOCKET)
    except PermissionError as error:
        raise WorkerError("not_permitted") from error
    except OSError as error:
        raise WorkerError("no_helper") from error
    try:
        writer.write(worker.encode() + b"\n" + line)
        return await reader.read()
    except OSError as error:
        raise WorkerError("worker_failed") from error
    finally:
        writer.close()
