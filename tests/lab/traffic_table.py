# SPDX-License-Identifier: Apache-2.0
"""The share of IPv6 as the last `make lab` read it, beside what the server got:
`python -m tests.lab.traffic_table` prints the table of docs/probes/traffic.md.
"""

import json
import sys
from typing import Any

from tests.lab.stories import TOLD


def row(each: dict[str, Any]) -> str:
    reading, truth = each["reading"], each["truth"]
    share_pct = 100 * truth["ipv6"] / sum(truth.values())
    read = f"`{reading.get('method') or reading['reason']}`"
    if "method" in reading:
        read += f" | {reading['ipv6_bytes']:,} | {reading['ipv4_bytes']:,}"
        read += f" | {reading['ipv6_share_pct']:.2f} %"
    else:
        read += " | | |"
    sent = f"{truth['ipv6']:,} | {truth['ipv4']:,} | {share_pct:.2f} %"
    return f"| {each['what']} | {sent} | {read} | {each['kernel']['in']:,} |"


def main() -> None:
    told = json.loads((TOLD / "traffic.json").read_text())
    lines = ["| | sent: IPv6 | IPv4 | share | read | IPv6 | IPv4 | share | kernel's IPv4 in |"]
    lines += ["|---|--:|--:|--:|---|--:|--:|--:|--:|", *map(row, told)]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
