"""Create the tables of customers, catalog, enrollments, subscriptions, sync requests, outbox, inbox and audit trail.

Alembic generated this file; it keeps the format of one line per column.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


TABLES = (
    "audit_entry",
    "catalog_version",
    "customer",
    "inbox_message",
    "outbox_message",
    "premise",
    "program_capacity",
    "account",
    "device",
    "service_point",
    "device_location",
    "enrollment",
    "device_installation",
    "program_subscription",
    "subscription_device",
    "sync_request",
)

APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""


def upgrade() -> None:
    """Create the tables."""
    op.create_table('audit_entry',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('journey', sa.Text(), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('before', sa.Text(), nullable=True),
    sa.Column('after', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('details', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('audit_entry_journey', 'audit_entry', ['journey', 'id'], unique=False)
    op.create_index('audit_entry_subject', 'audit_entry', ['subject', 'id'], unique=False)
    op.create_table('catalog_version',
    sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('content', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('content_hash', sa.Text(), nullable=False),
    sa.Column('applied_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('applied_by', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('version')
    )
    op.create_table('customer',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('cis_person_id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('search', postgresql.TSVECTOR(), sa.Computed("to_tsvector('simple'::regconfig, ((name || ' '::text) || COALESCE(email, ''::text)))", persisted=True), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('cis_person_id')
    )
    op.create_index('customer_search', 'customer', ['search'], unique=False, postgresql_using='gin')
    op.create_table('inbox_message',
    sa.Column('message_id', sa.Text(), nullable=False),
    sa.Column('sync_request_id', sa.Text(), nullable=False),
    sa.Column('body', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('message_id')
    )
    op.create_index(op.f('ix_inbox_message_sync_request_id'), 'inbox_message', ['sync_request_id'], unique=False)
    op.create_table('outbox_message',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('workflow_id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('payload', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('outbox_message_due', 'outbox_message', ['due_at', 'id'], unique=False)
    op.create_index('outbox_message_flow', 'outbox_message', ['workflow_id', 'id'], unique=False)
    op.create_table('premise',
    sa.Column('cis_premise_id', sa.Text(), nullable=False),
    sa.Column('address_line_1', sa.Text(), nullable=False),
    sa.Column('address_line_2', sa.Text(), nullable=True),
    sa.Column('city', sa.Text(), nullable=False),
    sa.Column('region', sa.Text(), nullable=False),
    sa.Column('postal_code', sa.Text(), nullable=False),
    sa.Column('country', sa.Text(), nullable=False),
    sa.Column('time_zone', sa.Text(), nullable=False),
    sa.Column('premise_type', sa.Enum('single_family', 'apartment', 'mobile_home', 'small_business', 'large_business', name='premise_type_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('owner_occupied', sa.Boolean(), nullable=False),
    sa.Column('search', postgresql.TSVECTOR(), sa.Computed("to_tsvector('simple'::regconfig, ((((address_line_1 || ' '::text) || city) || ' '::text) || postal_code))", persisted=True), nullable=True),
    sa.PrimaryKeyConstraint('cis_premise_id')
    )
    op.create_index('premise_search', 'premise', ['search'], unique=False, postgresql_using='gin')
    op.create_table('program_capacity',
    sa.Column('program', sa.Text(), nullable=False),
    sa.Column('maximum_customers', sa.Integer(), nullable=True),
    sa.Column('maximum_devices', sa.Integer(), nullable=True),
    sa.Column('maximum_kw', sa.Numeric(precision=14, scale=3), nullable=True),
    sa.Column('customers', sa.Integer(), nullable=False),
    sa.Column('devices', sa.Integer(), nullable=False),
    sa.Column('kw', sa.Numeric(precision=14, scale=3), nullable=False),
    sa.CheckConstraint('customers <= maximum_customers AND devices <= maximum_devices AND kw <= maximum_kw', name='program_capacity_not_overfilled'),
    sa.CheckConstraint('customers >= 0 AND devices >= 0 AND kw >= 0', name='program_capacity_not_negative'),
    sa.PrimaryKeyConstraint('program')
    )
    op.create_table('account',
    sa.Column('cis_account_id', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.Column('status', sa.Enum('active', 'closed', name='account_status_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], ),
    sa.PrimaryKeyConstraint('cis_account_id')
    )
    op.create_index(op.f('ix_account_customer_id'), 'account', ['customer_id'], unique=False)
    op.create_table('device',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('manufacturer', sa.Text(), nullable=False),
    sa.Column('manufacturer_key', sa.Text(), nullable=False),
    sa.Column('model', sa.Text(), nullable=False),
    sa.Column('serial_number', sa.Text(), nullable=False),
    sa.Column('serial_key', sa.Text(), nullable=False),
    sa.Column('nic_id', sa.Text(), nullable=True),
    sa.Column('badge_number', sa.Text(), nullable=True),
    sa.Column('specification', sa.Text(), nullable=False),
    sa.Column('asset_type', sa.Text(), nullable=False),
    sa.Column('head_end', sa.Text(), nullable=False),
    sa.Column('ownership', sa.Enum('customer_owned', 'utility_owned', name='asset_ownership_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('rated_kw', sa.Numeric(precision=14, scale=3), nullable=False),
    sa.Column('capacity_kwh', sa.Numeric(precision=14, scale=3), nullable=True),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('new', 'installed', 'enrolled', 'faulty', 'removed', 'retired', name='device_state_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('serial_key', 'manufacturer_key', name='one_holder_of_a_serial')
    )
    op.create_index(op.f('ix_device_customer_id'), 'device', ['customer_id'], unique=False)
    op.create_table('service_point',
    sa.Column('cis_service_point_id', sa.Text(), nullable=False),
    sa.Column('cis_premise_id', sa.Text(), nullable=False),
    sa.Column('cis_account_id', sa.Text(), nullable=False),
    sa.Column('customer_class', sa.Enum('residential', 'small_commercial', 'large_commercial', name='customer_class_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('tariff', sa.Text(), nullable=False),
    sa.Column('meter_type', sa.Enum('ami', 'manual', name='meter_type_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('phase_count', sa.Integer(), nullable=False),
    sa.Column('feeder', sa.Text(), nullable=True),
    sa.Column('transformer', sa.Text(), nullable=True),
    sa.Column('substation', sa.Text(), nullable=True),
    sa.Column('latitude', sa.Float(), nullable=True),
    sa.Column('longitude', sa.Float(), nullable=True),
    sa.Column('critical', sa.Boolean(), nullable=False),
    sa.Column('effective_from', sa.Date(), nullable=False),
    sa.Column('effective_to', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['cis_account_id'], ['account.cis_account_id'], ),
    sa.ForeignKeyConstraint(['cis_premise_id'], ['premise.cis_premise_id'], ),
    sa.PrimaryKeyConstraint('cis_service_point_id')
    )
    op.create_index(op.f('ix_service_point_cis_account_id'), 'service_point', ['cis_account_id'], unique=False)
    op.create_index(op.f('ix_service_point_cis_premise_id'), 'service_point', ['cis_premise_id'], unique=False)
    op.create_table('device_location',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('service_point', sa.Text(), nullable=False),
    sa.Column('location_type', sa.Text(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['service_point'], ['service_point.cis_service_point_id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('service_point', 'location_type', 'position', name='one_location_of_a_kind_and_position')
    )
    op.create_table('enrollment',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('requester', sa.Text(), nullable=False),
    sa.Column('transaction_id', sa.Text(), nullable=False),
    sa.Column('idempotency_key', sa.Text(), nullable=True),
    sa.Column('content_hash', sa.Text(), nullable=False),
    sa.Column('channel', sa.Enum('csr', 'self_service', 'aggregator_api', 'aggregator_file', name='channel_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('service_point', sa.Text(), nullable=False),
    sa.Column('program', sa.Text(), nullable=False),
    sa.Column('catalog_version', sa.Integer(), nullable=False),
    sa.Column('installation_method', sa.Enum('bring_your_own', 'utility_installation', 'self_installation', 're_enrol', name='installation_method_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('asset_ownership', sa.Enum('customer_owned', 'utility_owned', name='asset_ownership_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('start_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('application', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.Enum('submitted', 'validating', 'rejected', 'waitlisted', 'awaiting_approval', 'accepted', 'device_setup', 'awaiting_site_visit', 'completing', 'enrolled', 'cancelled', 'expired', 'needs_attention', name='enrollment_state_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('resume_state', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('decision', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('needed_devices', sa.Integer(), nullable=False),
    sa.Column('needed_kw', sa.Numeric(precision=14, scale=3), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('waitlisted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['account'], ['account.cis_account_id'], ),
    sa.ForeignKeyConstraint(['catalog_version'], ['catalog_version.version'], ),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], ),
    sa.ForeignKeyConstraint(['program'], ['program_capacity.program'], ),
    sa.ForeignKeyConstraint(['service_point'], ['service_point.cis_service_point_id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('requester', 'idempotency_key', name='enrollment_idempotency_key_once'),
    sa.UniqueConstraint('requester', 'transaction_id', name='enrollment_transaction_once')
    )
    op.create_index('enrollment_program_state', 'enrollment', ['program', 'state', 'id'], unique=False)
    op.create_index('enrollment_waitlist', 'enrollment', ['program', 'waitlisted_at'], unique=False, postgresql_where=sa.text("state = 'waitlisted'"))
    op.create_index(op.f('ix_enrollment_account'), 'enrollment', ['account'], unique=False)
    op.create_index(op.f('ix_enrollment_customer_id'), 'enrollment', ['customer_id'], unique=False)
    op.create_index(op.f('ix_enrollment_service_point'), 'enrollment', ['service_point'], unique=False)
    op.create_table('device_installation',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('device_id', sa.Text(), nullable=False),
    sa.Column('location_id', sa.Text(), nullable=False),
    sa.Column('installed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('installed_by', sa.Text(), nullable=False),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['device_id'], ['device.id'], ),
    sa.ForeignKeyConstraint(['location_id'], ['device_location.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('a_device_hangs_in_one_place', 'device_installation', ['device_id'], unique=True, postgresql_where=sa.text('removed_at IS NULL'))
    op.create_index(op.f('ix_device_installation_location_id'), 'device_installation', ['location_id'], unique=False)
    op.create_table('program_subscription',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('enrollment_id', sa.Text(), nullable=False),
    sa.Column('program', sa.Text(), nullable=False),
    sa.Column('exclusion', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('service_point', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('pending', 'active', 'suspended', 'ending', 'ended', 'cancelled', name='subscription_state_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('start_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('end_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account'], ['account.cis_account_id'], ),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], ),
    sa.ForeignKeyConstraint(['enrollment_id'], ['enrollment.id'], ),
    sa.ForeignKeyConstraint(['program'], ['program_capacity.program'], ),
    sa.ForeignKeyConstraint(['service_point'], ['service_point.cis_service_point_id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('number')
    )
    op.create_index(op.f('ix_program_subscription_customer_id'), 'program_subscription', ['customer_id'], unique=False)
    op.create_index(op.f('ix_program_subscription_enrollment_id'), 'program_subscription', ['enrollment_id'], unique=False)
    op.create_index(op.f('ix_program_subscription_service_point'), 'program_subscription', ['service_point'], unique=False)
    op.create_index('one_open_subscription_per_program_and_service_point', 'program_subscription', ['program', 'service_point'], unique=True, postgresql_where=sa.text("state NOT IN ('ended', 'cancelled')"))
    op.create_table('subscription_device',
    sa.Column('subscription_id', sa.Text(), nullable=False),
    sa.Column('device_id', sa.Text(), nullable=False),
    sa.Column('exclusion', sa.Text(), nullable=False),
    sa.Column('registration', sa.Enum('proposed', 'installed', 'registering', 'registered', 'registration_failed', 'removing', 'deregistered', 'removed', 'kept', name='registration_state_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['device_id'], ['device.id'], ),
    sa.ForeignKeyConstraint(['subscription_id'], ['program_subscription.id'], ),
    sa.PrimaryKeyConstraint('subscription_id', 'device_id')
    )
    op.create_index('a_device_is_in_one_program_of_a_kind', 'subscription_device', ['device_id', 'exclusion'], unique=True, postgresql_where=sa.text("registration NOT IN ('deregistered', 'removed', 'kept')"))
    op.create_table('sync_request',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Enum('customer_asset_load', 'enroll', 'unenroll', 'replace_device', 'update', name='sync_kind_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('subscription_id', sa.Text(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('enrollment_id', sa.Text(), nullable=False),
    sa.Column('workflow_id', sa.Text(), nullable=False),
    sa.Column('program', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('pending', 'sending', 'awaiting_acknowledgement', 'synchronized', 'error', 'discarded', 'cancelled', name='sync_state_known', native_enum=False, create_constraint=True, length=40), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('endpoint', sa.Text(), nullable=False),
    sa.Column('snapshot', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('snapshot_hash', sa.Text(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('error_code', sa.Text(), nullable=True),
    sa.Column('error_text', sa.Text(), nullable=True),
    sa.Column('acknowledgement', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('sequence >= 1 AND revision >= 1 AND attempts >= 0', name='sync_request_counts'),
    sa.ForeignKeyConstraint(['enrollment_id'], ['enrollment.id'], ),
    sa.ForeignKeyConstraint(['subscription_id'], ['program_subscription.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('subscription_id', 'sequence', name='sync_requests_of_a_subscription_are_in_order')
    )
    op.create_index(op.f('ix_sync_request_enrollment_id'), 'sync_request', ['enrollment_id'], unique=False)
    op.create_index('sync_request_on_its_way_alone', 'sync_request', ['subscription_id'], unique=True, postgresql_where=sa.text("state IN ('sending', 'awaiting_acknowledgement')"))
    op.create_index('sync_request_state', 'sync_request', ['state', 'id'], unique=False)
    op.execute(APPEND_ONLY)
    op.execute(
        "CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    """Drop all tables."""
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_change")
