# SPDX-License-Identifier: Apache-2.0
"""The outage ledger and its evidence; what people were told stands apart from what is so."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

THING = (("site", 63), ("service", 32), ("subject", 64))


def _thing(*, primary_key: bool) -> list[sa.Column[str]]:
    return [
        sa.Column(name, sa.String(size), primary_key=primary_key, nullable=False)
        for name, size in THING
    ]


def upgrade() -> None:
    """Make the tables; who was told of an outage is told of its end."""
    op.create_table(
        "evidence",
        sa.Column("agent", sa.String(63), primary_key=True),
        sa.Column("page", sa.BigInteger, primary_key=True),
        sa.Column("facts", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "boot",
        sa.Column("agent", sa.String(63), primary_key=True),
        sa.Column("boot", sa.String(128), primary_key=True),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("clean", sa.Boolean),
    )
    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("outage", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("recorded", sa.BigInteger, nullable=False),
        *_thing(primary_key=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("end", sa.BigInteger),
        sa.Column("cause", sa.String(32)),
        sa.Column("clues", sa.JSON, nullable=False),
        sa.Column("root", sa.JSON),
        *(sa.Column(name, sa.Boolean, nullable=False) for name in ("late", "current", "withdrawn")),
    )
    op.create_index("ledger_now", "ledger", ["current", "site", "end"])
    op.create_index("ledger_thing", "ledger", ["site", "service", "subject", "start"])
    op.create_index("ledger_outage", "ledger", ["outage", "revision"])
    op.create_table("worked", *_thing(primary_key=True), sa.Column("first", sa.BigInteger))
    op.create_table(
        "told",
        *_thing(primary_key=True),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("cause", sa.String(32)),
        sa.Column("stage", sa.String(16)),
        sa.Column("area", sa.String(128)),
    )
    op.create_table(
        "maintenance",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("site", sa.String(63), nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("start", "end", "declared")),
        sa.Column("note", sa.String(200), nullable=False),
    )
    op.execute(
        "INSERT INTO told (site, service, subject, since, cause, stage)"
        " SELECT site, service, subject, told_down, 'access_point', told_stage FROM service"
        " WHERE told_down IS NOT NULL"
    )
    op.drop_table("service")
    op.add_column("delivery", sa.Column("reminded", sa.BigInteger))
    op.add_column("message", sa.Column("cause", sa.String(32)))
    op.add_column("message", sa.Column("sites", sa.JSON))
