# SPDX-License-Identifier: Apache-2.0
"""What the answers of the API look like, for its description."""

import msgspec

from sansang_collector.views import (
    AgentView,
    CollectorView,
    EpochView,
    ReadingView,
    SeriesAnswer,
    SeriesView,
    ServiceView,
    SiteDetail,
    SiteView,
)

EPOCH = EpochView(
    epoch="0123456789abcdef", next=121, received=118, outstanding=2, lost=0, last_received=0
)
AGENT = AgentView(
    agent="nvh-thon-dong-1",
    site="nvh-thon-dong",
    simulated=False,
    status="online",
    last_seen=1_795_260_720_000_000,
    last_reading=1_795_260_718_000_000,
    version="0.1.0",
    boot="8f1c5a52-7d0e-4f8e-9a52-0d7b2f3c1e11",
    clock="kernel",
    clock_error_ms=2.5,
    certificate_dates_checked=True,
    epochs=[msgspec.structs.replace(EPOCH, last_received=1_795_260_720_000_000)],
    batches=118,
    readings=1416,
    duplicates=0,
    outstanding=2,
    lost=0,
    undated=0,
    dropped_batches=0,
    dropped_readings=0,
    outbox_resets=0,
    cloned_at=None,
    rejected={"unknown_kind": 1},
    batch_every_s=30,
    config_version="5d41402abc4b",
    config_mistakes=[],
)
SITE = SiteView(
    site="nvh-thon-dong",
    name="Nhà văn hóa thôn Đông",
    commune="11824",
    commune_name="Xã Vĩnh Bảo",
    kind="cultural_house",
    ssids=["NVH Thon Dong"],
    simulated=False,
    agents=[AGENT],
)
SERVICE = ServiceView(
    site="nvh-thon-dong",
    service="wifi",
    subject="NVH Thon Dong",
    state="down",
    since=1_795_260_120_000_000,
    judged=1_795_260_720_000_000,
    told=True,
)
COLLECTOR = CollectorView(
    version="0.1.0",
    instance="f00dfeedf00dfeed",
    started=1_795_260_000_000_000,
    broker=None,
    store=None,
    record=None,
    registry=None,
    queued=0,
    queue_dropped=0,
    batches=118,
    readings=1416,
    points_refused=0,
    failed=0,
    unregistered={},
    channels=2,
    channels_failing=[],
    messages_sent=14,
    messages_waiting=0,
    messages_given_up=0,
)
DETAIL = SiteDetail(
    **msgspec.structs.asdict(SITE),
    services=[SERVICE],
    latest=[
        ReadingView(
            kind="wifi",
            agent="nvh-thon-dong-1",
            labels={"ssid": "NVH Thon Dong"},
            at=1_795_260_718_000_000,
            fields={"outcome": 1, "reason": "not_on_air", "on_air": 0},
        )
    ],
)
SERIES = SeriesAnswer(
    site="nvh-thon-dong",
    kind="reachability",
    value="rtt_avg_ms",
    unit="ms",
    start=1_795_260_000_000_000,
    end=1_795_261_200_000_000,
    step=600_000_000,
    series=[
        SeriesView(
            agent="nvh-thon-dong-1",
            labels={"target": "vnnic", "family": "ipv6", "scope": "domestic"},
            points=[(1_795_260_000_000_000, 7.9), (1_795_260_600_000_000, 8.2)],
        )
    ],
)
