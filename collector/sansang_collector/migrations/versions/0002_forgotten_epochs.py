# SPDX-License-Identifier: Apache-2.0
"""Epochs that are over go; what was lost of them stays, as one number of their agent."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the number."""
    column = sa.Column("lost_before", sa.BigInteger, nullable=False, server_default="0")
    op.add_column("agent", column)
