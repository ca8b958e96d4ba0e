# SPDX-License-Identifier: Apache-2.0
"""A program that the kernel gives only a share of one processor (sched-bwc.rst, cgroup-v2.rst)."""

import contextlib
import uuid
from collections.abc import Generator
from pathlib import Path

from tests.capabilities import missing
from tests.lab.netns import Host
from tests.waiting import wait_until

PERIOD_US = 100_000
TOP = "/sys/fs/cgroup"
# A lab's host has a /sys of its own, without control groups.
_VERSION_1 = """
mount -t tmpfs tmpfs {top} && mkdir {tree} && mount -t cgroup -o {controllers} cgroup {tree} &&
mkdir {group} && echo {period_us} > {group}/cpu.cfs_period_us &&
echo {quota_us} > {group}/cpu.cfs_quota_us
"""
_VERSION_2 = """
mount -t cgroup2 cgroup2 {tree} && mkdir {group} &&
echo {quota_us} {period_us} > {group}/cpu.max
"""
_JOIN = 'echo $$ > "$0/cgroup.procs" && exec "$@"'


@contextlib.contextmanager
def quota(host: Host, share: float) -> Generator[tuple[str, ...]]:
    """Words to put before a command on that host, which then sees its quota, too.

    The test is skipped where the machine lets us make no such group.
    """
    controllers = _controllers()
    tree = f"{TOP}/{controllers}".rstrip("/")
    group = f"{tree}/sansang-{uuid.uuid4()}"
    script = (_VERSION_1 if controllers else _VERSION_2).format(
        top=TOP,
        tree=tree,
        controllers=controllers,
        group=group,
        period_us=PERIOD_US,
        quota_us=round(share * PERIOD_US),
    )
    if host.run("sh", "-c", f"{{ {script} }} 2>&1 && echo made", status=None) != "made\n":
        missing("a processor quota", "this machine lets us make no control group with one")
    try:
        yield ("sh", "-c", _JOIN, group)
    finally:
        # A program that has ended leaves its group a moment later.
        wait_until(
            lambda: host.run("sh", "-c", f"rmdir {group} && echo gone", status=None),
            "the control group is empty",
        )


def _controllers() -> str:
    """Those that version 1 has processors' quotas with; empty where it is version 2 that has."""
    lines = [line.split(":") for line in Path("/proc/self/cgroup").read_text().splitlines()]
    return next((each[1] for each in lines if "cpu" in each[1].split(",")), "")
