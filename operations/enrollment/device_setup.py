"""What is set up between acceptance and association: the subscription that waits, and what its device comes by."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from models.catalog.programs import Program
from models.catalog.service_tasks import ServiceLevel, SetupStep
from models.errors import NotFound
from models.messages.enrollment import DeviceSetupPlan
from models.messages.shipment import AwaitedShipment
from models.messages.site_visit import AwaitedVisit
from models.requests.enrollment import EnrollmentApplication
from models.scope import Scope
from models.states.shipment import ShipmentState
from models.states.subscription import SubscriptionState
from models.states.work_order import WorkOrderKind, WorkOrderState
from models.tables.enrollment import Enrollment
from models.tables.subscription import ProgramSubscription
from operations.catalog.versions import CatalogCache, IndexedCatalog
from operations.enrollment import enrollments
from operations.enrollment.association import Association, build_subscription
from operations.enrollment.subscriptions import get_pending_subscription
from operations.field_work import shipments, work_orders
from operations.field_work.work_orders import NewWorkOrder
from operations.platform.audit import AuditTrail


def get_setup_steps(
    catalog: IndexedCatalog, program: Program, application: EnrollmentApplication
) -> tuple[SetupStep, ...]:
    """What the service task type asks to be done before a device is associated, in that order."""
    task = catalog.find_service_task_type(program.enroll_task)
    way = (application.installation_method, application.asset_ownership)
    return next(
        (
            setup.steps
            for setup in (task.device_setup if task else ())
            if (setup.installation_method, setup.asset_ownership) == way
        ),
        (),
    )


async def begin_setup(
    session: AsyncSession, trail: AuditTrail, what: Association, steps: tuple[SetupStep, ...], instant: datetime
) -> DeviceSetupPlan:
    """The subscription, pending, and the order or shipment, as the steps ask for; gives what to wait for."""
    subscription = ProgramSubscription(**build_subscription(what, SubscriptionState.PENDING))
    session.add(subscription)
    await session.flush()
    trail.note(subscription.id, "sub:pending")
    application, catalog = what.facts.application, what.catalog
    level = catalog.get_service_level(what.facts.program.enroll_task)
    underway = DeviceSetupPlan(steps=steps, expire_after_days=level.expire_after_days)
    if SetupStep.WORK_ORDER in steps and application is not None:
        visit = await _order_visit(session, trail, subscription, application, catalog, instant)
        return underway.model_copy(update={"visit": visit})
    if SetupStep.SHIP_DEVICE in steps:
        shipment = await _order_shipment(session, trail, subscription, catalog, level, instant)
        return underway.model_copy(update={"shipment": shipment})
    return underway


async def _order_shipment(
    session: AsyncSession,
    trail: AuditTrail,
    subscription: ProgramSubscription,
    catalog: IndexedCatalog,
    level: ServiceLevel,
    instant: datetime,
) -> AwaitedShipment:
    request = enrollments.LIFECYCLE.ref(subscription.enrollment_id)
    return await shipments.create_shipment(session, trail, subscription, request, catalog.version, level, instant)


async def _order_visit(
    session: AsyncSession,
    trail: AuditTrail,
    subscription: ProgramSubscription,
    application: EnrollmentApplication,
    catalog: IndexedCatalog,
    instant: datetime,
) -> AwaitedVisit:
    program = catalog.get_program(subscription.program)
    new = NewWorkOrder(
        kind=WorkOrderKind.INSTALL,
        request=enrollments.LIFECYCLE.ref(subscription.enrollment_id),
        subscription=subscription,
        ownership=application.asset_ownership,
        catalog_version=catalog.version,
        reason=f"Install a device for {program.name}",
        service_level=catalog.get_service_level(program.enroll_task),
        wishes=application.work_order,
    )
    return await work_orders.create_work_order(session, trail, new, instant)


async def order_new_shipment(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, enrollment_id: str
) -> AwaitedShipment:
    """A new shipment after the one before came back; the same again gives the same one, as it does once nothing is
    waited for.

    Raises:
        NotFound: no such enrollment, or it never waited for a device.
    """
    now = datetime.now(UTC)
    trail = AuditTrail(scope, now, enrollment_id)
    enrollment, waiting = await _load_awaiting_device(session, trail, enrollment_id, now)
    catalog = await catalogs.get_version(session, enrollment.catalog_version)
    level = catalog.get_service_level(catalog.get_program(enrollment.program).enroll_task)
    last = await shipments.get_latest_of_enrollment(session, enrollment_id)
    if last is not None and (waiting is None or last.state in (*shipments.UNDER_WAY_STATES, ShipmentState.CONFIRMED)):
        shipment = shipments.to_shipment_message(last.id, level)
    elif waiting is not None:
        shipment = await _order_shipment(session, trail, waiting, catalog, level, now)
    else:
        raise _never_awaited_device(enrollment_id)
    await trail.write(session)
    return shipment


async def _load_awaiting_device(
    session: AsyncSession, trail: AuditTrail, enrollment_id: str, now: datetime
) -> tuple[Enrollment, ProgramSubscription | None]:
    """The enrollment, locked, and its subscription, if that waits for a device; somebody has acted, so that nobody is
    needed any more."""
    enrollment = await enrollments.get_for_update(session, enrollment_id)
    enrollments.resume_if_parked(trail, enrollment, now)
    return enrollment, await get_pending_subscription(session, enrollment_id)


def _never_awaited_device(enrollment_id: str) -> NotFound:
    return NotFound(f"Enrollment {enrollment_id} never waited for a device.")


async def order_new_visit(
    session: AsyncSession, scope: Scope, catalogs: CatalogCache, enrollment_id: str
) -> AwaitedVisit:
    """A new order after the previous one was cancelled; the same again gives the same one, as it does once nothing is
    waited for.

    Raises:
        NotFound: no such enrollment, or it never waited for a device.
    """
    now = datetime.now(UTC)
    trail = AuditTrail(scope, now, enrollment_id)
    enrollment, waiting = await _load_awaiting_device(session, trail, enrollment_id, now)
    catalog = await catalogs.get_version(session, enrollment.catalog_version)
    last = await work_orders.get_latest_of_request(session, enrollment_id)
    if last is not None and (waiting is None or last.state is not WorkOrderState.CANCELLED):
        level = catalog.get_service_level(catalog.get_program(enrollment.program).enroll_task)
        visit = work_orders.to_visit(last.id, level)
    elif waiting is not None:
        application = EnrollmentApplication.model_validate(enrollment.application)
        visit = await _order_visit(session, trail, waiting, application, catalog, now)
    else:
        raise _never_awaited_device(enrollment_id)
    await trail.write(session)
    return visit


async def get_setup_in_progress(
    session: AsyncSession,
    catalogs: CatalogCache,
    enrollment_id: str,
    catalog_version: int,
    application: EnrollmentApplication,
) -> DeviceSetupPlan:
    """What an enrollment that is being set up waits for."""
    catalog = await catalogs.get_version(session, catalog_version)
    program = catalog.get_program(application.program)
    level = catalog.get_service_level(program.enroll_task)
    last = await work_orders.get_latest_of_request(session, enrollment_id)
    shipment = await shipments.get_latest_of_enrollment(session, enrollment_id)
    return DeviceSetupPlan(
        steps=get_setup_steps(catalog, program, application),
        expire_after_days=level.expire_after_days,
        visit=work_orders.to_visit(last.id, level) if last else None,
        shipment=shipments.to_shipment_message(shipment.id, level) if shipment else None,
    )
