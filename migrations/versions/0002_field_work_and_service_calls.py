"""Create the tables of field work, unenrollments, service calls, process flows and batch runs.

Alembic generated this file; it keeps the format of one line per column.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade the schema."""
    op.create_table('batch_run',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('workflow_id', sa.Text(), nullable=False),
    sa.Column('started_by', sa.Text(), nullable=False),
    sa.Column('idempotency_key', sa.Text(), nullable=True),
    sa.Column('state', sa.Enum('running', 'completed', 'failed', name='batch_run_state_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('page', sa.Integer(), nullable=False),
    sa.Column('step', sa.Text(), nullable=True),
    sa.Column('cursor', sa.Text(), nullable=False),
    sa.Column('counts', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('findings', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('started_by', 'idempotency_key', name='batch_run_idempotency_key_once'),
    sa.UniqueConstraint('workflow_id')
    )
    op.create_index('batch_run_name', 'batch_run', ['name', 'id'], unique=False)
    op.create_table('process_flow',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('flow_type', sa.Text(), nullable=False),
    sa.Column('service_task_type', sa.Text(), nullable=False),
    sa.Column('catalog_version', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.Column('subscription_id', sa.Text(), nullable=True),
    sa.Column('channel', sa.Enum('csr', 'self_service', 'aggregator_api', 'aggregator_file', name='channel_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('started_by', sa.Text(), nullable=False),
    sa.Column('panel_values', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('current_panel', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('draft', 'submitted', 'cancelled', 'expired', name='process_flow_state_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('result_id', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['catalog_version'], ['catalog_version.version'], ),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], ),
    sa.ForeignKeyConstraint(['subscription_id'], ['program_subscription.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_process_flow_customer_id'), 'process_flow', ['customer_id'], unique=False)
    op.create_index(op.f('ix_process_flow_subscription_id'), 'process_flow', ['subscription_id'], unique=False)
    op.create_index('process_flow_state', 'process_flow', ['state', 'expires_at'], unique=False)
    op.create_table('service_call',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('requester', sa.Text(), nullable=False),
    sa.Column('transaction_id', sa.Text(), nullable=False),
    sa.Column('idempotency_key', sa.Text(), nullable=True),
    sa.Column('content_hash', sa.Text(), nullable=False),
    sa.Column('channel', sa.Enum('csr', 'self_service', 'aggregator_api', 'aggregator_file', name='channel_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('subscription_id', sa.Text(), nullable=False),
    sa.Column('device_id', sa.Text(), nullable=False),
    sa.Column('enrollment_id', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('program', sa.Text(), nullable=False),
    sa.Column('catalog_version', sa.Integer(), nullable=False),
    sa.Column('application', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('action', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('state', sa.Enum('open', 'troubleshooting', 'work_requested', 'awaiting_site_visit', 'resolved', 'replaced', 'closed', 'cancelled', 'needs_attention', name='service_call_state_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('resume_state', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('replaced_by', sa.Text(), nullable=True),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['catalog_version'], ['catalog_version.version'], ),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], ),
    sa.ForeignKeyConstraint(['device_id'], ['device.id'], ),
    sa.ForeignKeyConstraint(['enrollment_id'], ['enrollment.id'], ),
    sa.ForeignKeyConstraint(['replaced_by'], ['device.id'], ),
    sa.ForeignKeyConstraint(['subscription_id'], ['program_subscription.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('requester', 'idempotency_key', name='service_call_idempotency_key_once'),
    sa.UniqueConstraint('requester', 'transaction_id', name='service_call_transaction_once')
    )
    op.create_index(op.f('ix_service_call_customer_id'), 'service_call', ['customer_id'], unique=False)
    op.create_index(op.f('ix_service_call_enrollment_id'), 'service_call', ['enrollment_id'], unique=False)
    op.create_index(op.f('ix_service_call_subscription_id'), 'service_call', ['subscription_id'], unique=False)
    op.create_index('one_open_service_call_per_device', 'service_call', ['device_id'], unique=True, postgresql_where=sa.text("state NOT IN ('closed', 'cancelled')"))
    op.create_index('service_call_state', 'service_call', ['state', 'id'], unique=False)
    op.create_table('unenrollment',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('requester', sa.Text(), nullable=False),
    sa.Column('transaction_id', sa.Text(), nullable=False),
    sa.Column('idempotency_key', sa.Text(), nullable=True),
    sa.Column('content_hash', sa.Text(), nullable=False),
    sa.Column('channel', sa.Enum('csr', 'self_service', 'aggregator_api', 'aggregator_file', name='channel_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('subscription_id', sa.Text(), nullable=False),
    sa.Column('enrollment_id', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('program', sa.Text(), nullable=False),
    sa.Column('catalog_version', sa.Integer(), nullable=False),
    sa.Column('reason_code', sa.Text(), nullable=True),
    sa.Column('effective_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('application', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('decision', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('devices', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('whole', sa.Boolean(), nullable=False),
    sa.Column('state', sa.Enum('submitted', 'awaiting_approval', 'scheduled', 'removing', 'unenrolled', 'recovery_pending', 'rejected', 'cancelled', 'needs_attention', name='unenrollment_state_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('resume_state', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['catalog_version'], ['catalog_version.version'], ),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], ),
    sa.ForeignKeyConstraint(['enrollment_id'], ['enrollment.id'], ),
    sa.ForeignKeyConstraint(['subscription_id'], ['program_subscription.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('requester', 'idempotency_key', name='unenrollment_idempotency_key_once'),
    sa.UniqueConstraint('requester', 'transaction_id', name='unenrollment_transaction_once')
    )
    op.create_index(op.f('ix_unenrollment_customer_id'), 'unenrollment', ['customer_id'], unique=False)
    op.create_index(op.f('ix_unenrollment_enrollment_id'), 'unenrollment', ['enrollment_id'], unique=False)
    op.create_index('one_open_unenrollment_per_subscription', 'unenrollment', ['subscription_id'], unique=True, postgresql_where=sa.text("state NOT IN ('unenrolled', 'rejected', 'cancelled')"))
    op.create_index('unenrollment_state', 'unenrollment', ['state', 'id'], unique=False)
    op.create_table('work_order',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('kind', sa.Enum('install', 'remove', 'troubleshoot', 'replace', name='work_order_kind_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('journey', sa.Text(), nullable=False),
    sa.Column('workflow_id', sa.Text(), nullable=False),
    sa.Column('enrollment_id', sa.Text(), nullable=False),
    sa.Column('subscription_id', sa.Text(), nullable=False),
    sa.Column('device_id', sa.Text(), nullable=True),
    sa.Column('program', sa.Text(), nullable=False),
    sa.Column('catalog_version', sa.Integer(), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.Column('service_point', sa.Text(), nullable=False),
    sa.Column('ownership', sa.Enum('customer_owned', 'utility_owned', name='asset_ownership_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('priority', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('contact_phone', sa.Text(), nullable=True),
    sa.Column('access_notes', sa.Text(), nullable=True),
    sa.Column('wished_start', sa.DateTime(timezone=True), nullable=True),
    sa.Column('wished_end', sa.DateTime(timezone=True), nullable=True),
    sa.Column('appointment_start', sa.DateTime(timezone=True), nullable=True),
    sa.Column('appointment_end', sa.DateTime(timezone=True), nullable=True),
    sa.Column('technician', sa.Text(), nullable=True),
    sa.Column('state', sa.Enum('created', 'dispatched', 'scheduled', 'en_route', 'on_site', 'completed', 'incomplete', 'rescheduled', 'cancelled', name='work_order_state_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('maximum_attempts', sa.Integer(), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('sent_back', sa.Text(), nullable=True),
    sa.Column('called_off', sa.Text(), nullable=True),
    sa.Column('reminders', sa.Integer(), nullable=False),
    sa.Column('escalated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('dispatch_reference', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('appointment_end > appointment_start', name='an_appointment_ends_after_it_starts'),
    sa.CheckConstraint('attempt >= 1 AND maximum_attempts >= 1 AND reminders >= 0', name='work_order_counts'),
    sa.ForeignKeyConstraint(['catalog_version'], ['catalog_version.version'], ),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], ),
    sa.ForeignKeyConstraint(['device_id'], ['device.id'], ),
    sa.ForeignKeyConstraint(['enrollment_id'], ['enrollment.id'], ),
    sa.ForeignKeyConstraint(['service_point'], ['service_point.cis_service_point_id'], ),
    sa.ForeignKeyConstraint(['subscription_id'], ['program_subscription.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('number')
    )
    op.create_index(op.f('ix_work_order_customer_id'), 'work_order', ['customer_id'], unique=False)
    op.create_index(op.f('ix_work_order_enrollment_id'), 'work_order', ['enrollment_id'], unique=False)
    op.create_index(op.f('ix_work_order_journey'), 'work_order', ['journey'], unique=False)
    op.create_index(op.f('ix_work_order_subscription_id'), 'work_order', ['subscription_id'], unique=False)
    op.create_index('one_open_work_order_per_journey', 'work_order', ['journey', 'device_id'], unique=True, postgresql_nulls_not_distinct=True, postgresql_where=sa.text("state NOT IN ('completed', 'cancelled')"))
    op.create_index('work_order_state', 'work_order', ['state', 'id'], unique=False)
    op.create_index('work_order_escalated', 'work_order', ['id'], unique=False, postgresql_where=sa.text('escalated_at IS NOT NULL'))
    op.create_table('work_order_completion',
    sa.Column('completion_id', sa.Text(), nullable=False),
    sa.Column('work_order_id', sa.Text(), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('outcome', sa.Enum('completed_as_ordered', 'device_replaced', 'repaired_on_site', 'no_fault_found', 'no_access', 'customer_refused', 'not_installable', 'parts_missing', name='completion_outcome_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('body', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('content_hash', sa.Text(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('verdict', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['work_order_id'], ['work_order.id'], ),
    sa.PrimaryKeyConstraint('completion_id')
    )
    op.create_index(op.f('ix_work_order_completion_work_order_id'), 'work_order_completion', ['work_order_id'], unique=False)
    op.create_index('enrollment_needs_attention', 'enrollment', ['id'], unique=False, postgresql_where=sa.text("state = 'needs_attention'"))
    op.add_column('sync_request', sa.Column('journey', sa.Text(), nullable=True))
    # Before this migration, every sync request belonged to the enrollment that created it.
    op.execute('UPDATE sync_request SET journey = enrollment_id')
    op.alter_column('sync_request', 'journey', nullable=False)
    op.create_index(op.f('ix_sync_request_journey'), 'sync_request', ['journey'], unique=False)
    op.add_column('sync_request', sa.Column('held', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column('sync_request', 'held', server_default=None)
    op.add_column('sync_request', sa.Column('note', sa.Text(), nullable=True))
    op.create_index('sync_request_held', 'sync_request', ['id'], unique=False, postgresql_where=sa.text('held'))
    op.add_column('subscription_device', sa.Column('replaced_by', sa.Text(), nullable=True))
    op.add_column('subscription_device', sa.Column('listed_at', sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key('subscription_device_replaced_by', 'subscription_device', 'device', ['replaced_by'], ['id'])
    op.create_table('head_end_request',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Enum('status_check', 'ping', 'restart', 'reset', name='request_kind_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('journey', sa.Text(), nullable=False),
    sa.Column('workflow_id', sa.Text(), nullable=False),
    sa.Column('enrollment_id', sa.Text(), nullable=False),
    sa.Column('head_end', sa.Text(), nullable=False),
    sa.Column('manufacturer', sa.Text(), nullable=False),
    sa.Column('serial_number', sa.Text(), nullable=False),
    sa.Column('nic_id', sa.Text(), nullable=True),
    sa.Column('device_key', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('pending', 'asked', 'answered', 'given_up', name='head_end_request_state_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('said', sa.Text(), nullable=True),
    sa.Column('answer_id', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(state = 'answered') = (outcome IS NOT NULL)", name='an_answered_request_has_an_outcome'),
    sa.ForeignKeyConstraint(['enrollment_id'], ['enrollment.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_head_end_request_enrollment_id'), 'head_end_request', ['enrollment_id'], unique=False)
    op.create_index(op.f('ix_head_end_request_journey'), 'head_end_request', ['journey'], unique=False)
    op.create_table('device_shipment',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('journey', sa.Text(), nullable=False),
    sa.Column('workflow_id', sa.Text(), nullable=False),
    sa.Column('enrollment_id', sa.Text(), nullable=False),
    sa.Column('subscription_id', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.Column('service_point', sa.Text(), nullable=False),
    sa.Column('program', sa.Text(), nullable=False),
    sa.Column('catalog_version', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('ordered', 'shipped', 'delivered', 'confirmed', 'cancelled', 'expired', 'returned', name='shipment_state_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('carrier', sa.Text(), nullable=True),
    sa.Column('tracking_reference', sa.Text(), nullable=True),
    sa.Column('confirmation', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('sent_back', sa.Text(), nullable=True),
    sa.Column('reminders', sa.Integer(), nullable=False),
    sa.Column('escalated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("state <> 'confirmed' OR confirmation IS NOT NULL", name='a_confirmed_shipment_says_what'),
    sa.CheckConstraint('reminders >= 0', name='device_shipment_counts'),
    sa.ForeignKeyConstraint(['catalog_version'], ['catalog_version.version'], ),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], ),
    sa.ForeignKeyConstraint(['enrollment_id'], ['enrollment.id'], ),
    sa.ForeignKeyConstraint(['service_point'], ['service_point.cis_service_point_id'], ),
    sa.ForeignKeyConstraint(['subscription_id'], ['program_subscription.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('number')
    )
    op.create_index('device_shipment_state', 'device_shipment', ['state', 'id'], unique=False)
    op.create_index(op.f('ix_device_shipment_customer_id'), 'device_shipment', ['customer_id'], unique=False)
    op.create_index(op.f('ix_device_shipment_enrollment_id'), 'device_shipment', ['enrollment_id'], unique=False)
    op.create_index(op.f('ix_device_shipment_journey'), 'device_shipment', ['journey'], unique=False)
    op.create_index('one_open_shipment_per_journey', 'device_shipment', ['journey'], unique=True, postgresql_where=sa.text("state IN ('ordered', 'shipped', 'delivered', 'confirmed')"))


def downgrade() -> None:
    """Restore the previous schema."""
    op.drop_index('one_open_shipment_per_journey', table_name='device_shipment', postgresql_where=sa.text("state IN ('ordered', 'shipped', 'delivered', 'confirmed')"))
    op.drop_index(op.f('ix_device_shipment_journey'), table_name='device_shipment')
    op.drop_index(op.f('ix_device_shipment_enrollment_id'), table_name='device_shipment')
    op.drop_index(op.f('ix_device_shipment_customer_id'), table_name='device_shipment')
    op.drop_index('device_shipment_state', table_name='device_shipment')
    op.drop_table('device_shipment')
    op.drop_index(op.f('ix_head_end_request_journey'), table_name='head_end_request')
    op.drop_index(op.f('ix_head_end_request_enrollment_id'), table_name='head_end_request')
    op.drop_table('head_end_request')
    op.drop_column('subscription_device', 'listed_at')
    op.drop_column('subscription_device', 'replaced_by')
    op.drop_index('enrollment_needs_attention', table_name='enrollment', postgresql_where=sa.text("state = 'needs_attention'"))
    op.drop_index('sync_request_held', table_name='sync_request', postgresql_where=sa.text('held'))
    op.drop_column('sync_request', 'note')
    op.drop_column('sync_request', 'held')
    op.drop_index(op.f('ix_sync_request_journey'), table_name='sync_request')
    op.drop_column('sync_request', 'journey')
    op.drop_index(op.f('ix_work_order_completion_work_order_id'), table_name='work_order_completion')
    op.drop_table('work_order_completion')
    op.drop_index('work_order_escalated', table_name='work_order', postgresql_where=sa.text('escalated_at IS NOT NULL'))
    op.drop_index('work_order_state', table_name='work_order')
    op.drop_index('one_open_work_order_per_journey', table_name='work_order', postgresql_nulls_not_distinct=True, postgresql_where=sa.text("state NOT IN ('completed', 'cancelled')"))
    op.drop_index(op.f('ix_work_order_subscription_id'), table_name='work_order')
    op.drop_index(op.f('ix_work_order_journey'), table_name='work_order')
    op.drop_index(op.f('ix_work_order_enrollment_id'), table_name='work_order')
    op.drop_index(op.f('ix_work_order_customer_id'), table_name='work_order')
    op.drop_table('work_order')
    op.drop_index('unenrollment_state', table_name='unenrollment')
    op.drop_index('one_open_unenrollment_per_subscription', table_name='unenrollment', postgresql_where=sa.text("state NOT IN ('unenrolled', 'rejected', 'cancelled')"))
    op.drop_index(op.f('ix_unenrollment_enrollment_id'), table_name='unenrollment')
    op.drop_index(op.f('ix_unenrollment_customer_id'), table_name='unenrollment')
    op.drop_table('unenrollment')
    op.drop_index('service_call_state', table_name='service_call')
    op.drop_index('one_open_service_call_per_device', table_name='service_call', postgresql_where=sa.text("state NOT IN ('closed', 'cancelled')"))
    op.drop_index(op.f('ix_service_call_subscription_id'), table_name='service_call')
    op.drop_index(op.f('ix_service_call_enrollment_id'), table_name='service_call')
    op.drop_index(op.f('ix_service_call_customer_id'), table_name='service_call')
    op.drop_table('service_call')
    op.drop_index('process_flow_state', table_name='process_flow')
    op.drop_index(op.f('ix_process_flow_subscription_id'), table_name='process_flow')
    op.drop_index(op.f('ix_process_flow_customer_id'), table_name='process_flow')
    op.drop_table('process_flow')
    op.drop_index('batch_run_name', table_name='batch_run')
    op.drop_table('batch_run')
