"""The database itself refuses invalid states: each is tried past our code, on otherwise valid rows."""

import asyncpg
import pytest

from tests.integration.clients.running_stack import RunningStack


@pytest.fixture(scope="module")
def enrollment(running: RunningStack) -> str:
    enrollment = running.submit_accepted(running.build_application())
    running.wait_for_sync_request(enrollment, "synchronized")
    return enrollment


def _copied(table: str, **changes: str) -> str:
    """Insert a copy of the enrollment row $1 with these columns changed."""
    where = {"enrollment": "id = $1"}.get(table, "enrollment_id = $1")
    values = ", ".join(f"'{name}', {value}" for name, value in changes.items())
    return (
        f"INSERT INTO {table} SELECT (jsonb_populate_record(row, jsonb_build_object({values}))).*"
        f" FROM {table} row WHERE {where}"
    )


_NEW_ID = {"id": "'new-' || id"}
_OF_THE_DEVICE = (
    "SELECT device_id FROM subscription_device JOIN program_subscription s ON s.id = subscription_id"
    " WHERE s.enrollment_id = $1"
)

COPIES = {
    "enrollment_transaction_once": _copied("enrollment", **_NEW_ID),
    "one_open_subscription_per_program_and_service_point": _copied(
        "program_subscription", **_NEW_ID, number="'new-' || number"
    ),
    "program_subscription_number_key": _copied("program_subscription", **_NEW_ID, state="'ended'"),
    "sync_requests_of_a_subscription_are_in_order": _copied("sync_request", **_NEW_ID),
    "one_holder_of_a_serial": (
        "INSERT INTO device SELECT (jsonb_populate_record(row, jsonb_build_object('id', 'new-' || id))).*"
        f" FROM device row WHERE id IN ({_OF_THE_DEVICE})"
    ),
    "a_device_hangs_in_one_place": (
        "INSERT INTO device_installation SELECT (jsonb_populate_record(row, jsonb_build_object('id', 'new-' || id))).*"
        f" FROM device_installation row WHERE device_id IN ({_OF_THE_DEVICE})"
    ),
}

CHECKS = {
    "program_capacity_not_overfilled": (
        "UPDATE program_capacity SET maximum_customers = customers - 1 WHERE customers > 0"
    ),
    "program_capacity_not_negative": "UPDATE program_capacity SET devices = -1",
    "sync_request_counts": "UPDATE sync_request SET sequence = 0",
    "enrollment_state_known": "UPDATE enrollment SET state = 'lost'",
    "sync_state_known": "UPDATE sync_request SET state = 'lost'",
    "device_state_known": "UPDATE device SET state = 'lost'",
    "registration_state_known": "UPDATE subscription_device SET registration = 'lost'",
    "subscription_state_known": "UPDATE program_subscription SET state = 'lost'",
}


@pytest.mark.parametrize("name", COPIES)
def test_unique_rows_cannot_be_duplicated(stack: RunningStack, enrollment: str, name: str) -> None:
    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        stack.database.execute(COPIES[name], enrollment)
    assert refused.value.as_dict()["constraint_name"] == name


@pytest.mark.parametrize("name", CHECKS)
def test_invalid_rows_are_refused(stack: RunningStack, enrollment: str, name: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        stack.database.execute(CHECKS[name])
    assert refused.value.as_dict()["constraint_name"] == name


def test_a_device_is_in_one_program_of_a_kind(stack: RunningStack, enrollment: str) -> None:
    second = _copied(
        "program_subscription", id="'second-' || id", number="'second-' || number", service_point="'SP-4000001'"
    )
    both = (
        f"WITH one AS ({second} RETURNING id) INSERT INTO subscription_device SELECT one.id, d.device_id, d.exclusion,"
        " 'registered', '' FROM one, subscription_device d JOIN program_subscription s ON s.id = d.subscription_id"
        " WHERE s.enrollment_id = $1"
    )
    with pytest.raises(asyncpg.UniqueViolationError, match="a_device_is_in_one_program_of_a_kind"):
        stack.database.execute(both, enrollment)


def test_two_messages_of_a_subscription_are_never_in_flight_together(stack: RunningStack, enrollment: str) -> None:
    on_its_way = {"state": "'sending'"}
    copies = [_copied("sync_request", id=f"'{n}-' || id", sequence=n, **on_its_way) for n in ("2", "3")]
    both = f"WITH one AS ({copies[0]}) {copies[1]}"
    with pytest.raises(asyncpg.UniqueViolationError, match="sync_request_on_its_way_alone"):
        stack.database.execute(both, enrollment)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET reason = 'never happened'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "TRUNCATE audit_entry CASCADE",
    ],
)
def test_the_audit_trail_cannot_be_changed(stack: RunningStack, enrollment: str, statement: str) -> None:
    count = stack.database.value("SELECT count(*) FROM audit_entry")
    with pytest.raises(asyncpg.RestrictViolationError):
        stack.database.execute(statement)
    assert count == stack.database.value("SELECT count(*) FROM audit_entry") > 0


@pytest.mark.parametrize("table", ["enrollment", "device", "program_subscription", "catalog_version"])
def test_referenced_rows_cannot_be_deleted(stack: RunningStack, enrollment: str, table: str) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        stack.database.execute(f"DELETE FROM {table}")
