"""Add indexes for lists, batches and the attention list, so that their cost does not grow with the tables."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Made = tuple[str, str, tuple[str, ...], str | None]
"""An index: its name, table, columns, and the condition of its rows."""

_INDEXES: tuple[Made, ...] = (
    ("enrollment_program", "enrollment", ("program", "id"), None),
    ("enrollment_state", "enrollment", ("state", "id"), None),
    ("enrollment_transaction", "enrollment", ("transaction_id", "id"), None),
    ("enrollment_needs_attention", "enrollment", ("updated_at", "id"), "state = 'needs_attention'"),
    ("enrollment_open", "enrollment", ("id",), "state NOT IN ('enrolled', 'rejected', 'cancelled', 'expired')"),
    ("unenrollment_program", "unenrollment", ("program", "id"), None),
    ("unenrollment_subscription", "unenrollment", ("subscription_id", "id"), None),
    ("unenrollment_account", "unenrollment", ("account", "id"), None),
    ("unenrollment_transaction", "unenrollment", ("transaction_id", "id"), None),
    (
        "unenrollment_awaits_a_person",
        "unenrollment",
        ("state", "updated_at", "id"),
        "state IN ('needs_attention', 'recovery_pending', 'awaiting_approval')",
    ),
    ("unenrollment_open", "unenrollment", ("id",), "state NOT IN ('unenrolled', 'rejected', 'cancelled')"),
    ("service_call_program", "service_call", ("program", "id"), None),
    ("service_call_device", "service_call", ("device_id", "id"), None),
    ("service_call_replaced", "service_call", ("id",), "replaced_by IS NOT NULL"),
    ("service_call_needs_attention", "service_call", ("updated_at", "id"), "state = 'needs_attention'"),
    ("service_call_open", "service_call", ("id",), "state NOT IN ('closed', 'cancelled')"),
    ("work_order_kind", "work_order", ("kind", "id"), None),
    ("work_order_program", "work_order", ("program", "id"), None),
    ("work_order_technician", "work_order", ("technician", "id"), None),
    (
        "work_order_escalated",
        "work_order",
        ("escalated_at", "id"),
        "escalated_at IS NOT NULL AND called_off IS NULL AND state NOT IN ('completed', 'cancelled', 'incomplete')",
    ),
    ("work_order_unclaimed", "work_order", ("updated_at", "id"), "unclaimed IS NOT NULL"),
    ("device_shipment_program", "device_shipment", ("program", "id"), None),
    ("device_shipment_unclaimed", "device_shipment", ("updated_at", "id"), "unclaimed IS NOT NULL"),
    (
        "device_shipment_escalated",
        "device_shipment",
        ("escalated_at", "id"),
        "escalated_at IS NOT NULL AND state IN ('ordered', 'shipped', 'delivered')",
    ),
    ("process_flow_expires", "process_flow", ("expires_at",), "state = 'draft'"),
    ("process_flow_state", "process_flow", ("state", "id"), None),
    ("process_flow_type", "process_flow", ("flow_type", "id"), None),
    ("batch_run_running", "batch_run", ("name", "updated_at"), "state = 'running'"),
    ("program_subscription_state", "program_subscription", ("state", "enrollment_id"), None),
    ("program_subscription_program_state", "program_subscription", ("program", "state", "enrollment_id"), None),
    ("subscription_device_device", "subscription_device", ("device_id",), None),
    (
        "subscription_device_not_registered",
        "subscription_device",
        ("subscription_id",),
        "registration IN ('installed', 'registering', 'registration_failed')",
    ),
    ("sync_request_program_state", "sync_request", ("program", "state", "id"), None),
    ("sync_request_program", "sync_request", ("program", "id"), None),
    ("sync_request_kind", "sync_request", ("kind", "id"), None),
    ("sync_request_error_code", "sync_request", ("error_code", "id"), "error_code IS NOT NULL"),
    ("sync_request_held_program", "sync_request", ("program", "id"), "held"),
    ("sync_request_in_error", "sync_request", ("updated_at", "id"), "state = 'error'"),
    ("sync_request_awaiting", "sync_request", ("updated_at", "id"), "state = 'awaiting_acknowledgement'"),
    (
        "sync_request_held_up",
        "sync_request",
        ("updated_at", "id"),
        "state = 'pending' AND NOT held AND sequence > 1",
    ),
    ("sync_request_open", "sync_request", ("id",), "state NOT IN ('synchronized', 'discarded', 'cancelled')"),
)

_BEFORE: tuple[Made, ...] = (
    ("enrollment_needs_attention", "enrollment", ("id",), "state = 'needs_attention'"),
    ("work_order_escalated", "work_order", ("id",), "escalated_at IS NOT NULL"),
    ("work_order_unclaimed", "work_order", ("id",), "unclaimed IS NOT NULL"),
    ("device_shipment_unclaimed", "device_shipment", ("id",), "unclaimed IS NOT NULL"),
    ("process_flow_state", "process_flow", ("state", "expires_at"), None),
)
"""Previous definitions of some of them."""


def upgrade() -> None:
    """Upgrade the schema."""
    _replace(_BEFORE, _INDEXES)


def downgrade() -> None:
    """Restore the previous schema."""
    _replace(_INDEXES, _BEFORE)


def _replace(old: tuple[Made, ...], new: tuple[Made, ...]) -> None:
    for name, table, _, _ in old:
        op.drop_index(name, table_name=table)
    for name, table, columns, holds in new:
        op.create_index(name, table, list(columns), postgresql_where=sa.text(holds) if holds else None)
