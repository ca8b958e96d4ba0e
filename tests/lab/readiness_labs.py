# SPDX-License-Identifier: Apache-2.0
"""`sansang-agent probe readiness` in every office of tests/lab/offices.py.

`python -m tests.lab.readiness_labs` prints the table of docs/readiness-labs.md, as measured.
"""

import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec

from sansang_wire.readiness.assessment import Assessment
from tests.agent.running import COMMAND, write_config
from tests.lab.home import PORTAL
from tests.lab.netns import PATIENCE_S, Lab
from tests.lab.networks import SERVER4, SERVER6
from tests.lab.office import BY_IPV6_ALONE, standing
from tests.lab.offices import GROUPS, ReadinessLab
from tests.lab.overheard import Frame, overhearing
from tests.lab.portal import Portal

AT_A_TIME = 4
"""Most of a lab is waiting; but with twice as many, on a machine at half its speed and three groups
at once, a probe may not be done within the command's limit.
"""


class Measured(NamedTuple):
    """What the command said, how it ended, and what came from the box meanwhile."""

    found: Assessment
    status: int
    progress: list[str]
    frames: list[Frame]


def measure_all(labs: Mapping[str, ReadinessLab]) -> dict[str, Measured]:
    """Side by side."""
    with (
        TemporaryDirectory(prefix="readiness-labs-") as folder,
        ThreadPoolExecutor(AT_A_TIME) as pool,
    ):
        folders = [Path(folder) / name for name in labs]
        return dict(zip(labs, pool.map(measure, labs.values(), folders), strict=True))


def measure(lab: ReadinessLab, folder: Path) -> Measured:
    """Build it, ask in it, take it down. The folder is new, for files of this lab alone."""
    folder.mkdir()
    portal = Portal(folder)
    config = _settings(lab, folder, portal.ca_file)
    command = (str(COMMAND), "probe", "readiness", "--config", str(config), "--json")
    asked = (*lab.before, *command, "--lang", "en")
    with (
        Lab() as hosts,
        standing(hosts, lab.office) as here,
        here.server.serving(*portal.command()),
        overhearing(here.router, "lan") as heard,
        here.box.start("sh", "-c", 'exec "$@" 2>&1', "sh", *asked) as process,
    ):
        printed, _ = process.communicate(timeout=PATIENCE_S)
    *progress, last = printed.splitlines()
    found = msgspec.json.decode(last, type=Assessment)
    return Measured(found, process.returncode, progress, heard.frames)


def _settings(lab: ReadinessLab, folder: Path, ca_file: str) -> Path:
    """The lab's servers instead of the world's."""
    services = ", ".join(
        f'{{name = "{each}", url = "https://{each}/", ca_file = "{ca_file}"}}'
        for each in lab.services
    )
    return write_config(
        folder,
        "mqtt://127.0.0.1",
        f"""
[probes]
dns.names = ["{PORTAL}"]
resolver.name = "{PORTAL}"
resolver.ipv6_authority_name = "{BY_IPV6_ALONE}"
path_mtu.targets = [{{name = "server", host = "{SERVER6}"}}]
nat64.servers = [{{address = "{SERVER4}"}}]
router_advertisement.routers = {list(lab.routers)}
service.timeout_s = 5
service.services = [{services}]
[probes.ipv6_internet]
ipv6_url = "https://new.test/"
dual_stack_url = "https://{PORTAL}/"
ca_file = "{ca_file}"
operators = [{{name = "one", ipv6 = "{SERVER6}", ipv4 = "{SERVER4}"}}]
""",
    )


def due(lab: ReadinessLab) -> str:
    """From and to, or the one score."""
    return "–".join(f"{each:g}" for each in dict.fromkeys(lab.expected.score or ())) or "none"


def row(name: str, lab: ReadinessLab, found: Assessment) -> str:
    """Of the table, as measured."""
    score = "none" if found.score is None else f"{found.score:g}"
    cells = (
        f"`{name}`",
        lab.what,
        due(lab),
        score,
        f"{found.coverage_pct:g} %",
        ", ".join(f"`{each.reason}` {each.at}" for each in found.caps),
        f"`{found.verdict}`",
        ", ".join(f"`{each}`" for each in found.reasons),
        ", ".join(f"`{each.reason}`" for each in found.information),
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    begun = time.monotonic()
    labs = {name: lab for group in GROUPS.values() for name, lab in group.items()}
    for name, measured in measure_all(labs).items():
        sys.stdout.write(row(name, labs[name], measured.found) + "\n")
    sys.stderr.write(f"{len(labs)} labs in {time.monotonic() - begun:.0f} s\n")


if __name__ == "__main__":
    main()
