# SPDX-License-Identifier: Apache-2.0
"""Every answer of a keeper stays: one that is taken back is followed by another."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Several answers of a contact about one outage."""
    op.drop_index("answer_about", "answer")
    op.create_index("answer_about", "answer", ["site", "outage", "contact"])
    op.create_index("answer_given", "answer", ["at"])
