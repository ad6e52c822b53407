"""Import the records of the CIS: one statement for each table, however many records. Unchanged rows are not written."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ARRAY, Boolean, Text, any_, cast, literal_column, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.ids import new_id
from models.requests.cis import FIELDS_BY_KEY, CisRecord
from models.scope import Scope
from models.tables.columns import TableRow
from models.tables.customer import Account, Customer, Premise, ServicePoint
from models.values import Value
from operations.platform.audit import AuditTrail
from operations.platform.bulk_insert import get_table

_ROWS_PER_STATEMENT = 1000


class CustomerImportResult(Value):
    """How many customers, accounts, premises and service points were created and updated."""

    received: int
    created: int
    updated: int


async def import_customers(session: AsyncSession, scope: Scope, records: list[CisRecord]) -> CustomerImportResult:
    """Create and update the rows that the records describe. The records must not contradict each other."""
    now = datetime.now(UTC)
    customers = {record.cis_person_id: _build_customer_row(record, now) for record in records}
    keep = ("id", "created_at", "updated_at")
    counts = [await _store(session, Customer, customers, "cis_person_id", keep=keep)]
    ids = await _get_customer_ids(session, list(customers))
    accounts = {record.cis_account_id: _build_account_row(record, ids) for record in records}
    counts.append(await _store(session, Account, accounts, "cis_account_id"))
    for table, key in ((Premise, "cis_premise_id"), (ServicePoint, "cis_service_point_id")):
        rows = {getattr(record, key): _build_row(record, key) for record in records}
        counts.append(await _store(session, table, rows, key))
    created, updated = (sum(one) for one in zip(*counts, strict=True))
    if created or updated:
        trail = AuditTrail(scope, now, "cis")
        trail.note("cis", "cis:imported", details={"created": created, "updated": updated})
        await trail.write(session)
    return CustomerImportResult(received=len(records), created=created, updated=updated)


async def _store(
    session: AsyncSession,
    table: type[TableRow],
    rows: Mapping[str, dict[str, Any]],
    key: str,
    *,
    keep: tuple[str, ...] = (),
) -> tuple[int, int]:
    """Write the rows, given by their key, in batches. Return how many were created and how many updated."""
    created = updated = 0
    for batch in _split_into_batches(list(rows.values())):
        new, changed = await _upsert_rows(session, table, batch, key, keep)
        created, updated = created + new, updated + changed
    return created, updated


def _split_into_batches(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [rows[start : start + _ROWS_PER_STATEMENT] for start in range(0, len(rows), _ROWS_PER_STATEMENT)]


async def _upsert_rows(
    session: AsyncSession, table: type[TableRow], rows: list[dict[str, Any]], key: str, keep: tuple[str, ...]
) -> tuple[int, int]:
    """Insert or update rows in key order, so that two imports at once wait for each other instead of deadlocking."""
    sql_table = get_table(table)
    statement = insert(sql_table).values(sorted(rows, key=lambda row: row[key]))
    compared = [name for name in rows[0] if name != key and name not in keep]
    written = {
        name: statement.excluded[name] for name in (*compared, *(("updated_at",) if "updated_at" in keep else ()))
    }
    changed = or_(*(sql_table.c[name].is_distinct_from(statement.excluded[name]) for name in compared))
    result = await session.execute(
        statement.on_conflict_do_update(index_elements=[key], set_=written, where=changed).returning(
            literal_column("(xmax = 0)", Boolean).label("inserted")
        )
    )
    inserted = result.scalars().all()
    return sum(inserted), len(inserted) - sum(inserted)


async def _get_customer_ids(session: AsyncSession, person_ids: list[str]) -> dict[str, str]:
    wanted = col(Customer.cis_person_id) == any_(cast(person_ids, ARRAY(Text)))
    rows = await session.execute(select(col(Customer.cis_person_id), col(Customer.id)).where(wanted))
    return dict(rows.all())


def _build_row(record: CisRecord, key: str) -> dict[str, Any]:
    return {name: getattr(record, name) for name in (key, *FIELDS_BY_KEY[key])}


def _build_customer_row(record: CisRecord, now: datetime) -> dict[str, Any]:
    return {**_build_row(record, "cis_person_id"), "id": new_id("cus"), "created_at": now, "updated_at": now}


def _build_account_row(record: CisRecord, customers: dict[str, str]) -> dict[str, Any]:
    return {
        "cis_account_id": record.cis_account_id,
        "customer_id": customers[record.cis_person_id],
        "status": record.account_status,
    }
