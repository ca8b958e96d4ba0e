# SPDX-License-Identifier: Apache-2.0
"""Half an hour of a loaded access point in lossy air: `python -m tests.lab.wifi_soak SECONDS`.

Prints how often each witness looked and what it saw; exit status 1 when one took it to be off.
"""

import sys

from tests.lab.vm import run_inside

BOOT_S = 200


def main(seconds: int) -> int:
    looked, _ = run_inside("tests.lab.wifi_loss", str(seconds), patience_s=seconds + BOOT_S)
    for seen, times in sorted(looked["seen"].items()):
        sys.stdout.write(f"{seen:24} {times:6,} times\n")
    return 0 if set(looked["seen"]) == {"wifi: ok", "wifi_scan: ok"} else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
