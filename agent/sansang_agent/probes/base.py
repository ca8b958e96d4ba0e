# SPDX-License-Identifier: Apache-2.0
"""What a probe is: settings, and `run()` that measures once and returns readings."""

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Generic, Literal, NamedTuple, TypeVar, cast

from msgspec import Meta, Struct

from sansang_wire.reading import Clock
from sansang_wire.readings import AnyReading

Profile = Literal["default", "metered"]
Need = Literal["ping", "resolver", "netlink", "wireless", "worker", "supplicant"]
"""What a probe can need of the box; the doctor looks whether it is there."""


class ProbeSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every probe can be told. `every_s` left out means: as the profile has it."""

    enabled: bool = True
    every_s: Annotated[float, Meta(ge=1, le=86_400)] | None = None


class ClockState(NamedTuple):
    """What dates readings now, and how far off that may be.

    Real time (µs since the Unix epoch) is CLOCK_BOOTTIME + `offset_us`; None: nobody knows.
    """

    clock: Clock
    error_ms: float | None
    offset_us: int | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a probe may know of the agent it runs in."""

    disk: Path
    """A folder on the file system that holds the outbox."""
    clean_shutdown: bool | None
    """Whether the run before this one ended in good order; None on the first run."""
    clock: Callable[[], ClockState]
    agent: str = ""
    """Its id; empty on a box that is not set up."""
    profile: Profile = "default"


S = TypeVar("S", bound=ProbeSettings)


class Probe(ABC, Generic[S]):
    """Measures one thing. Kept between runs, so that rates can be taken.

    `kind` is the kind of its readings, its name in the settings and of its page in `docs/probes/`.
    A probe may raise: the schedule turns that into a log line, never into a dead agent.
    """

    kind: ClassVar[str]
    settings_type: ClassVar[type[ProbeSettings]]
    every_s: ClassVar[Mapping[Profile, float]]
    """How often it runs unless the settings say so."""
    on_link_event: ClassVar[bool] = False
    """Whether it also runs at once when an interface of the box comes, goes or changes."""
    on_reachability_loss: ClassVar[bool] = False
    """Whether it also runs at once when targets stop answering, for evidence of the moment."""

    def __init__(self, settings: S, surroundings: Surroundings) -> None:
        self.settings = settings
        self.surroundings = surroundings

    def needs(self) -> set[Need]:
        """Without these it measures less, or nothing, with its present settings."""
        return set()

    @abstractmethod
    async def run(self) -> Sequence[AnyReading]:
        """Measure once. Each reading's `at` is CLOCK_BOOTTIME in µs: the outbox puts the date."""


def all_probes() -> dict[str, type[Probe[ProbeSettings]]]:
    """Every probe in this package, by kind."""
    found: dict[str, type[Probe[ProbeSettings]]] = {}
    package = importlib.import_module(__package__ or "")
    for module in pkgutil.iter_modules(package.__path__):
        if module.name == "base":
            continue
        importlib.import_module(f"{package.__name__}.{module.name}")
    for probe in cast("list[type[Probe[ProbeSettings]]]", Probe.__subclasses__()):
        found[probe.kind] = probe
    return dict(sorted(found.items()))
