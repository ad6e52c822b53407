"""What is set up between acceptance and association: the subscription that waits, and what its device comes by."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.application import EnrollmentApplication
from models.catalog import Program, ServiceLevel, SetupStep
from models.errors import NotFound
from models.ids import enrollment_workflow_id
from models.messages.device_setup import Shipment
from models.messages.enroll import Underway
from models.messages.site_visit import Visit
from models.scope import Scope
from models.states import SubscriptionState
from models.tables.enrollment import Enrollment
from models.tables.subscription import ProgramSubscription
from models.tables.work_order import WorkOrder
from models.task_states import ShipmentState, WorkOrderKind, WorkOrderState
from operations import enrollments, shipments, work_orders
from operations.announcing import Journey
from operations.association import Association, subscription_of
from operations.audit import Trail
from operations.catalog import Catalogs, IndexedCatalog
from operations.work_orders import NewWorkOrder


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
) -> Underway:
    """The subscription, pending, and the order or shipment, as the steps ask for; gives what to wait for."""
    subscription = ProgramSubscription(**subscription_of(what, SubscriptionState.PENDING))
    session.add(subscription)
    await session.flush()
    trail.noted(subscription.id, "sub:pending")
    application, catalog = what.facts.application, what.catalog
    level = _level(catalog, what.facts.program)
    underway = Underway(steps=steps, expire_after_days=level.expire_after_days)
    if SetupStep.WORK_ORDER in steps and application is not None:
        visit = await _order(session, trail, subscription, application, catalog, instant)
        return underway.model_copy(update={"visit": visit})
    if SetupStep.SHIP_DEVICE in steps:
        shipment = await _ship(session, trail, subscription, catalog, level, instant)
        return underway.model_copy(update={"shipment": shipment})
    return underway


async def _ship(
    session: AsyncSession,
    trail: Trail,
    subscription: ProgramSubscription,
    catalog: IndexedCatalog,
    level: ServiceLevel,
    instant: datetime,
) -> Shipment:
    journey = Journey(subscription.enrollment_id, enrollment_workflow_id(subscription.enrollment_id))
    return await shipments.order(session, trail, subscription, journey, catalog.version, level, instant)


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


async def ship_again(session: AsyncSession, scope: Scope, catalogs: Catalogs, enrollment_id: str) -> Shipment:
    """A new shipment after the one before came back; the same again gives the same one, as it does once nothing is
    waited for.

    Raises:
        NotFound: no such enrolment, or it never waited for a device.
    """
    now = datetime.now(UTC)
    trail = Trail(scope, now, enrollment_id)
    enrollment, waiting = await _taken_up(session, trail, enrollment_id, now)
    catalog = await catalogs.version(session, enrollment.catalog_version)
    level = _level(catalog, catalog.program(enrollment.program))
    last = await shipments.last_of(session, enrollment_id)
    if last is not None and (waiting is None or last.state in (*shipments.UNDER_WAY, ShipmentState.CONFIRMED)):
        shipment = shipments.shipment_of(last.id, level)
    elif waiting is not None:
        shipment = await _ship(session, trail, waiting, catalog, level, now)
    else:
        raise _waits_for_none(enrollment_id)
    await trail.write(session)
    return shipment


async def _taken_up(
    session: AsyncSession, trail: Trail, enrollment_id: str, now: datetime
) -> tuple[Enrollment, ProgramSubscription | None]:
    """The enrolment, locked, and its subscription, if that waits for a device; somebody has acted, so that nobody is
    needed any more."""
    enrollment = await enrollments.locked(session, enrollment_id)
    waiting = select(ProgramSubscription).where(
        col(ProgramSubscription.enrollment_id) == enrollment_id,
        col(ProgramSubscription.state) == SubscriptionState.PENDING,
    )
    enrollments.resumed(trail, enrollment, now)
    return enrollment, await session.scalar(waiting)


def _waits_for_none(enrollment_id: str) -> NotFound:
    return NotFound(f"Enrolment {enrollment_id} never waited for a device.")


async def order_again(session: AsyncSession, scope: Scope, catalogs: Catalogs, enrollment_id: str) -> Visit:
    """A new order after the one before was called off; the same again gives the same one, as it does once nothing is
    waited for.

    Raises:
        NotFound: no such enrolment, or it never waited for a device.
    """
    now = datetime.now(UTC)
    trail = Trail(scope, now, enrollment_id)
    enrollment, waiting = await _taken_up(session, trail, enrollment_id, now)
    catalog = await catalogs.version(session, enrollment.catalog_version)
    last = await _last_order(session, enrollment_id)
    if last is not None and (waiting is None or last.state is not WorkOrderState.CANCELLED):
        visit = work_orders.visit_of(last.id, _level(catalog, catalog.program(enrollment.program)))
    elif waiting is not None:
        application = EnrollmentApplication.model_validate(enrollment.application)
        visit = await _order(session, trail, waiting, application, catalog, now)
    else:
        raise _waits_for_none(enrollment_id)
    await trail.write(session)
    return visit


async def in_progress(
    session: AsyncSession,
    catalogs: Catalogs,
    enrollment_id: str,
    catalog_version: int,
    application: EnrollmentApplication,
) -> Underway:
    """What an enrolment that is being set up waits for."""
    catalog = await catalogs.version(session, catalog_version)
    program = catalog.program(application.program)
    level, last = _level(catalog, program), await _last_order(session, enrollment_id)
    shipment = await shipments.last_of(session, enrollment_id)
    return Underway(
        steps=steps_of(catalog, program, application),
        expire_after_days=level.expire_after_days,
        visit=work_orders.visit_of(last.id, level) if last else None,
        shipment=shipments.shipment_of(shipment.id, level) if shipment else None,
    )


async def _last_order(session: AsyncSession, enrollment_id: str) -> WorkOrder | None:
    statement = select(WorkOrder).where(col(WorkOrder.journey) == enrollment_id).order_by(col(WorkOrder.id).desc())
    return (await session.execute(statement.limit(1))).scalar_one_or_none()
