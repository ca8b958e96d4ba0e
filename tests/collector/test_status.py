# SPDX-License-Identifier: Apache-2.0
"""What is shown of sites and agents is what the registry and the record say."""

import time
from pathlib import Path

from sansang_collector.evidence_files import EvidenceFiles
from sansang_collector.hours import Span
from sansang_collector.ispeeds import ISpeeds
from sansang_collector.notify.dispatch import Dispatch
from sansang_collector.notify.linking import Linking
from sansang_collector.notify.speech import Speech
from sansang_collector.readiness import Readiness
from sansang_collector.registry import RegistryFile
from sansang_collector.speeds import Speeds
from sansang_collector.status import Status
from sansang_wire.readings import WifiJourneyReading, WifiReading
from tests.collector.ingesting import EPOCH, SITE, Desk, batch, desk, make_hello

REGISTRY = f"""
[[sites]]
id = "{SITE}"
name = "Nhà văn hóa thôn Đông"
commune = "11824"
commune_name = "Xã Vĩnh Bảo"
kind = "cultural_house"
simulated = true

[[agents]]
id = "dong-1"
site = "{SITE}"
"""


def status_of(at_work: Desk, registry: RegistryFile, broker_problem: str | None = None) -> Status:
    """What is known at this desk."""
    return Status(
        registry,
        at_work.record,
        at_work.store,
        at_work.watching,
        at_work.ingest,
        Dispatch(
            at_work.record,
            lambda: registry.current,
            (),
            Speech(lambda: registry.current, "vi"),
        ),
        Linking(bytes(32), at_work.record, lambda: registry.current),
        Readiness(at_work.record, at_work.store, lambda: registry.current),
        Speeds(at_work.record, lambda: registry.current),
        ISpeeds(
            at_work.record,
            lambda: registry.current,
            EvidenceFiles(registry.path.parent / "evidence"),
        ),
        lambda: broker_problem,
        {},
    )


async def test_agents_are_shown_with_all_that_was_counted(tmp_path: Path) -> None:
    """Those of the registry that were never heard, and those that it does not know any more."""
    path = tmp_path / "registry.toml"
    path.write_text(REGISTRY)
    with desk(tmp_path) as at_work:
        registry = RegistryFile(path)
        status = status_of(at_work, registry, "down")
        [never] = status.agents()
        assert (never.agent, never.status, never.last_seen, never.lost) == (
            "dong-1",
            "never",
            None,
            0,
        )
        await at_work.greet(make_hello("dong-1", claims={EPOCH: (3, 6)}))
        await at_work.take("dong-1", batch("dong-1", 4, first=3), b"")
        await at_work.take("doai-1", batch("doai-1", 1))
        at_work.of("dong-1").lost_before = 10
        doai, dong = status.agents()
        assert (doai.agent, doai.site, doai.batches) == ("doai-1", None, 1)
        assert (dong.lost, dong.outstanding, dong.batches) == (12, 2, 1)
        assert (dong.simulated, dong.rejected) == (True, {"malformed": 1})
        [site] = status.sites()
        assert [each.agent for each in site.agents] == ["dong-1"]
        assert status.collector().broker == "down"


async def test_a_service_is_shown_with_the_stage_at_which_guests_fail(tmp_path: Path) -> None:
    """As the judge holds it, from two vain visits of a guest."""
    path = tmp_path / "registry.toml"
    path.write_text(REGISTRY)
    now = time.time_ns() // 1000
    with desk(tmp_path) as at_work:
        registry = RegistryFile(path)
        status = status_of(at_work, registry)
        visits = [
            WifiJourneyReading(at=at, outcome="failed", ssid="NVH", failed_stage="address")
            for at in (now - 400_000_000, now - 100_000_000)
        ]
        await at_work.greet(make_hello("dong-1", batch_every_s=300))
        await at_work.take("dong-1", batch("dong-1", 1, visits))
        [service] = status.services()
        assert (service.subject, service.state, service.stage) == ("NVH", "down", "address")


async def test_what_is_said_to_be_lost_is_doubted_until_it_is_judged(tmp_path: Path) -> None:
    """Since the first reading that says so; when the next one has it again it was nothing."""
    path = tmp_path / "registry.toml"
    path.write_text(REGISTRY)
    now = time.time_ns() // 100_000_000 * 100_000
    with desk(tmp_path) as at_work:
        status = status_of(at_work, RegistryFile(path))
        seen: list[tuple[str, int | None]] = []
        for seq, (ago_s, up) in enumerate(((40, True), (30, False), (20, False), (10, True)), 1):
            outcome = "ok" if up else "failed"
            reading = WifiReading(
                at=now - ago_s * 1_000_000, outcome=outcome, ssid="NVH", on_air=up
            )
            await at_work.take("dong-1", batch("dong-1", seq, [reading]))
            [service] = status.services()
            seen.append((service.state, service.doubted))
    lost = now - 30_000_000
    assert seen == [("up", None), ("up", lost), ("up", lost), ("up", None)]


async def test_a_keeper_is_shown_what_of_the_house_is_down(tmp_path: Path) -> None:
    """Not a Wi-Fi that the registry does not expect any more; a site that is gone is none."""
    path = tmp_path / "registry.toml"
    path.write_text(REGISTRY)
    now = time.time_ns() // 1000
    with desk(tmp_path) as at_work:
        registry = RegistryFile(path)
        status = status_of(at_work, registry)
        on_air = [("NVH", False), ("Guests", False), ("Office", True)]
        evidence = [
            WifiReading(at=at, outcome="ok" if up else "failed", ssid=ssid, on_air=up)
            for at in (now - 150_000_000, now - 1_000_000)
            for ssid, up in on_air
        ]
        await at_work.take("dong-1", batch("dong-1", 1, evidence))
        house = status.house(SITE)
        assert house is not None
        assert (house.name, house.simulated) == ("Nhà văn hóa thôn Đông", True)
        assert {each.subject for each in house.not_well} == {"NVH", "Guests"}
        path.write_text(REGISTRY.replace("simulated = true", 'ssids = ["NVH", "Office"]'))
        registry.reload()
        house = status.house(SITE)
        assert house is not None
        assert [each.subject for each in house.not_well] == ["NVH"]
        assert status.house("nvh-cu") is None


def test_opening_hours_and_the_ledger_are_asked_for_the_page(tmp_path: Path) -> None:
    """By the registry's hours of now."""
    path = tmp_path / "registry.toml"
    path.write_text(
        REGISTRY.replace(f'id = "{SITE}"', f'id = "{SITE}"\nhours = {{ daily = "closed" }}', 1)
    )
    with desk(tmp_path) as at_work:
        registry = RegistryFile(path)
        status = status_of(at_work, registry)
        assert status.closed() == {SITE}
        now = status.now()
        [power, internet, dns] = status.timeline(SITE, [Span(now - 1000, now)])
        assert {each.closed[0] for each in (power, internet, dns)} == {True}
