# SPDX-License-Identifier: Apache-2.0
"""At which stage guests fail, in messages and in what was told."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the stages; what was told before had none."""
    op.add_column("service", sa.Column("told_stage", sa.String(16)))
    op.add_column("message", sa.Column("stage", sa.String(16)))
