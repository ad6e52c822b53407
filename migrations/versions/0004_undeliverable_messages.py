"""Keep messages that Temporal permanently refuses in the outbox, with the error, until a person decides.

The partial indexes contain only messages to claim or monitor, however many rows a person has given up.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_STATES = ("waiting", "undeliverable", "given_up")
_TABLE = "outbox_message"
_BY_STATE = {
    "outbox_message_due": (["due_at", "id"], "state = 'waiting'"),
    "outbox_message_oldest": (["id"], "state = 'waiting'"),
    "outbox_message_undeliverable": (["id"], "state = 'undeliverable'"),
}


def upgrade() -> None:
    """Upgrade the schema."""
    state = sa.Enum(*_STATES, name="outbox_state_known", native_enum=False, create_constraint=True, length=40)
    op.add_column(_TABLE, sa.Column("state", state, nullable=False, server_default="waiting"))
    op.alter_column(_TABLE, "state", server_default=None)
    op.add_column(_TABLE, sa.Column("error", sa.Text(), nullable=True))
    op.drop_index("outbox_message_due", table_name=_TABLE)
    for name, (columns, where) in _BY_STATE.items():
        op.create_index(name, _TABLE, columns, postgresql_where=sa.text(where))


def downgrade() -> None:
    """Restore the previous schema, in which the relay retries every message."""
    for name in _BY_STATE:
        op.drop_index(name, table_name=_TABLE)
    op.create_index("outbox_message_due", _TABLE, ["due_at", "id"])
    op.drop_column(_TABLE, "error")
    op.drop_constraint("outbox_state_known", _TABLE, type_="check")
    op.drop_column(_TABLE, "state")
