# SPDX-License-Identifier: Apache-2.0
"""The record's tables as this version has them; Alembic changes what an older version made."""

from importlib import resources

import sqlalchemy as sa

import sansang_collector.migrations.versions

REVISIONS = sorted(
    file.name.partition("_")[0]
    for file in resources.files(sansang_collector.migrations.versions).iterdir()
    if file.name[0].isdigit()
)
"""The oldest first."""


class UnknownRevisionError(Exception):
    """A newer version made these tables."""


def migrate(connection: sa.Connection) -> None:
    """Raises UnknownRevisionError, and what the database raises."""
    found = _revision(connection)
    if found == REVISIONS[-1]:
        return
    if found is not None and found not in REVISIONS:
        raise UnknownRevisionError(f"its tables are at revision {found}, here {REVISIONS[-1]}")
    # It takes 11 MiB for as long as the process lives: a start that finds nothing to do has none.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "sansang_collector:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _revision(connection: sa.Connection) -> str | None:
    """None: nothing is there yet."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
