# SPDX-License-Identifier: Apache-2.0
"""What speed tests must not forget, in a file beside the outbox: bytes used, tests made and due.

The agent and a person at the box change it in turn (a lock on the folder, flock(2)). It is replaced
whole: after a power cut it is the old one or the new one. A damaged one counts as none.
"""

import contextlib
import fcntl
import os
from collections.abc import Callable, Generator
from pathlib import Path

import msgspec
from msgspec import Struct

from sansang_wire.reading import Family
from sansang_wire.speed_readings import Streams

NAME = "speed.json"
KEPT_DAYS = 100
KEPT_RATES = 20


class Retest(Struct, frozen=True, kw_only=True):
    """One that was slow is made again from then on (seconds since the Unix epoch)."""

    at_s: float
    family: Family
    streams: Streams


class SpeedState(Struct, kw_only=True):
    """`days`: bytes by local date, reserved ones too. `recent_mbps`: the last rates by what was
    tested.
    """

    days: dict[str, int]
    done_until_s: float = 0
    retest: Retest | None = None
    recent_mbps: dict[str, list[float]] = msgspec.field(default_factory=dict[str, list[float]])

    def add(self, day: str, count: int) -> None:
        """Bytes of that day; the oldest days are let go."""
        self.days[day] = max(0, self.days.get(day, 0) + count)
        for old in sorted(self.days)[:-KEPT_DAYS]:
            del self.days[old]

    def keep_rate(self, name: str, rate_mbps: float) -> None:
        """Beside those before."""
        self.recent_mbps[name] = [*self.recent_mbps.get(name, []), rate_mbps][-KEPT_RATES:]


@contextlib.contextmanager
def changing(folder: Path, forgotten: Callable[[], SpeedState]) -> Generator[SpeedState]:
    """The state, for nobody else meanwhile; what was changed is on the disk when it ends.

    Without a file that can be used: what `forgotten` makes. Raises OSError.
    """
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        before = _read(folder / NAME)
        state = _decoded(before) or forgotten()
        yield state
        after = msgspec.json.encode(state)
        if after != before:
            _replace(folder / NAME, after)
            os.fsync(directory)
    finally:
        os.close(directory)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _decoded(data: bytes) -> SpeedState | None:
    try:
        return msgspec.json.decode(data, type=SpeedState)
    except msgspec.MsgspecError:
        return None


def _replace(path: Path, data: bytes) -> None:
    new = path.with_name(f"{path.name}.new")
    with new.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
