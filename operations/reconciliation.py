"""Comparing what the DERMS holds with our record, page by page, and telling it again what it lost.

See docs/domain.md#batches.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, exists, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.batches import BatchName, FindingKind
from models.errors import Conflict, NotFound
from models.scope import OperatorScope
from models.states import RegistrationState, SyncKind
from models.tables.batch_run import BatchRun
from models.tables.subscription import ProgramSubscription, SubscriptionDevice
from models.tables.sync_request import SyncRequest
from models.task_states import BatchRunState
from operations.audit import Trail
from operations.batches import Done
from operations.catalog import Catalogs
from operations.hand_over import announce_by_itself
from rules.reconciliation import Ours, difference, told_again
from rules.sync_order import FINAL

_ROWS_A_PAGE = 200


class Listed(NamedTuple):
    """A resource as the DERMS lists it; `subscription` is the number that we told it."""

    der: str
    device: str
    subscription: str
    state: str


async def compare_listed(session: AsyncSession, run: BatchRun, listed: Sequence[Listed], cursor: str | None) -> Done:
    """Compares a page of the DERMS' list with our record, and notes which of our devices are on it."""
    known = await _known(session, run, listed)
    findings: list[dict[str, Any]] = []
    for one in listed:
        row = known.get((one.subscription, one.device))
        kind = difference(one.state, Ours(row.registration, row.under_way) if row else None)
        if kind is not None:
            findings.append(_of_listed(kind, one, row))
    await _note_listed(session, [(row.subscription_id, row.device_id) for row in known.values()])
    counts = {"listed": len(listed)} | _counted(findings)
    return Done(cursor, counts, tuple(findings))


async def _known(session: AsyncSession, run: BatchRun, listed: Sequence[Listed]) -> dict[tuple[str, str], Any]:
    statement = (
        select(
            col(ProgramSubscription.number),
            col(SubscriptionDevice.subscription_id),
            col(SubscriptionDevice.device_id),
            col(SubscriptionDevice.registration),
            _under_way(run, col(SubscriptionDevice.subscription_id)).label("under_way"),
        )
        .join(ProgramSubscription, col(ProgramSubscription.id) == col(SubscriptionDevice.subscription_id))
        .where(
            tuple_(col(ProgramSubscription.number), col(SubscriptionDevice.device_id)).in_(
                [(one.subscription, one.device) for one in listed]
            )
        )
    )
    return {(row.number, row.device_id): row for row in await session.execute(statement)}


def _under_way(run: BatchRun, subscription_id: Any) -> ColumnElement[bool]:
    """A message about the subscription is on its way, or settled after the run began to read the list."""
    return exists().where(
        col(SyncRequest.subscription_id) == subscription_id,
        or_(col(SyncRequest.state).not_in(FINAL), col(SyncRequest.updated_at) >= run.started_at),
    )


async def _note_listed(session: AsyncSession, devices: list[tuple[str, str]]) -> None:
    await session.execute(
        update(SubscriptionDevice)
        .where(tuple_(col(SubscriptionDevice.subscription_id), col(SubscriptionDevice.device_id)).in_(devices))
        .values(listed_at=datetime.now(UTC))
        .execution_options(synchronize_session=False)
    )


async def find_missing(session: AsyncSession, run: BatchRun, cursor: str) -> Done:
    """A page of our registered devices that were not on the list: the DERMS does not hold them."""
    rows = (await session.execute(_registered(run, cursor))).all()
    findings = [
        _missing(row.device_id, row.subscription_id)
        for row in rows
        if not row.under_way and (row.listed_at is None or row.listed_at < run.started_at)
    ]
    more = f"{rows[-1].subscription_id}/{rows[-1].device_id}" if len(rows) == _ROWS_A_PAGE else None
    return Done(more, {"registered": len(rows)} | _counted(findings), tuple(findings))


def _registered(run: BatchRun, cursor: str) -> Select[*tuple[Any, ...]]:
    """A page of registered devices. What is under way is asked of the page alone: asked in one with it, PostgreSQL
    prepares for all devices and reads all sync requests, for each page."""
    device = SubscriptionDevice
    key = (col(device.subscription_id), col(device.device_id))
    page = select(*key, col(device.listed_at)).where(col(device.registration) == RegistrationState.REGISTERED)
    if cursor:
        page = page.where(tuple_(*key) > tuple_(*cursor.split("/", 1)))
    found = page.order_by(*key).limit(_ROWS_A_PAGE).subquery()
    statement = select(found, _under_way(run, found.c.subscription_id).label("under_way"))
    return statement.order_by(found.c.subscription_id, found.c.device_id)


def _counted(findings: list[dict[str, Any]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for finding in findings:
        kind = str(finding["kind"])
        counts[kind] = counts.get(kind, 0) + 1
    return counts


def _missing(device: str, subscription: str) -> dict[str, Any]:
    return {
        "kind": FindingKind.MISSING_IN_DERMS,
        "subject": device,
        "subscription": subscription,
        "ours": RegistrationState.REGISTERED,
        "help": "The DERMS was told of it and does not list it. Send it again.",
        "resendable": True,
    }


def _of_listed(kind: FindingKind, one: Listed, row: Any) -> dict[str, Any]:
    again = row is not None and told_again(row.registration)
    if kind is FindingKind.UNKNOWN_TO_US:
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


async def resend(
    session: AsyncSession, scope: OperatorScope, catalogs: Catalogs, run_id: str, timeout: float
) -> tuple[str, ...]:
    """Tells the DERMS again of each subscription with a difference that this may set right, each once a run; gives the
    sync requests.

    Raises:
        NotFound: there is no such run.
        Conflict: the run is not over yet.
    """
    run = await session.get(BatchRun, run_id, with_for_update=True)
    if run is None or run.name != BatchName.RECONCILIATION:
        raise NotFound(
            f"There is no reconciliation run {run_id}.", fix="GET /v1/batches/reconciliation/runs lists them."
        )
    if run.state is BatchRunState.RUNNING:
        raise Conflict(
            "The run still compares.", fix="Wait until the run has ended, then ask again.", code="batch-running"
        )
    wanted = {one["subscription"] for one in run.findings if one.get("resendable") and not one.get("resent")}
    made = await _announce(session, scope, catalogs, sorted(wanted), timeout)
    run.findings = [
        one | {"resent": made[one["subscription"]]} if one.get("resendable") and one["subscription"] in made else one
        for one in run.findings
    ]
    return tuple(made.values())


async def _announce(
    session: AsyncSession, scope: OperatorScope, catalogs: Catalogs, subscriptions: list[str], timeout: float
) -> dict[str, str]:
    now = datetime.now(UTC)
    trail = Trail(scope, now, "")
    made: dict[str, str] = {}
    rows = await session.scalars(
        select(ProgramSubscription).where(col(ProgramSubscription.id).in_(subscriptions)).with_for_update()
    )
    for subscription in rows.all():
        journey, kind = subscription.enrollment_id, SyncKind.CUSTOMER_ASSET_LOAD
        of_this = trail.beside(journey)
        made[subscription.id] = await announce_by_itself(
            session, of_this, catalogs, subscription, kind, journey, now, timeout
        )
    await trail.write(session)
    return made
