# SPDX-License-Identifier: Apache-2.0
"""Runs a worker program: by itself when the agent is root, else through the helper.

The helper is `sansang-agent-helper`, whose unit systemd starts for each connection to its socket
(`Accept=yes`): between two runs nothing with rights is there. A request goes through a pipe or the
socket, never through arguments: it may hold a passphrase.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

HELPER_SOCKET = Path("/run/sansang/helper.sock")
Worker = Literal["ipv6_only", "link_offers", "router_advertisement", "wifi_journey", "wifi_scan"]


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


def is_allowed() -> bool:
    """Whether workers can be run at all."""
    return _is_root() or os.access(HELPER_SOCKET, os.W_OK)


def _is_root() -> bool:
    return os.geteuid() == 0


async def _by_itself(worker: Worker, line: bytes) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"sansang_agent.workers.{worker}"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        answer, _ = await process.communicate(line)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    return answer


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
