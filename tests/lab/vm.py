# SPDX-License-Identifier: Apache-2.0
"""A small virtual machine with simulated radios: a kernel with mac80211_hwsim over this machine's
own files, without KVM.

    printed = run_inside("tests.lab.wifi_house", "off-air")

runs `python -m tests.lab.wifi_house off-air` as root in a machine that boots for it and ends with
it, and gives what that wrote by `tell()`. Inside, the file system is the host's, read only, but for
`FOLDER`; so the project's `.venv`, hostapd, iw and all that is installed are there. Any module can
be such a program.

The kernel is Debian's, unpacked from its package into `.build/vm` by `tests/unpack_kernel.sh`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.capabilities import missing, program

ROOT = Path(__file__).parents[2]
KERNEL = ROOT / ".build" / "vm"
FOLDER = Path("/run/inside")
"""Inside: to write into, and gone with the machine."""
MARK, ENDED = "[told] ", "[ended]"
BOOT_PATIENCE_S = 150


def tell(what: Any) -> None:
    """Inside: hand something over to the test."""
    sys.stdout.write(f"{MARK}{json.dumps(what, ensure_ascii=False)}\n")
    sys.stdout.flush()


def require_vm(*programs: str) -> Path:
    """The kernel image; the test is skipped where the machine can't run one."""
    for name in ("qemu-system-x86_64", *programs):
        program(name, "a virtual machine with radios")
    images = sorted(KERNEL.glob("boot/vmlinuz-*"))
    if not images:
        missing("a virtual machine with radios", "no kernel in .build/vm: make lab fetches it")
    return images[-1]


def run_inside(module: str, *arguments: str, patience_s: float = BOOT_PATIENCE_S) -> list[Any]:
    """What a program told from inside, in order; it must end well within the patience."""
    image = require_vm()
    command = " ".join([sys.executable, "-m", module, *arguments])
    # virtme ends with status 0, whatever becomes of what it runs.
    inside = f"mkdir {FOLDER} && export TMPDIR={FOLDER} && cd {ROOT} && {command} && echo {ENDED}"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "virtme_ng.run", "--disable-kvm", "--disable-microvm"),
            *("--run", str(image), "--user", "root", "--cpus", "2", "--memory", "1G"),
            *("--exec", inside),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=patience_s,
        check=False,
        # virtme's own programs stand beside this Python.
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin"},
    )
    lines = done.stdout.splitlines()
    assert ENDED in lines, "\n".join(lines[-40:])
    return [json.loads(line.removeprefix(MARK)) for line in lines if line.startswith(MARK)]
