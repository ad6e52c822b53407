"""What is set up between acceptance and association: the subscription that waits, and the order for a technician."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.application import EnrollmentApplication
from models.catalog import Program, ServiceLevel, SetupStep
from models.errors import NotFound
from models.ids import enrollment_workflow_id
from models.messages.site_visit import Visit
from models.scope import Scope
from models.states import SubscriptionState
from models.tables.enrollment import Enrollment
from models.tables.subscription import ProgramSubscription
from models.tables.work_order import WorkOrder
from models.task_states import WorkOrderKind, WorkOrderState
from operations import work_orders
from operations.announcing import Journey
from operations.association import Association, subscription_of
from operations.audit import Trail
from operations.catalog import Catalogs, IndexedCatalog
from operations.work_orders import NewWorkOrder

CARRIED_OUT = frozenset({SetupStep.WORK_ORDER})
"""The steps that the flow knows how to do."""


def steps_of(catalog: IndexedCatalog, program: Program, application: EnrollmentApplication) -> tuple[SetupStep, ...]:
    """What the service task type asks to be done before a device is associated, in that order."""
    task = catalog.task(program.enroll_task)
    way = (application.installation_method, application.asset_ownership)
    return next(
        (
            setup.steps
            for setup in (task.device_setup if task else ())
            if (setup.installation_method, setup.asset_ownership) == way
        ),
        (),
    )


async def begin(
    session: AsyncSession, trail: Trail, what: Association, steps: tuple[SetupStep, ...], instant: datetime
) -> Visit | None:
    """The subscription, pending, and the order, if a technician is needed; gives the visit to wait for."""
    if unknown := set(steps) - CARRIED_OUT:
        raise ValueError(f"no flow carries out these setup steps yet: {', '.join(sorted(unknown))}")
    subscription = ProgramSubscription(**subscription_of(what, SubscriptionState.PENDING))
    session.add(subscription)
    await session.flush()
    trail.noted(subscription.id, "sub:pending")
    application = what.facts.application
    if SetupStep.WORK_ORDER not in steps or application is None:
        return None
    return await _order(session, trail, subscription, application, what.catalog, instant)


async def _order(
    session: AsyncSession,
    trail: Trail,
    subscription: ProgramSubscription,
    application: EnrollmentApplication,
    catalog: IndexedCatalog,
    instant: datetime,
) -> Visit:
    program = catalog.program(subscription.program)
    enrollment_id = subscription.enrollment_id
    new = NewWorkOrder(
        kind=WorkOrderKind.INSTALL,
        journey=Journey(enrollment_id, enrollment_workflow_id(enrollment_id)),
        subscription=subscription,
        ownership=application.asset_ownership,
        catalog_version=catalog.version,
        reason=f"Install a device for {program.name}",
        level=_level(catalog, program),
        wish=application.work_order,
    )
    return await work_orders.order(session, trail, new, instant)


def _level(catalog: IndexedCatalog, program: Program) -> ServiceLevel:
    task = catalog.task(program.enroll_task)
    return task.service_level if task else ServiceLevel()


async def order_again(session: AsyncSession, scope: Scope, catalogs: Catalogs, enrollment_id: str) -> Visit:
    """A new order after the one before was called off; the same again gives the same one.

    Raises:
        NotFound: no such enrolment, or it has no subscription that waits.
    """
    now = datetime.now(UTC)
    statement = (
        select(Enrollment, ProgramSubscription)
        .join(ProgramSubscription, col(ProgramSubscription.enrollment_id) == col(Enrollment.id))
        .where(col(Enrollment.id) == enrollment_id, col(ProgramSubscription.state) == SubscriptionState.PENDING)
        .with_for_update(of=Enrollment)
    )
    found = (await session.execute(statement)).first()
    if found is None:
        raise NotFound(f"Enrolment {enrollment_id} has no subscription that waits for a device.")
    enrollment, subscription = found
    catalog = await catalogs.version(session, enrollment.catalog_version)
    last = await _last_order(session, enrollment_id)
    if last is not None and last.state is not WorkOrderState.CANCELLED:
        return work_orders.visit_of(last.id, _level(catalog, catalog.program(enrollment.program)))
    trail = Trail(scope, now, enrollment_id)
    application = EnrollmentApplication.model_validate(enrollment.application)
    visit = await _order(session, trail, subscription, application, catalog, now)
    await trail.write(session)
    return visit


async def visit_in_progress(
    session: AsyncSession, catalogs: Catalogs, enrollment_id: str, catalog_version: int
) -> Visit | None:
    """The visit that an enrolment waits for, if it does."""
    last = await _last_order(session, enrollment_id)
    if last is None:
        return None
    catalog = await catalogs.version(session, catalog_version)
    return work_orders.visit_of(last.id, _level(catalog, catalog.program(last.program)))


async def _last_order(session: AsyncSession, enrollment_id: str) -> WorkOrder | None:
    statement = select(WorkOrder).where(col(WorkOrder.journey) == enrollment_id).order_by(col(WorkOrder.id).desc())
    return (await session.execute(statement.limit(1))).scalar_one_or_none()
