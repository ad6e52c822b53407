"""Reconciliation: compares what the DERMS holds with our record, page by page, and sends again what it lost.

See docs/domain.md#batches.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, exists, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.batches import BatchFindingKind, BatchName
from models.errors import Conflict
from models.scope import OperatorScope
from models.states.batch_run import BatchRunState
from models.states.subscription import RegistrationState
from models.states.sync_request import SyncKind
from models.tables.batch_run import BatchRun
from models.tables.subscription import ProgramSubscription, SubscriptionDevice
from models.tables.sync_request import SyncRequest
from operations.batches.runs import PageResult
from operations.catalog.versions import CatalogCache
from operations.synchronization.standalone_sync import enqueue_standalone_syncs
from rules.synchronization.order import FINAL_STATES
from rules.synchronization.reconciliation import DeviceRecord, can_resend, find_difference
from wording.problems.not_found import not_found

_ROWS_PER_PAGE = 200


class ListedResource(NamedTuple):
    """A resource as the DERMS lists it; `subscription` is the number that we sent it."""

    der: str
    device: str
    subscription: str
    state: str


async def compare_listed_resources(
    session: AsyncSession, run: BatchRun, listed: Sequence[ListedResource], cursor: str | None
) -> PageResult:
    """Compare a page of the DERMS' list with our record, and mark our devices that are on it."""
    known = await _get_our_devices(session, run, listed)
    findings: list[dict[str, Any]] = []
    for one in listed:
        row = known.get((one.subscription, one.device))
        kind = find_difference(one.state, DeviceRecord(row.registration, row.under_way) if row else None)
        if kind is not None:
            findings.append(_build_listed_finding(kind, one, row))
    await _mark_listed(session, [(row.subscription_id, row.device_id) for row in known.values()])
    counts = {"listed": len(listed)} | _count_by_kind(findings)
    return PageResult(cursor, counts, tuple(findings))


async def _get_our_devices(
    session: AsyncSession, run: BatchRun, listed: Sequence[ListedResource]
) -> dict[tuple[str, str], Any]:
    statement = (
        select(
            col(ProgramSubscription.number),
            col(SubscriptionDevice.subscription_id),
            col(SubscriptionDevice.device_id),
            col(SubscriptionDevice.registration),
            _has_sync_under_way(run, col(SubscriptionDevice.subscription_id)).label("under_way"),
        )
        .join(ProgramSubscription, col(ProgramSubscription.id) == col(SubscriptionDevice.subscription_id))
        .where(
            tuple_(col(ProgramSubscription.number), col(SubscriptionDevice.device_id)).in_(
                [(one.subscription, one.device) for one in listed]
            )
        )
    )
    return {(row.number, row.device_id): row for row in await session.execute(statement)}


def _has_sync_under_way(run: BatchRun, subscription_id: Any) -> ColumnElement[bool]:
    """Return the condition that a message about the subscription is under way, or ended after the run began."""
    return exists().where(
        col(SyncRequest.subscription_id) == subscription_id,
        or_(col(SyncRequest.state).not_in(FINAL_STATES), col(SyncRequest.updated_at) >= run.started_at),
    )


async def _mark_listed(session: AsyncSession, devices: list[tuple[str, str]]) -> None:
    await session.execute(
        update(SubscriptionDevice)
        .where(tuple_(col(SubscriptionDevice.subscription_id), col(SubscriptionDevice.device_id)).in_(devices))
        .values(listed_at=datetime.now(UTC))
        .execution_options(synchronize_session=False)
    )


async def find_missing_devices(session: AsyncSession, run: BatchRun, cursor: str) -> PageResult:
    """Find the devices, in a page of our registered ones, that were not on the list: the DERMS does not hold them."""
    rows = (await session.execute(_select_registered(run, cursor))).all()
    findings = [
        _build_missing_finding(row.device_id, row.subscription_id)
        for row in rows
        if not row.under_way and (row.listed_at is None or row.listed_at < run.started_at)
    ]
    more = f"{rows[-1].subscription_id}/{rows[-1].device_id}" if len(rows) == _ROWS_PER_PAGE else None
    return PageResult(more, {"registered": len(rows)} | _count_by_kind(findings), tuple(findings))


def _select_registered(run: BatchRun, cursor: str) -> Select[*tuple[Any, ...]]:
    """Return the query for a page of registered devices. It checks for messages under way on the page alone: in one
    query, PostgreSQL would plan for all devices and read all sync requests, for each page."""
    device = SubscriptionDevice
    key = (col(device.subscription_id), col(device.device_id))
    page = select(*key, col(device.listed_at)).where(col(device.registration) == RegistrationState.REGISTERED)
    if cursor:
        page = page.where(tuple_(*key) > tuple_(*cursor.split("/", 1)))
    found = page.order_by(*key).limit(_ROWS_PER_PAGE).subquery()
    statement = select(found, _has_sync_under_way(run, found.c.subscription_id).label("under_way"))
    return statement.order_by(found.c.subscription_id, found.c.device_id)


def _count_by_kind(findings: list[dict[str, Any]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for finding in findings:
        kind = str(finding["kind"])
        counts[kind] = counts.get(kind, 0) + 1
    return counts


def _build_missing_finding(device: str, subscription: str) -> dict[str, Any]:
    return {
        "kind": BatchFindingKind.MISSING_IN_DERMS,
        "subject": device,
        "subscription": subscription,
        "ours": RegistrationState.REGISTERED,
        "help": "The DERMS was notified of it and does not list it. Send it again.",
        "resendable": True,
    }


def _build_listed_finding(kind: BatchFindingKind, one: ListedResource, row: Any) -> dict[str, Any]:
    again = row is not None and can_resend(row.registration)
    if kind is BatchFindingKind.UNKNOWN_TO_US:
        helps = "Our record has no such device on such a subscription. Find out in the DERMS where it came from."
    elif again:
        helps = "Send it again, so that the DERMS has it as our record does."
    else:
        helps = "It is off the subscription for good, and messages name it no more. Remove it in the DERMS."
    return {
        "kind": kind,
        "subject": one.device,
        "subscription": row.subscription_id if row else one.subscription,
        "der": one.der,
        "ours": row.registration if row else None,
        "theirs": one.state,
        "help": helps,
        "resendable": again,
    }


async def resend(session: AsyncSession, scope: OperatorScope, catalogs: CatalogCache, run_id: str) -> tuple[str, ...]:
    """Send the DERMS each subscription again with a difference that this may resolve, each once a run. Return the sync
    requests.

    Raises:
        NotFound: there is no such run.
        Conflict: the run has not ended yet.
    """
    run = await session.get(BatchRun, run_id, with_for_update=True)
    if run is None or run.name != BatchName.RECONCILIATION:
        raise not_found("batch_run", run_id, batch=BatchName.RECONCILIATION)
    if run.state is BatchRunState.RUNNING:
        raise Conflict(
            "The run has not ended yet.", fix="Wait until the run has ended, then ask again.", code="batch-running"
        )
    wanted = {one["subscription"] for one in run.findings if one.get("resendable") and not one.get("resent")}
    made = await _enqueue_syncs(session, scope, catalogs, sorted(wanted))
    run.findings = [
        one | {"resent": made[one["subscription"]]} if one.get("resendable") and one["subscription"] in made else one
        for one in run.findings
    ]
    return tuple(made.values())


async def _enqueue_syncs(
    session: AsyncSession, scope: OperatorScope, catalogs: CatalogCache, subscription_ids: list[str]
) -> dict[str, str]:
    rows = await session.scalars(
        select(ProgramSubscription).where(col(ProgramSubscription.id).in_(subscription_ids)).with_for_update()
    )
    changes = [(subscription, subscription.enrollment_id) for subscription in rows]
    made = await enqueue_standalone_syncs(session, scope, catalogs, changes, SyncKind.CUSTOMER_ASSET_LOAD)
    return {subscription.id: sync_request_id for (subscription, _), sync_request_id in zip(changes, made, strict=True)}
