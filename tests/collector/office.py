# SPDX-License-Identifier: Apache-2.0
"""What the page asks, over a real registry and a real record, without a broker."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sansang_collector import ledger_sql
from sansang_collector.ledger_sql import Revised
from sansang_collector.record import Record
from sansang_collector.registry import RegistryFile
from sansang_collector.status import Status
from sansang_collector.watch.entry import Entry, Key
from tests.collector.ingesting import desk
from tests.collector.test_status import status_of

REGISTRY = """
[[sites]]
id = "nvh-dong"
name = "Nhà văn hóa thôn Đông"
commune = "11824"
commune_name = "Xã Vĩnh Bảo"
kind = "cultural_house"

[[sites]]
id = "nvh-xa"
name = "Xa"
commune = "11824"
commune_name = "Xã Vĩnh Bảo"
kind = "other"
time_zone = "Asia/Tokyo"
simulated = true

[[contacts]]
id = "truong-thon"
name = "Trưởng thôn"
role = "keeper"
channels = ["zalo"]
"""


@contextmanager
def office(folder: Path) -> Generator[tuple[Status, Record]]:
    """The status that the page asks, and its record."""
    path = folder / "registry.toml"
    path.write_text(REGISTRY)
    registry = RegistryFile(path)
    with desk(folder) as at_work:
        yield status_of(at_work, registry), at_work.record


def fail(record: Record, start: int, end: int | None = None, site: str = "nvh-dong") -> None:
    """No Internet at a site."""
    entry = Entry(Key("internet", "main", start), "down", end, "line")
    with record.writing() as connection:
        ledger_sql.write(connection, site, [Revised(entry.key, entry)], start, late=False)
