# SPDX-License-Identifier: Apache-2.0
"""The speed worker against our own server, over real sockets."""

import asyncio
import contextlib
import json
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
import trustme

from sansang_agent.net.worker import follow
from sansang_collector.speed_server import tokens
from sansang_collector.speed_server.settings import LimitsSection
from sansang_wire.ndt7 import TURN_PATH
from tests.agent.workers.speed_asking import PATIENCE_S, measure, request, running_workers, told
from tests.collector.speed_server.speaking import Serving, serving
from tests.lab.netns import Host, Lab
from tests.servers import free_port
from tests.waiting import until, wait_until

FAST = LimitsSection(max_mbps=1000, turns_per_hour=3600)
WORKER = (sys.executable, "-m", "sansang_agent.workers.speed")
SERVE = """\
import sys
from sansang_collector.speed_server.settings import LimitsSection
from tests.collector.speed_server.speaking import serving
with serving(everybody=True, limits=LimitsSection(max_mbps=100), hosts=("0.0.0.0", "::")) as it:
    print(it.port, flush=True)
    sys.stdin.read()
"""
LIMIT_MBPS = 100
LIMITED = LimitsSection(max_mbps=LIMIT_MBPS, turns_per_hour=3600)


@pytest.fixture
def limited() -> Iterator[Serving]:
    """A server that everybody may use, no faster than a line would be."""
    with serving(everybody=True, limits=LIMITED, hosts=("127.0.0.1", "::1")) as running:
        yield running


async def test_every_phase_is_told_with_all_that_is_known(limited: Serving) -> None:
    """Idle round trips, then both ways, as fast as the server lets them; and how it goes."""
    found = await measure(limited.port, server={"turns": True})
    assert list(found.phases) == ["idle", "download", "upload"]
    idle, download, upload = found.phases.values()
    assert (idle.outcome, idle.protocol) == ("ok", "tcp_connect")
    assert idle.idle_rtt_ms
    assert idle.rtt_samples
    for transfer in (download, upload):
        assert (transfer.outcome, transfer.stop_reason) == ("ok", "time")
        assert (transfer.protocol, transfer.tls, transfer.stream_count) == ("ndt7", False, 1)
        assert transfer.rate_mbps == pytest.approx(LIMIT_MBPS, rel=0.2)
        assert (transfer.limited_by, transfer.lower_bound) == ("server", True)
        assert transfer.server_limit_mbps == LIMIT_MBPS
        assert transfer.payload_bytes
        assert transfer.used_bytes is not None
        assert 1 < transfer.used_bytes / transfer.payload_bytes < 1.1
        assert transfer.idle_rtt_ms == idle.idle_rtt_ms
        assert transfer.loaded_rtt_ms
        assert transfer.min_rtt_ms
        assert transfer.retransmitted_pct is not None
    assert found.used_bytes == sum(each.used_bytes or 0 for each in found.phases.values())
    assert {each["phase"] for each in found.progress} == set(found.phases)
    assert any(
        each["mbps"] > 0 and each["payload_bytes"] and each["rtt_ms"] for each in found.progress
    )


async def test_streams_are_added_and_share_a_turn(limited: Serving) -> None:
    """Four of them, over IPv6, are no faster than the server lets one be."""
    found = await measure(
        limited.port,
        server={"turns": True},
        address="::1",
        phases=["download", "upload"],
        streams=4,
    )
    for transfer in found.phases.values():
        assert (transfer.outcome, transfer.stream_count) == ("ok", 4)
        assert transfer.rate_mbps == pytest.approx(LIMIT_MBPS, rel=0.2)


@pytest.mark.parametrize("phase", ["download", "upload"])
async def test_no_more_is_used_than_may_be(phase: str) -> None:
    """This line would carry 100 MB in that time."""
    cap = 20_000_000
    with serving(everybody=True, limits=FAST) as running:
        server = {"turns": True}
        found = await measure(running.port, server=server, phases=[phase], byte_cap=cap, streams=2)
    transfer = found.phases[phase]
    assert (transfer.outcome, transfer.stop_reason) == ("ok", "byte_cap")
    assert transfer.used_bytes is not None
    assert 0.5 * cap < transfer.used_bytes < 1.05 * cap


# Python's ssl loses the socket of a connection that was reset before it came to it: a round trip.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
async def test_an_old_certificate_is_taken_by_a_box_without_the_date(tmp_path: Path) -> None:
    """By nobody else; and of a stranger's not even by that one."""
    authority, stranger = trustme.CA(), trustme.CA()
    issued = authority.issue_cert("localhost", not_after=datetime(2001, 1, 1, tzinfo=UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)  # pyright: ignore[reportUnknownMemberType]
    known, other = tmp_path / "known.pem", tmp_path / "other.pem"
    authority.cert_pem.write_to_path(str(known))
    stranger.cert_pem.write_to_path(str(other))
    with serving(
        everybody=True, limits=LIMITED, tls=(context, ssl.create_default_context())
    ) as running:

        async def why(ca_file: Path, *, dated: bool) -> str | None:
            server = {"tls": True, "ca_file": str(ca_file), "dated": dated}
            found = await measure(running.port, server=server, phases=["download"])
            assert found.phases["download"].tls in {None, True}
            return found.phases["download"].reason

        assert await why(known, dated=True) == "certificate_expired"
        assert await why(other, dated=False) == "certificate_untrusted"
        assert await why(known, dated=False) is None


async def test_a_token_lets_it_in(tmp_path: Path) -> None:
    """Without one it is told that it may not."""
    file = tmp_path / "tokens"
    token = tokens.add(file, "box-1")
    with serving(tokens_file=file, limits=LIMITED) as running:
        refused = await measure(running.port, phases=["download"])
        phase = refused.phases["download"]
        assert (phase.outcome, phase.reason) == ("failed", "unauthorised")
        server = {"turns": True, "token": token}
        found = await measure(running.port, server=server, phases=["upload"])
        assert found.phases["upload"].outcome == "ok"


async def test_it_waits_for_its_turn(limited: Serving) -> None:
    """It says so, and measures when the other one has done."""
    status, other = limited.turn(agent="box-2", seconds=60)
    assert status == 200
    lines: list[dict[str, Any]] = []
    asked = request(limited.port, server={"turns": True}, phases=["download"])
    async with contextlib.aclosing(follow("speed", asked, PATIENCE_S)) as coming:
        async for line in coming:
            lines.append(line)
            if len(lines) == 1:
                assert line["waiting"]["reason"] == "busy"
                limited.ask("DELETE", f"{TURN_PATH}/{other['turn']}")
    assert told(lines).phases["download"].outcome == "ok"


async def test_where_nobody_listens_there_is_nothing_to_measure() -> None:
    found = await measure(free_port(), server={"turns": True})
    for phase in ("idle", "download", "upload"):
        assert found.phases[phase].outcome == "failed"
        assert found.phases[phase].reason == "connection_refused"


async def test_it_ends_at_once_with_what_is_known(limited: Serving) -> None:
    """SIGTERM in the middle of a transfer; what was measured by then is told, and nothing more."""
    process = await asyncio.create_subprocess_exec(
        *WORKER,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    asked = request(limited.port, phases=["download", "upload"], duration_s=3)
    process.stdin.write(json.dumps(asked).encode() + b"\n")
    lines = [json.loads(await process.stdout.readline())]
    while not lines[-1].get("progress", {}).get("payload_bytes"):
        lines.append(json.loads(await process.stdout.readline()))
    process.send_signal(signal.SIGTERM)
    rest, _ = await process.communicate()
    lines += [json.loads(line) for line in rest.splitlines()]
    found = told(lines)
    assert list(found.phases) == ["download"]
    assert found.phases["download"].reason == "ended_early"
    assert found.phases["download"].payload_bytes
    assert found.used_bytes > (found.phases["download"].payload_bytes or 0)
    await until(lambda: not limited.server._live, "the server's connections have ended")


async def test_it_stays_small() -> None:
    """At most 40 MiB resident, with four streams at a gigabit a second."""
    with serving(everybody=True, limits=FAST) as running:
        asked = request(running.port, server={"turns": True}, streams=4)
        most_mib = 0.0
        async with contextlib.aclosing(follow("speed", asked, PATIENCE_S)) as lines:
            async for line in lines:
                if "progress" in line:
                    [worker] = running_workers()
                    most_mib = max(most_mib, worker.memory_info().rss / 2**20)
    assert 10 < most_mib <= 40


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_what_it_uses_is_what_crosses_the_interface(lab: Lab, family: str) -> None:
    """Within 2 % of the interface's counters when no packets are bundled; handshakes, round trips,
    acknowledgements and the turn are in it.
    """
    box, office = lab.host("box"), lab.host("office")
    lab.cable(box, "eth0", office, "eth0")
    box.address("eth0", "192.0.2.2/24", "2001:db8::2/64")
    office.address("eth0", "192.0.2.1/24", "2001:db8::1/64")
    for host in (box, office):
        host.run("ip", "link", "set", "eth0", "gso_max_segs", "1")
    with office.start(sys.executable, "-c", SERVE) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        address = {"ipv4": "192.0.2.1", "ipv6": "2001:db8::1"}[family]
        asked = request(
            port, server={"turns": True}, address=address, family=family, interface="eth0"
        )
        before = crossed_bytes(box)
        printed = box.run(*WORKER, text=json.dumps(asked) + "\n")
        crossed = crossed_bytes(box) - before
        server.kill()
    found = told([json.loads(line) for line in printed.splitlines()])
    assert found.used_bytes == pytest.approx(crossed, rel=0.02)
    for phase in ("download", "upload"):
        assert found.phases[phase].outcome == "ok"
        assert found.phases[phase].cross_pct == pytest.approx(0, abs=2)


def crossed_bytes(box: Host) -> int:
    names = (f"/sys/class/net/eth0/statistics/{way}_bytes" for way in ("rx", "tx"))
    return sum(int(line) for line in box.run("cat", *names).splitlines())


def test_it_ends_with_whoever_started_it(limited: Serving) -> None:
    """A test of an agent that was killed uses no more of anybody's line."""
    asked = json.dumps(request(limited.port, duration_s=3))
    code = f"""import subprocess, sys
worker = subprocess.Popen({WORKER!r}, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
worker.stdin.write({asked!r}.encode() + b"\\n")
worker.stdin.flush()
worker.stdout.readline()
print(worker.pid, flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        worker = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    wait_until(lambda: not worker.is_running(), "the worker has ended")
