"""Add columns for unclaimed field work and shipments, and for the move-out that the CIS reported.

Earlier versions accepted a requested window that ends before it starts; this migration removes such windows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = ("work_order", "device_shipment")
_WISHES = (
    ("enrollment", "application", "work_order"),
    ("service_call", "application", "work_request"),
    ("service_call", "action", "work_request"),
)


def upgrade() -> None:
    """Upgrade the schema."""
    for table in _TABLES:
        op.add_column(table, sa.Column("unclaimed", sa.Text(), nullable=True))
        op.create_index(f"{table}_unclaimed", table, ["id"], postgresql_where=sa.text("unclaimed IS NOT NULL"))
    op.add_column("unenrollment", sa.Column("cis_said", sa.Text(), nullable=True))
    op.execute("UPDATE unenrollment SET cis_said = content_hash WHERE requester = 'cis'")
    for table, column, wish in _WISHES:
        window = f"{column} #> '{{{wish},window}}'"
        reversed_ = f"({window} ->> 'end')::timestamptz <= ({window} ->> 'start')::timestamptz"
        op.execute(f"UPDATE {table} SET {column} = {column} #- '{{{wish},window}}' WHERE {reversed_}")  # noqa: S608 - our own words


def downgrade() -> None:
    """Restore the previous schema."""
    op.execute("UPDATE unenrollment SET content_hash = cis_said WHERE cis_said IS NOT NULL")
    op.drop_column("unenrollment", "cis_said")
    for table in _TABLES:
        op.drop_index(f"{table}_unclaimed", table_name=table)
        op.drop_column(table, "unclaimed")
