# SPDX-License-Identifier: Apache-2.0
"""What a guest is told to do, and what it tells of its way: the words of `WifiJourneyReading`."""

import contextlib
import time
from collections.abc import Generator, Mapping
from typing import Annotated, Any, NoReturn

from msgspec import Meta, Struct

from sansang_wire.reading import Family, JourneyStage


class Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The way to go. `reach`: addresses of another guest, which are tried instead of the Internet.

    `internet` is a web address of a server that a certificate proves; `portal_check` one that
    answers 204 without a login page.
    """

    interface: str
    ssid: Annotated[str, Meta(min_length=1, max_length=32)]
    internet: str
    passphrase: str | None = None
    portal_check: str | None = None
    ca_file: str | None = None
    reach: list[str] | None = None


class StoppedError(Exception):
    """The guest came no further: that stands in its progress."""


class CannotGoError(Exception):
    """Nobody could go, which says nothing of the network."""

    def __init__(self, reason: str, what: str) -> None:
        super().__init__(what)
        self.reason = reason


class Progress:
    """Which stages were passed, how long each took, where it ended."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._stage: JourneyStage | None = None
        self.values: dict[str, Any] = {}
        """Fields of the reading."""

    def tell(self, **values: Any) -> None:
        """Note fields of the reading."""
        self.values |= values

    @contextlib.contextmanager
    def stage(self, stage: JourneyStage) -> Generator[None]:
        """The block is this stage: passed, and timed, when nothing is raised."""
        self._stage = stage
        begun = time.monotonic()
        yield
        self.values[f"{stage}_ms"] = _since(begun)

    def passed(self, stage: JourneyStage, took_ms: float) -> None:
        """A stage that address families pass each by itself: the faster one's time counts."""
        held = self.values.get(f"{stage}_ms")
        self.values[f"{stage}_ms"] = took_ms if held is None else min(held, took_ms)

    def rename(self, stage: JourneyStage) -> None:
        """The stage at work is, more exactly, this one."""
        self._stage = stage

    def stop(self, reason: str) -> NoReturn:
        """It ends in the stage at work. Raises StoppedError."""
        self.values |= {"failed_stage": self._stage, "reason": reason}
        raise StoppedError(reason)

    def failed(self, failures: Mapping[Family, tuple[JourneyStage, str]]) -> None:
        """Where each address family ended; with both, the one that came further counts."""
        for family, (stage, _) in failures.items():
            self.values[f"{family}_failed_stage"] = stage
        if len(failures) == 2:
            stage, reason = max(failures.values(), key=lambda each: ORDER.index(each[0]))
            self.values |= {"failed_stage": stage, "reason": reason}

    def end(self) -> dict[str, Any]:
        """The fields of the reading."""
        return {**self.values, "total_ms": _since(self._begun)}


ORDER: tuple[JourneyStage, ...] = (
    *("scan", "associate", "authenticate", "address", "gateway", "dns", "portal", "internet"),
)


def _since(begun: float) -> float:
    return (time.monotonic() - begun) * 1000
