"""Technicians' reports: each is stored once when it arrives, and processed once by the workflow that waits for it."""

from datetime import UTC, datetime

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.errors import ContentMismatch, IllegalTransition, Invalid
from models.messages.site_visit import SITE_VISIT_COMPLETED, SiteVisitCompleted, SiteVisitStatus
from models.requests.completion import COMPLETION_ACCEPTED, Completion
from models.scope import Scope
from models.states.work_order import CompletionOutcome, WorkOrderState
from models.tables.subscription import Device
from models.tables.work_order import WorkOrder, WorkOrderCompletion
from models.values import normalize_serial_number
from operations.catalog.eligibility_facts import get_held_devices
from operations.catalog.versions import CatalogCache
from operations.field_work.unclaimed_work import mark_if_work_was_done
from operations.field_work.work_orders import get_for_update, transition
from operations.platform import outbox
from operations.platform.audit import AuditTrail
from operations.platform.digest import compute_digest
from rules.completions import CompletionFacts, find_completion_errors, find_future_finish
from rules.field_work_states import states_when_reported
from wording.findings.field_errors import describe_field_errors

_W = WorkOrderState


async def submit_report(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, work_order_id: str, completion: Completion
) -> WorkOrder:
    """Store a report and notify the workflow that waits for it. The same report again changes nothing; a report of a
    canceled order is stored and changes nothing either.

    Raises:
        NotFound: there is no such order.
        Invalid: the report does not fit the order, or the device cannot be used; nothing is stored, so that the
            technician corrects it on site.
        IllegalTransition: the order is completed already, or will be by a report that waits to be processed.
        ContentMismatch: the completion id was used before for another report.
    """
    row = await get_for_update(session, work_order_id)
    if await _is_repeated(session, row, completion):
        return row
    if row.state is _W.CANCELLED or row.called_off:
        await _store_ignored(session, scope, row, completion)
        return row
    await _check_open_for_reports(session, row)
    future = find_future_finish(completion, datetime.now(UTC))
    found = future + find_completion_errors(await _gather_facts(session, catalogs, row, completion), completion)
    errors = describe_field_errors(found)
    if errors:
        raise Invalid(
            "The report cannot be used; nothing was stored and the order stays open.",
            fix="Correct what the pointers name and send it again.",
            code="report-refused",
            pointers=errors,
        )
    await _store(session, row, completion)
    signal = SiteVisitCompleted(work_order_id=row.id, completion_id=completion.completion_id)
    await outbox.enqueue_signals(session, SITE_VISIT_COMPLETED, [(row.workflow_id, signal)])
    return row


async def _check_open_for_reports(session: AsyncSession, row: WorkOrder) -> None:
    if states_when_reported(row.state) is None:
        raise IllegalTransition(
            f"The work order is {row.state}; a report changes nothing any more.",
            fix="Call the office if a device was installed or removed all the same.",
        )
    if await _has_final_report_pending(session, row):
        raise IllegalTransition(
            "The work was reported as done, and that report is processed next; another one would be lost.",
            fix="Wait: the order shows whether the report was accepted, or what to correct.",
        )


async def _store_ignored(session: AsyncSession, scope: Scope, row: WorkOrder, completion: Completion) -> None:
    """Store a report for a person to see: the visit took place although the order was no longer needed."""
    now, why = datetime.now(UTC), row.called_off or "the order was cancelled"
    await _store(session, row, completion, verdict=f"ignored: {why}")
    trail = AuditTrail(scope, now, row.journey)
    if row.state in (_W.EN_ROUTE, _W.ON_SITE):
        transition(trail, row, now, _W.INCOMPLETE, reason=why)
    trail.note(row.id, "wo:report_ignored", reason=why)
    mark_if_work_was_done(trail, row, completion, now, why)
    await trail.write(session)


async def _has_final_report_pending(session: AsyncSession, row: WorkOrder) -> bool:
    """Return whether a report waits to be processed that ends the order if it can be used."""
    waiting = select(col(WorkOrderCompletion.completion_id)).where(
        col(WorkOrderCompletion.work_order_id) == row.id,
        col(WorkOrderCompletion.verdict).is_(None),
        col(WorkOrderCompletion.outcome).in_([outcome for outcome in CompletionOutcome if outcome.is_done]),
    )
    return await session.scalar(waiting.limit(1)) is not None


async def _is_repeated(session: AsyncSession, row: WorkOrder, completion: Completion) -> bool:
    earlier = await session.get(WorkOrderCompletion, completion.completion_id)
    if earlier is None:
        return False
    if earlier.work_order_id != row.id or earlier.content_hash != compute_digest(completion.model_dump(mode="json")):
        raise ContentMismatch(
            "This completion id was used before for another report.",
            fix="Use a new completion id for a new report; send the same content to repeat one.",
        )
    return True


async def _store(session: AsyncSession, row: WorkOrder, completion: Completion, *, verdict: str | None = None) -> None:
    body = completion.model_dump(mode="json")
    await session.execute(
        insert(WorkOrderCompletion)
        .values(
            completion_id=completion.completion_id,
            work_order_id=row.id,
            attempt=row.attempt,
            outcome=completion.outcome,
            body=body,
            content_hash=compute_digest(body),
            received_at=datetime.now(UTC),
            verdict=verdict,
        )
        .on_conflict_do_nothing()
    )


async def _gather_facts(
    session: AsyncSession, catalogs: CatalogCache, row: WorkOrder, completion: Completion
) -> CompletionFacts:
    catalog = await catalogs.get_version(session, row.catalog_version)
    program = catalog.get_program(row.program)
    old = await session.get(Device, row.device_id) if row.device_id else None
    serial = old.serial_number if old else None
    new = completion.device_installed
    if new is None:
        return CompletionFacts(row.kind, program, serial)
    found = catalog.find_specification(new.specification, None, None)
    key = (normalize_serial_number(new.serial_number), found.manufacturer.casefold() if found else "")
    held = [one for _, one in (await get_held_devices(session, [key])).values()]
    return CompletionFacts(
        row.kind,
        program,
        serial,
        specification=found,
        held_by_another=any(row.customer_id not in one.customers for one in held),
        enrolled_elsewhere=any(program.exclusion_group in one.exclusions for one in held),
        location_required=catalog.is_location_required(program),
        location_types=catalog.location_types,
        catalog_specifications=catalog.content.specifications,
    )


async def process_report(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, signal: SiteVisitCompleted
) -> SiteVisitStatus:
    """Process a report once: move the order on, or return it to the technician with the reason.

    Raises:
        NotFound: there is no such order.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, signal.work_order_id)
    stored, verdict = await _get_stored_report(session, row, signal)
    trail = AuditTrail(scope, now, row.journey)
    if stored is not None and stored.verdict is None:
        verdict = stored.verdict = await _evaluate(session, catalogs, trail, now, row, stored)
    if verdict not in (None, COMPLETION_ACCEPTED) and _takes_reports(row):
        row.sent_back = verdict
        trail.note(row.id, "wo:sent_back", reason=verdict or "")
    await trail.write(session)
    await session.flush()
    return to_visit_status(row, stored, verdict or "")


def _takes_reports(row: WorkOrder) -> bool:
    return states_when_reported(row.state) is not None and not row.called_off


async def _get_stored_report(
    session: AsyncSession, row: WorkOrder, signal: SiteVisitCompleted
) -> tuple[WorkOrderCompletion | None, str | None]:
    """Return the stored report, or why there is none. A report that a person sent as a signal is stored now."""
    if signal.completion is not None and await session.get(WorkOrderCompletion, signal.completion_id) is None:
        try:
            completion = Completion.model_validate({**signal.completion, "completion_id": signal.completion_id})
        except ValidationError as error:
            errors = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:10])
            return None, f"The report cannot be read: {errors}"
        await _store(session, row, completion)
    found = await session.get(WorkOrderCompletion, signal.completion_id)
    if found is None:
        return None, f"There is no report {signal.completion_id}."
    if found.work_order_id != row.id:
        return None, f"The report {signal.completion_id} is of another order."
    return found, found.verdict


async def _evaluate(
    session: AsyncSession,
    catalogs: CatalogCache,
    trail: AuditTrail,
    now: datetime,
    row: WorkOrder,
    stored: WorkOrderCompletion,
) -> str:
    completion = Completion.model_validate(stored.body)
    path = states_when_reported(row.state)
    if path is None or row.called_off:
        why = row.called_off or f"the order is {row.state}"
        mark_if_work_was_done(trail, row, completion, now, why)
        return f"ignored: {why}"
    errors = describe_field_errors(
        find_completion_errors(await _gather_facts(session, catalogs, row, completion), completion)
    )
    if errors:
        return " ".join(f"{fault.pointer[1:]}: {fault.detail}." for fault in errors)
    end = _W.COMPLETED if completion.outcome.is_done else _W.INCOMPLETE
    transition(trail, row, now, *path, end, reason=completion.outcome.replace("_", " "))
    row.outcome, row.sent_back, row.technician = completion.outcome, None, completion.technician
    if completion.outcome.justifies_another_visit and row.attempt < row.maximum_attempts:
        transition(trail, row, now, _W.RESCHEDULED)
        row.attempt += 1
        row.appointment_start = row.appointment_end = None
    return COMPLETION_ACCEPTED


async def get_accepted_report(session: AsyncSession, work_order_id: str) -> WorkOrderCompletion:
    """Return the report that ended an order."""
    statement = (
        select(WorkOrderCompletion)
        .where(
            col(WorkOrderCompletion.work_order_id) == work_order_id,
            col(WorkOrderCompletion.verdict) == COMPLETION_ACCEPTED,
        )
        .order_by(col(WorkOrderCompletion.received_at).desc())
        .limit(1)
    )
    return (await session.execute(statement)).scalar_one()


async def allow_another_attempt(session: AsyncSession, scope: Scope, work_order_id: str) -> WorkOrder:
    """Allow one more visit although the attempts are used up. An order that is open, or no longer needed, stays as it
    is.

    Raises:
        NotFound: there is none.
    """
    now = datetime.now(UTC)
    row = await get_for_update(session, work_order_id)
    if row.state is not _W.INCOMPLETE or row.called_off:
        return row
    trail = AuditTrail(scope, now, row.journey)
    transition(trail, row, now, _W.RESCHEDULED)
    row.attempt += 1
    row.maximum_attempts = max(row.maximum_attempts, row.attempt)
    await trail.write(session)
    return row


def to_visit_status(row: WorkOrder, stored: WorkOrderCompletion | None = None, verdict: str = "") -> SiteVisitStatus:
    """Return the status of the order, as its workflow needs it."""
    outcome = CompletionOutcome(row.outcome) if row.outcome else None
    final = row.state in (_W.COMPLETED, _W.CANCELLED, _W.INCOMPLETE)
    return SiteVisitStatus(
        work_order_id=row.id,
        state=row.state,
        outcome=outcome,
        completion_id=stored.completion_id if stored and stored.verdict == COMPLETION_ACCEPTED else None,
        waits=not final,
        attempts_used_up=(
            row.state is _W.INCOMPLETE
            and not row.called_off
            and outcome is not None
            and outcome.justifies_another_visit
        ),
        verdict=verdict[:500],
        seconds_until_appointment=_seconds_until(row.appointment_end),
    )


def _seconds_until(instant: datetime | None) -> float:
    return max(0.0, (instant - datetime.now(UTC)).total_seconds()) if instant else 0.0
