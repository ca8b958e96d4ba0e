# SPDX-License-Identifier: Apache-2.0
"""What people measured with i-Speed and entered by hand, as the page and the API show it.

Beside our own tests (`speed_views`) and never mixed with them: another method, other servers.
"""

from typing import Literal

from msgspec import Struct

LineKind = Literal["fixed", "mobile"]


class EvidenceView(Struct, frozen=True, kw_only=True):
    """The picture or document that shows it; `sha256` of its bytes is its address."""

    sha256: str
    name: str
    media_type: str
    size_bytes: int


class ISpeedView(Struct, frozen=True, kw_only=True):
    """One entry. Entries are never changed: one that `corrects` another by its number takes its
    place, and both are kept.
    """

    number: int
    at: int
    """When it was measured, µs since the Unix epoch."""
    site: str | None
    """Where, when it was at a site of the registry."""
    place: str
    """Where, in words: the name of the site as it was then, else what was written."""
    line_kind: LineKind
    carrier: str | None
    server: str | None
    download_mbps: float
    upload_mbps: float | None
    ping_ms: float | None
    jitter_ms: float | None
    who: str
    """Who measured it: a role or an office."""
    evidence: EvidenceView | None
    entered: int
    corrects: int | None
    corrected_by: int | None
    """The number of the entry that holds instead."""
    source: Literal["ispeed"] = "ispeed"
