# SPDX-License-Identifier: Apache-2.0
"""What the page asks of the collector."""

from collections.abc import Sequence
from typing import Protocol

from sansang_collector.store.base import Latest
from sansang_collector.views import AgentView, CollectorView, SiteView


class Sources(Protocol):
    """Blocking calls, made from the page's worker threads, several at a time."""

    def now(self) -> int:
        """The instant that the answers are for, in µs since the Unix epoch."""
        ...

    def collector(self) -> CollectorView:
        """The collector itself."""
        ...

    def sites(self) -> list[SiteView]:
        """Every site of the registry with its agents."""
        ...

    def agents(self) -> list[AgentView]:
        """Every agent of the registry, and those the record knows from before."""
        ...

    def latest(self, kind: str, site: str) -> Sequence[Latest]:
        """The newest reading of each series of a kind. Raises StoreUnavailableError."""
        ...
