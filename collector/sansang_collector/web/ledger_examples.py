# SPDX-License-Identifier: Apache-2.0
"""What the answers about the ledger look like, for the API's description."""

import msgspec

from sansang_collector.views import (
    AvailabilityAnswer,
    AvailabilityView,
    MaintenanceView,
    NoteView,
    OutageDetail,
    OutageView,
    RevisionView,
    SentView,
    ToldView,
)
from sansang_collector.web.openapi import Fault

OUTAGE = OutageView(
    number=412,
    revision=2,
    site="nvh-thon-dong",
    name="Nhà văn hóa thôn Đông",
    simulated=False,
    service="internet",
    subject="main",
    state="down",
    start=1_795_260_120_000_000,
    end=1_795_264_020_000_000,
    cause="line",
    root=None,
    late=True,
    clues={"gateway:up": 130, "internet:down": 130},
    told=1_795_260_260_000_000,
)
SENT = SentView(role="keeper", channel="zalo", state="sent", at=1_795_260_260_000_000)
NOTE = NoteView(
    at=1_795_260_900_000_000,
    kind="snooze",
    until=1_795_300_000_000_000,
    text="Nhà mạng hẹn sáng mai",
    who="officer",
)
OUTAGE_DETAIL = OutageDetail(
    outage=OUTAGE,
    revisions=[
        RevisionView(
            recorded=1_795_260_255_000_000,
            withdrawn=False,
            said=msgspec.structs.replace(OUTAGE, revision=1, end=None, late=False),
        ),
        RevisionView(recorded=1_795_264_100_000_000, withdrawn=False, said=OUTAGE),
    ],
    told=[
        ToldView(
            made=1_795_260_255_000_000,
            state="down",
            service="internet",
            sent=[SENT],
        )
    ],
    notes=[NOTE],
)
MAINTENANCE = MaintenanceView(
    site="nvh-thon-dong",
    name="Nhà văn hóa thôn Đông",
    simulated=False,
    start=1_795_309_200_000_000,
    end=1_795_321_800_000_000,
    note="Thay bộ phát Wi-Fi",
    declared=1_795_260_900_000_000,
)
AVAILABILITY = AvailabilityAnswer(
    period="2026-Q4",
    calendar=False,
    start=1_789_405_200_000_000,
    end=1_797_267_600_000_000,
    by="site",
    found=[
        AvailabilityView(
            group="nvh-thon-dong",
            name="Nhà văn hóa thôn Đông",
            service="internet",
            sites=1,
            service_us=1_980_000_000_000,
            up_us=1_975_320_000_000,
            down_us=3_900_000_000,
            unknown_us=780_000_000,
            share=0.998029528,
            coverage=0.999606061,
            lowest=0.997636364,
            highest=0.998030303,
            outages=1,
            mtbf_us=1_975_320_000_000,
            mttr_us=3_900_000_000,
        )
    ],
)
NO_OUTAGE = Fault(detail="There is no outage '999'.")
NO_RECORD = Fault(detail="the record can't be read: disk I/O error")
BAD_PERIOD = Fault(
    detail="'2026-Q5' is not a period from 2000 to 2099: write 2026, 2026-Q4 or 2026-11."
)
