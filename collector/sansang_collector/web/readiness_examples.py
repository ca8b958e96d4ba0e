# SPDX-License-Identifier: Apache-2.0
"""What the answers about IPv6 readiness look like, for the API's description."""

from sansang_collector.readiness_views import GroupReadinessView, ReadinessView, ShareView
from sansang_wire.readiness import FORMULA_VERSION
from sansang_wire.readiness.assessment import Assessment, Cap, Check, Finding, Requirement

ASSESSMENT = Assessment(
    formula=FORMULA_VERSION,
    score=40,
    coverage_pct=88.2,
    checks=(
        Check(
            code="native_address",
            group="addressing",
            weight=8,
            credit=1,
            evidence={"global_addresses": 2, "prefix": "2001:db8:12::/48"},
        ),
        Check(
            code="no_black_hole",
            group="path_mtu",
            weight=4,
            credit=0,
            evidence={"targets": 2, "black_holes": 2, "silent_from_bytes": 1400},
            reason="pmtu_black_hole",
        ),
    ),
    caps=(Cap(reason="pmtu_black_hole", at=40),),
    capable=True,
    preferred=True,
    ready_for_only=False,
    verdict="not_ready",
    requirements=(Requirement(code="nat64_prefix", met=False),),
    blockers=(Finding(reason="no_nat64"),),
    information=(),
)
READINESS = ReadinessView(
    site="nvh-thon-dong",
    name="Nhà văn hóa thôn Đông",
    commune="11824",
    commune_name="Xã Vĩnh Bảo",
    carrier="VNPT",
    simulated=False,
    at=1_795_260_720_000_000,
    agent="nvh-thon-dong-1",
    assessment=ASSESSMENT,
)
GROUP = GroupReadinessView(
    group="11824",
    name="Xã Vĩnh Bảo",
    simulated=False,
    capable=ShareView(count=9, of=12, not_measured=2),
    preferred=ShareView(count=8, of=12, not_measured=2),
    ready_for_only=ShareView(count=0, of=12, not_measured=3),
)
