# SPDX-License-Identifier: Apache-2.0
"""What the agent costs a box that is a house's access point and has two spare radios:
`python -m bench.agent_with_radios`.

All probes as they stand, with a guest's journey and a listener beside them, for ten minutes in the
virtual machine of the labs. Its processor is slower than the real one by the ratio that is printed.
"""

import sys
import time

import psutil

from bench.machine import describe
from tests.agent.running import COMMAND, write_config
from tests.lab import wifi_town as lab
from tests.lab.inside import started
from tests.lab.vm import FOLDER, run_inside, tell
from tests.servers import Mosquitto
from tests.waiting import wait_until

MEMORY_MIB, CPU_PCT = 40, 1
SECONDS, SETTLING_S, STEP_S = 600, 30, 0.5
PATIENCE_S = 120
MONTH_S = 30 * 86_400
LOOP = 2_000_000


def loop_s() -> float:
    """Seconds of the processor for a loop that calls nobody."""
    begun = time.process_time()
    for _ in range(LOOP):
        pass
    return time.process_time() - begun


def carried(interface: str) -> int:
    """Bytes in both directions."""
    counters = psutil.net_io_counters(pernic=True)[interface]
    return counters.bytes_sent + counters.bytes_recv


def look(agent: psutil.Process) -> dict[str, float]:
    """At the agent for so long, and at the workers that come and go beneath it."""
    began, begun = agent.cpu_times(), time.monotonic()
    air = carried(lab.POINT)
    resident = worker = 0
    while time.monotonic() - begun < SECONDS:
        resident = max(resident, agent.memory_info().rss)
        for child in agent.children(recursive=True):
            try:
                worker = max(worker, child.memory_info().rss)
            except psutil.NoSuchProcess:
                continue
        time.sleep(STEP_S)
    ended = agent.cpu_times()
    return {
        "resident_mib": resident / 2**20,
        "worker_mib": worker / 2**20,
        "cpu_pct": 100 * (ended.user + ended.system - began.user - began.system) / SECONDS,
        "workers_cpu_pct": 100
        * (
            ended.children_user
            + ended.children_system
            - began.children_user
            - began.children_system
        )
        / SECONDS,
        "air_mb_month": (carried(lab.POINT) - air) / 1e6 * MONTH_S / SECONDS,
    }


def inside() -> None:
    """The house, the box, and ten minutes."""
    passphrase = FOLDER / "passphrase"
    passphrase.touch(0o600)
    passphrase.write_text(lab.PASSPHRASE)
    with lab.town() as ca_file, lab.router(), lab.access_point():
        folder = FOLDER / "agent"
        folder.mkdir()
        journey = (
            f'ssids = ["{lab.SSID}"], interface = "{lab.GUEST}", passphrase_file = "{passphrase}", '
            f'internet = "{lab.INTERNET}", ca_file = "{ca_file}", enabled = true'
        )
        probes = (
            f'[probes]\nwifi = {{ssids = ["{lab.SSID}"], access_point = true}}\n'
            f"wifi_journey = {{{journey}}}\n"
            f'wifi_scan = {{ssids = ["{lab.SSID}"], interface = "{lab.SECOND}", enabled = true}}\n'
        )
        with Mosquitto(FOLDER / "broker") as broker:
            config = write_config(folder, broker.url, probes)
            with started(str(COMMAND), "run", "--config", str(config)) as running:
                agent = psutil.Process(running.pid)
                wait_until(agent.children, "its first worker", PATIENCE_S)
                time.sleep(SETTLING_S)
                tell({**look(agent), "loop_s": loop_s()})


def main() -> int:
    """Exit status 1 when a bound did not hold."""
    print(describe())
    ratio_of = loop_s()
    [seen] = run_inside("bench.agent_with_radios", "inside", patience_s=SECONDS + 5 * PATIENCE_S)
    ratio = seen["loop_s"] / ratio_of
    held = seen["resident_mib"] <= MEMORY_MIB and seen["cpu_pct"] <= CPU_PCT
    print(f"  a loop in the machine, against here        {ratio:8.2f} times")
    print(f"  the agent, resident, most                  {seen['resident_mib']:8.1f} MiB")
    print(f"  a worker, resident, most                   {seen['worker_mib']:8.1f} MiB")
    print(f"  the agent, processor                       {seen['cpu_pct']:8.2f} % of one")
    print(f"  its workers, processor                     {seen['workers_cpu_pct']:8.2f} % of one")
    print(f"  by air, journeys and listening             {seen['air_mb_month']:8.1f} MB a month")
    print(f"  at most {MEMORY_MIB} MiB and {CPU_PCT} %: {'held' if held else 'NOT HELD'}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(inside() if sys.argv[1:] == ["inside"] else main())
