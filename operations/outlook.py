"""What the rules would decide of a guided flow, were it finished now: told on its summary, stored nowhere."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.application import EnrollmentApplication
from models.decision import Decision
from models.errors import Invalid
from models.scope import OperatorScope
from models.tables.catalog import ProgramCapacity
from models.tables.customer import Premise, ServicePoint
from models.tables.subscription import ProgramSubscription
from models.task_states import ProcessFlowState
from models.unenrollment import UnenrollmentApplication
from operations import leaving
from operations.catalog import Catalogs, IndexedCatalog
from operations.facts import place_of, usage_columns, weigh
from operations.finishing import request_of
from operations.process_flows import Draft
from operations.unenrollments import effective_at
from rules import unenrollment
from rules.eligibility.decide import decide
from rules.panels import request_document


async def outlook(session: AsyncSession, scope: OperatorScope, catalogs: Catalogs, draft: Draft) -> Decision | None:
    """The decision as of now, under the configuration in force; None of what is incomplete or over, and of a service
    call, about which nothing is to be decided."""
    if draft.row.state is not ProcessFlowState.DRAFT or not all(panel.complete for panel in draft.panels):
        return None
    now, catalog = datetime.now(UTC), await catalogs.current(session)
    try:
        request = await request_of(session, draft.row, request_document(draft.panels))
    except Invalid:
        return None
    match request:
        case EnrollmentApplication():
            return await _of_enrolling(session, catalog, request, now)
        case UnenrollmentApplication():
            return await _of_leaving(session, scope, catalog, request, now)
        case _:
            return None


async def _of_enrolling(
    session: AsyncSession, catalog: IndexedCatalog, application: EnrollmentApplication, now: datetime
) -> Decision | None:
    program = catalog.programs.get(application.program)
    statement = (
        place_of(*usage_columns(col(ProgramCapacity.program)))
        .join(ProgramCapacity, col(ProgramCapacity.program) == application.program)
        .where(col(ServicePoint.cis_service_point_id) == application.service_point)
    )
    row = (await session.execute(statement)).first()
    if row is None or program is None:
        return None
    weighed = await weigh(session, catalog, program, row, row[:4], application, now, applied_at=now)
    return decide(weighed.facts)


async def _of_leaving(
    session: AsyncSession,
    scope: OperatorScope,
    catalog: IndexedCatalog,
    application: UnenrollmentApplication,
    now: datetime,
) -> Decision | None:
    subscription = await session.get(ProgramSubscription, application.subscription)
    if subscription is None:
        return None
    zone = await session.scalars(
        select(col(Premise.time_zone))
        .join(ServicePoint, col(ServicePoint.cis_premise_id) == col(Premise.cis_premise_id))
        .where(col(ServicePoint.cis_service_point_id) == subscription.service_point)
    )
    from_then_on = effective_at(application.effective_date, now, ZoneInfo(zone.one()))
    asked = leaving.Asked(application, scope.actor, scope.channel, now, from_then_on)
    return unenrollment.decide(await leaving.facts_of(session, catalog, asked, subscription, now))
