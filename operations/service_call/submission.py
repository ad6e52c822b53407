"""Submits a service call: a request for help with a device that takes part in a program."""

from datetime import UTC, datetime
from typing import Any, NoReturn

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.catalog.programs import Program
from models.errors import Invalid
from models.ids import service_call_workflow_id
from models.messages.search_attributes import WorkflowStage
from models.messages.service_call import WORKFLOW, ServiceCallInput
from models.messages.workflow_start import WorkflowStart
from models.requests.service_call import ServiceCallApplication
from models.scope import OperatorScope
from models.states.service_call import ServiceCallState
from models.states.subscription import RegistrationState, SubscriptionState
from models.states.unenrollment import ENDED_UNENROLLMENTS
from models.tables.service_call import ServiceCall
from models.tables.subscription import Device, ProgramSubscription, SubscriptionDevice
from models.tables.unenrollment import Unenrollment
from operations.catalog.versions import CatalogCache, IndexedCatalog
from operations.platform.submission import RequestKind, Row, Submitted, create_submission, find_earlier, submit
from rules.service_calls import find_action_errors, find_problem_errors
from wording.findings.field_errors import describe_field_errors
from wording.service_call import (
    device_not_participating,
    service_call_already_open,
    unenrollment_in_progress,
    unknown_device_on_subscription,
)

_C = ServiceCallState
_PARTICIPATING = (
    RegistrationState.INSTALLED,
    RegistrationState.REGISTERING,
    RegistrationState.REGISTERED,
    RegistrationState.REGISTRATION_FAILED,
)


def _build_audit_details(row: Row) -> dict[str, Any]:
    return {"channel": row["channel"], "problem": row["application"]["problem"]["code"]}


def _build_workflow_start(row: Row) -> WorkflowStart:
    return WorkflowStart(
        workflow=WORKFLOW,
        workflow_id=service_call_workflow_id(row["id"]),
        input=ServiceCallInput(service_call_id=row["id"]),
        summary=f"Help with a device in {row['program']}",
        details=f"Account {row['account']}, subscription {row['subscription_id']}.",
        attributes={"Program": row["program"], "AccountId": row["account"], "Stage": WorkflowStage.TROUBLESHOOTING},
    )


SERVICE_CALL = RequestKind(
    table=ServiceCall,
    id_prefix="svc",
    initial_state=_C.OPEN,
    audit_code="svc:open",
    build_audit_details=_build_audit_details,
    build_workflow_start=_build_workflow_start,
)


async def submit_service_call(
    session: AsyncSession,
    scope: OperatorScope,
    catalogs: CatalogCache,
    application: ServiceCallApplication,
    *,
    idempotency_key: str | None,
) -> Submitted[ServiceCallState]:
    """Stores the request and starts its workflow. The same request again returns the same service call.

    Raises:
        Invalid: subscription, device or problem unknown, or a visit that the program does not order.
        Conflict: the device does not take part or its unenrollment is open; or a call for it is open already.
        ContentMismatch: transaction id or idempotency key used before for another request.
    """
    submission = create_submission(SERVICE_CALL, scope, application, datetime.now(UTC), idempotency_key=idempotency_key)
    if earlier := await find_earlier(session, submission):
        return earlier
    subscription, device = await _get_subscribed_device_for_update(session, application)
    catalog = await catalogs.get_current(session)
    _check_request(application, device, catalog.get_program(subscription.program), catalog)
    columns = {
        "subscription_id": subscription.id,
        "device_id": device.id,
        "enrollment_id": subscription.enrollment_id,
        "customer_id": subscription.customer_id,
        "account": subscription.account,
        "program": subscription.program,
        "catalog_version": catalog.version,
        "action": application.chosen_action.model_dump(mode="json") if application.chosen_action else None,
    }
    submitted = await submit(session, submission, columns)
    return submitted or await _raise_already_open(session, device.id)


async def _get_subscribed_device_for_update(
    session: AsyncSession, application: ServiceCallApplication
) -> tuple[ProgramSubscription, Device]:
    """The subscription, locked so that it is not left at the same moment, and the device on it."""
    statement = (
        select(ProgramSubscription, Device, col(SubscriptionDevice.registration))
        .join(SubscriptionDevice, col(SubscriptionDevice.subscription_id) == col(ProgramSubscription.id))
        .join(Device, col(Device.id) == col(SubscriptionDevice.device_id))
        .where(col(ProgramSubscription.id) == application.subscription, col(Device.id) == application.device)
        .with_for_update(of=ProgramSubscription)
    )
    found = (await session.execute(statement)).first()
    if found is None:
        raise unknown_device_on_subscription()
    subscription, device, registration = found.tuple()
    await _reject_while_unenrolling(session, subscription)
    if subscription.state is not SubscriptionState.ACTIVE or registration not in _PARTICIPATING:
        raise device_not_participating(
            subscription.program, subscription.state, registration, subscription.enrollment_id
        )
    return subscription, device


def _check_request(
    application: ServiceCallApplication, device: Device, program: Program, catalog: IndexedCatalog
) -> None:
    task = catalog.find_service_task_type(program.service_call_task)
    if task is None:
        raise Invalid(
            f"{program.code} offers no service calls.",
            fix="Name a service task type for them as service_call_task of the program in the catalog.",
            code="no-service-calls",
        )
    faults = (
        *describe_field_errors(find_problem_errors(application, task)),
        *describe_field_errors(find_action_errors(application.chosen_action, device.ownership, program)),
    )
    if faults:
        raise Invalid(
            "The call cannot be taken as it is; nothing was stored.",
            fix="Correct what the pointers name.",
            pointers=faults,
        )


async def _reject_while_unenrolling(session: AsyncSession, subscription: ProgramSubscription) -> None:
    leaving = await session.scalar(
        select(col(Unenrollment.id)).where(
            col(Unenrollment.subscription_id) == subscription.id, col(Unenrollment.state).not_in(ENDED_UNENROLLMENTS)
        )
    )
    if leaving is not None:
        raise unenrollment_in_progress(subscription.program, leaving)


async def _raise_already_open(session: AsyncSession, device_id: str) -> NoReturn:
    closed = (_C.CLOSED, _C.CANCELLED)
    other = await session.scalar(
        select(col(ServiceCall.id)).where(
            col(ServiceCall.device_id) == device_id, col(ServiceCall.state).not_in(closed)
        )
    )
    raise service_call_already_open(str(other))
