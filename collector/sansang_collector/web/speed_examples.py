# SPDX-License-Identifier: Apache-2.0
"""What the answers about speed tests look like, for the API's description."""

import msgspec

from sansang_collector.ispeed_views import EvidenceView, ISpeedView
from sansang_collector.ispeeds import NewEvidence, NewISpeed
from sansang_collector.speed_judgement import Figures, Freshness, Judged, Rate, Rules, Slot, Spread
from sansang_collector.speed_views import (
    SiteSpeedDetail,
    SiteSpeedView,
    SpeedAnswer,
    SpeedTestsAnswer,
    SpeedTestView,
    by_commune,
)
from sansang_wire.speed_readings import ThroughputReading

DOWN = Spread(
    count=118, lowest=61.2, p10=120.4, p25=138.0, median=143.5, p75=147.9, p90=148.6, highest=149.1
)
UP = Spread(
    count=118, lowest=70.1, p10=91.0, p25=93.2, median=94.4, p75=94.9, p90=95.1, highest=95.3
)
SITE = SiteSpeedView(
    site="nvh-thon-dong",
    name="Nhà văn hóa thôn Đông",
    commune="11824",
    commune_name="Xã Vĩnh Bảo",
    kind="cultural_house",
    village="Thôn Đông",
    carrier="VNPT",
    line_kind="fixed",
    package_mbps=150,
    target_mbps=150,
    simulated=False,
    boxes=1,
    download=Rate(family="ipv6", streams="several", rate_mbps=DOWN, bounds_mbps=None),
    upload=Rate(family="ipv6", streams="several", rate_mbps=UP, bounds_mbps=None),
    idle_rtt_ms=7.9,
    tests=118,
    package=Judged(
        verdict="met", threshold_mbps=120, median_mbps=143.5, counted=118, left_out=0, slow=False
    ),
    target=Judged(
        verdict="not_met",
        threshold_mbps=150,
        median_mbps=143.5,
        counted=118,
        left_out=0,
        slow=True,
    ),
    freshness=Freshness(state="fresh", last=1_795_260_720_000_000, missed=None),
)
DETAIL = SiteSpeedDetail(
    **msgspec.structs.asdict(SITE),
    start=1_789_405_200_000_000,
    end=1_797_267_600_000_000,
    rules=Rules(),
    figures=[
        Figures(
            family="ipv6",
            phase="download",
            streams="several",
            tests=120,
            failed=2,
            rate_mbps=DOWN,
            bounds_mbps=None,
            limited_by={"line": 118},
            idle_rtt_ms=None,
            loaded_rtt_ms=msgspec.structs.replace(UP, median=48.5),
            jitter_ms=None,
            by_hour=(Slot(at=20, count=11, median_mbps=96.3),),
            by_weekday=(Slot(at=5, count=17, median_mbps=121.0),),
        )
    ],
    missed={"budget_spent": 3},
)
SPEED = SpeedAnswer(
    period="2026-Q4",
    calendar=False,
    start=1_789_405_200_000_000,
    end=1_797_267_600_000_000,
    rules=Rules(),
    communes=by_commune([SITE]),
    sites=[SITE],
)
TESTS = SpeedTestsAnswer(
    tests=[
        SpeedTestView(
            site="nvh-thon-dong",
            agent="nvh-thon-dong-1",
            simulated=False,
            reading=ThroughputReading(
                at=1_795_260_720_000_000,
                outcome="ok",
                server="trung-tam",
                family="ipv6",
                phase="download",
                streams="several",
                rate_mbps=143.5,
                raw_mbps=131.2,
                lower_bound=False,
                limited_by="line",
                stop_reason="time",
                duration_ms=10_002,
                payload_bytes=164_032_512,
                used_bytes=174_905_301,
                stream_count=4,
                protocol="ndt7",
                tls=False,
                address="2001:db8::7",
                loaded_rtt_ms=48.5,
                cross_traffic=False,
            ),
        )
    ],
    next=None,
)
NEW_ISPEED = NewISpeed(
    at="2026-11-21 09:30",
    place="nvh-thon-dong",
    line_kind="fixed",
    carrier="VNPT",
    server="VNPT Hải Phòng",
    download_mbps=141.7,
    upload_mbps=92.3,
    ping_ms=6.0,
    jitter_ms=1.2,
    who="officer",
    evidence=NewEvidence(name="i-speed.png", content=b"\x89PNG\r\n\x1a\n"),
)
ISPEED = ISpeedView(
    number=7,
    at=1_795_228_200_000_000,
    site="nvh-thon-dong",
    place="Nhà văn hóa thôn Đông",
    line_kind="fixed",
    carrier="VNPT",
    server="VNPT Hải Phòng",
    download_mbps=141.7,
    upload_mbps=92.3,
    ping_ms=6.0,
    jitter_ms=1.2,
    who="officer",
    evidence=EvidenceView(
        sha256="4c4b6a3be1314ab86138bef4314dde022e600960d8689a2c8f8631802d20dab6",
        name="i-speed.png",
        media_type="image/png",
        size_bytes=8,
    ),
    entered=1_795_260_720_000_000,
    corrects=None,
    corrected_by=None,
)
