# SPDX-License-Identifier: Apache-2.0
"""A small virtual machine with simulated radios: a kernel with mac80211_hwsim that is a program
(user-mode Linux) over this machine's own files. It needs neither KVM nor root.

    printed = run_inside("tests.lab.wifi_outages", "off-air")

runs `python -m tests.lab.wifi_outages off-air` as root in a machine that boots for it and ends with
it, and gives what that wrote by `tell()`. Inside, the file system is the host's, read only, but for
`/run`; so the project's `.venv`, hostapd, iw and all that is installed are there. Any module can
be such a program.

The kernel is built from Debian's source by `tests/build_kernel.sh`.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.capabilities import missing, program
from tests.lab import kernel

ROOT = Path(__file__).parents[2]
FOLDER = Path("/run/inside")
"""Inside: to write into, and gone with the machine."""
MARK, ENDED = "[told] ", "[ended]"
PATIENCE_S = 150
INIT = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t debugfs debugfs /sys/kernel/debug
mount -t tmpfs tmpfs /run
mount -t devtmpfs devtmpfs /dev
stty -F /dev/console -opost
mkdir {folder}
export TMPDIR={folder} HOME={home} LANG=C.UTF-8 PATH={path} PYTHONPATH={modules}
cd {root} && {command} && echo "{ended}"
echo o >/proc/sysrq-trigger
sleep 60
"""
"""Its first process. Powers off by SysRq: there is nothing to be shut down."""
MACHINES_A_CPU = 2
"""They wait more than they work."""
_free_cpus: queue.Queue[int] = queue.Queue()
for _cpu in [*os.sched_getaffinity(0)] * MACHINES_A_CPU:
    _free_cpus.put(_cpu)
"""The processes of a machine take turns: on one processor twice as fast as between two."""


def tell(what: Any) -> None:
    """Inside: hand something over to the test."""
    sys.stdout.write(f"{MARK}{json.dumps(what, ensure_ascii=False)}\n")
    sys.stdout.flush()


def require_vm(*programs: str) -> None:
    """The test is skipped where the machine can't run one."""
    for name in programs:
        program(name, "a virtual machine with radios")
    if not kernel.LINUX.exists():
        missing("a virtual machine with radios", f"no {kernel.LINUX}: make lab builds it")


def run_inside(
    module: str, *arguments: str, patience_s: float = PATIENCE_S, own_time: bool = False
) -> list[Any]:
    """What a program told from inside, in order; it must end well within the patience, which begins
    when there is a processor for it.

    In its own time (arch/um/Kconfig, UML_TIME_TRAVEL_SUPPORT) the clock inside stands still while
    the machine computes, and leaps while it waits: what is measured there does not depend on how
    fast this processor is or what else it does.
    """
    require_vm()
    with tempfile.TemporaryDirectory() as folder:
        init = Path(folder, "init")
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin:/sbin"
        command = " ".join([sys.executable, "-m", module, *arguments])
        init.write_text(
            INIT.format(
                folder=FOLDER,
                root=ROOT,
                home=Path.home(),
                command=command,
                ended=ENDED,
                path=path,
                modules=os.environ.get("PYTHONPATH", ""),
            )
        )
        init.chmod(0o755)
        cpu = _free_cpus.get()
        try:
            lines = _printed(
                *("taskset", "-c", str(cpu), str(kernel.LINUX), "mem=1G", f"uml_dir={folder}"),
                *("root=none", "rootfstype=hostfs", "ro", f"init={init}", "quiet"),
                *("con0=fd:0,fd:1", "con=null", *(["time-travel=inf-cpu"] if own_time else [])),
                patience_s=patience_s,
            )
        finally:
            _free_cpus.put(cpu)
    assert ENDED in lines, "\n".join(lines[-40:])
    return [json.loads(line.removeprefix(MARK)) for line in lines if line.startswith(MARK)]


def _printed(*command: str, patience_s: float) -> list[str]:
    """Its lines. A machine is many processes; none outlives this call."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    ) as machine:
        try:
            stdout, _ = machine.communicate(timeout=patience_s)
        except BaseException:
            os.killpg(machine.pid, signal.SIGKILL)
            raise
    return stdout.splitlines()
