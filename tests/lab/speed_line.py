# SPDX-License-Identifier: Apache-2.0
"""A line of a known speed, and what iperf3(1) and ping(8) say of it: a speed test's reference.

    with Lab() as lab:
        here = speed_line.line(lab)
        speed_line.shape(here, rate_mbps=50)
        speed_line.iperf3(here, Way("ipv4", "download"), seconds=3).mbps

tbf(8) on both ends of the router is the line. It counts Ethernet's 14 bytes: of the 1,514 of a full
frame TCP's payload is 1,448 over IPv4, 1,428 over IPv6.
"""

import contextlib
import re
import signal
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import psutil

from tests.lab.netns import Host, Lab
from tests.lab.networks import SERVER4, SERVER6, Site, site

Family = Literal["ipv4", "ipv6"]
Direction = Literal["download", "upload"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
ADDRESS: dict[Family, str] = {"ipv4": SERVER4, "ipv6": SERVER6}
PAYLOAD: dict[Family, float] = {"ipv4": 1448 / 1514, "ipv6": 1428 / 1514}
"""Of a line's rate, at most."""
BURST_S = 0.004
"""Of the line's rate, for the bucket: what it can't hold is lost when the timer of a busy machine
is late. A packet of segmentation offload that is larger than the bucket is cut into frames by tbf
itself (net/sched/sch_tbf.c), so that none is dropped; smaller ones pass as they are, without which
two cores don't carry 940 Mbit/s."""
FRAME_BYTES = 1514


class Way(NamedTuple):
    """What is to be measured."""

    family: Family
    direction: Direction
    streams: int = 1


class Trip(NamedTuple):
    """A round trip."""

    at: float
    """When it ended, as time.time()."""
    ms: float


class Line(NamedTuple):
    """What a program printed, when it came as time.time(), and what the program had taken by then.

    The memory is the kernel's high-water mark: `ru_maxrss` of a child holds its parent's, too.
    """

    text: str
    at: float
    cpu_s: float
    peak_mib: float


class Reference(NamedTuple):
    """What iperf3 had: payload that arrived."""

    mbps: float
    cpu_s_per_gbit: float
    """Of its client; true without `omit_s`."""


def line(lab: Lab) -> Site:
    """A site whose TCP is CUBIC, as on most boxes: BBR, where it is the machine's, fills no buffer.

    The choice is the route's, for a namespace may not change its own without the machine's leave.
    """
    here = site(lab)
    for host in (here.box, here.server):
        for family in ("-4", "-6"):
            route = host.run("ip", family, "route", "show", "default").split()
            host.run("ip", family, "route", "replace", *route, "congctl", "cubic")
    return here


def shape(here: Site, rate_mbps: float, buffer_ms: float = 50) -> None:
    """Both directions get this rate, and a buffer of so much time at it."""
    for end in ("lan", "wan"):
        _queue(here.router, end, "root", *_bucket(rate_mbps, buffer_ms))


def shape_far(
    here: Site, rate_mbps: float, rtt_ms: float, loss_pct: float, buffer_ms: float = 50
) -> None:
    """The same on a line that is that long and loses so many packets each way, by netem(8)."""
    far = ("netem", "delay", f"{rtt_ms / 2}ms", "loss", f"{loss_pct}%", "limit", "100000")
    for end in ("lan", "wan"):
        _queue(here.router, end, "root", "handle", "1:", *far)
        _queue(here.router, end, "parent", "1:1", *_bucket(rate_mbps, buffer_ms))


def _bucket(rate_mbps: float, buffer_ms: float) -> tuple[str, ...]:
    rate = rate_mbps * 1e6 / 8
    burst, limit = max(2 * FRAME_BYTES, rate * BURST_S), rate * buffer_ms / 1000
    return ("tbf", "rate", f"{rate_mbps}mbit", "burst", f"{burst:.0f}", "limit", f"{limit:.0f}")


def _queue(router: Host, end: str, *what: str) -> None:
    router.run("tc", "qdisc", "replace", "dev", end, *what)


def unshape(here: Site) -> None:
    """As fast as the machine can, if a rate was set before."""
    for end in ("lan", "wan"):
        here.router.run("tc", "qdisc", "del", "dev", end, "root", status=None)


def send_frames(here: Site) -> None:
    """No segmentation offload: an interface counts a packet of it as one, with one header."""
    for host in (here.box, here.server):
        host.run("ip", "link", "set", "eth0", "gso_max_segs", "1")


def carried(host: Host) -> int:
    """Bytes through the interface of a host so far, both ways, Ethernet's header included."""
    (said,) = host.json("ip", "-j", "-s", "link", "show", "eth0")
    return sum(said["stats64"][way]["bytes"] for way in ("rx", "tx"))


def followed(host: Host, *command: str, text: str = "") -> list[Line]:
    """Run a program to its end, with `text` as its input."""
    with host.start(*command) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(text)
        process.stdin.close()
        program = psutil.Process(process.pid)
        lines = [_taken_by(program, said) for said in process.stdout]
    assert process.returncode == 0, f"{command} ended with {process.returncode}: {lines[-3:]}"
    return lines


def _taken_by(program: psutil.Process, said: str) -> Line:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{program.pid}/status").read_text())
    peak_mib = int(found[1]) / 1024 if found else 0  # it has ended meanwhile
    return Line(said, time.time(), sum(program.cpu_times()[:2]), peak_mib)


def iperf3(
    here: Site,
    way: Way,
    seconds: int,
    *,
    omit_s: int = 0,
    processors: tuple[int, int] | None = None,
) -> Reference:
    """Measure with iperf3, its client and server bound to these two processors if given."""
    client, server = (_bound(processors, each) for each in (0, 1))
    listening = (*server, "iperf3", "--server", "--one-off", "--forceflush")
    asking = (*client, "iperf3", "--client", ADDRESS[way.family], "--json")
    length = ("--time", str(seconds), "--omit", str(omit_s), "--parallel", str(way.streams))
    reverse = ("--reverse",) if way.direction == "download" else ()
    with here.server.serving(*listening):
        end = here.box.json(*asking, *length, *reverse)["end"]
    received, load = end["sum_received"], end["cpu_utilization_percent"]["host_total"] / 100
    gigabits = received["bytes"] * 8e-9
    return Reference(received["bits_per_second"] / 1e6, load * received["seconds"] / gigabits)


def _bound(processors: tuple[int, int] | None, which: int) -> tuple[str, ...]:
    return () if processors is None else ("taskset", "--cpu-list", str(processors[which]))


@contextlib.contextmanager
def pinging(here: Site, family: Family) -> Generator[Callable[[], list[Trip]]]:
    """Have ping(8) ask the server twenty times a second; what is given tells what came back."""
    asking = ("ping", "-n", "-D", "-i", "0.05", ADDRESS[family])
    with here.box.serving(*asking) as process:

        def end() -> list[Trip]:
            process.send_signal(signal.SIGINT)
            assert process.stdout is not None
            found = re.findall(r"\[([\d.]+)\].*time=([\d.]+)", process.stdout.read())
            return [Trip(float(at), float(ms)) for at, ms in found]

        yield end
