"""What the rules would decide about a draft if it were finished now. The summary shows it; nothing stores it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.decision import Decision
from models.errors import Invalid
from models.requests.enrollment import EnrollmentApplication
from models.requests.unenrollment import UnenrollmentApplication
from models.scope import OperatorScope
from models.states.process_flow import ProcessFlowState
from models.tables.catalog import ProgramCapacity
from models.tables.customer import Premise, ServicePoint
from models.tables.subscription import ProgramSubscription
from operations.catalog.eligibility_facts import build_usage_columns, gather_application_facts, select_site, to_usage
from operations.catalog.versions import CatalogCache, IndexedCatalog
from operations.guided_flow.drafts import Draft
from operations.guided_flow.finish import build_request
from operations.unenrollment import case
from operations.unenrollment.submission import resolve_effective_at
from rules.eligibility.decide import decide_eligibility
from rules.guided_flow.panels import build_request_document
from rules.unenrollment import decide
from wording.findings.decisions import describe_decision


async def preview_decision(
    session: AsyncSession, scope: OperatorScope, catalogs: CatalogCache, draft: Draft
) -> Decision | None:
    """The decision as of now, under the configuration in force; None of what is incomplete or over, and of a service
    call, about which nothing is to be decided."""
    if draft.row.state is not ProcessFlowState.DRAFT or not all(panel.is_complete for panel in draft.panels):
        return None
    now, catalog = datetime.now(UTC), await catalogs.get_current(session)
    try:
        request = await build_request(session, draft.row, build_request_document(draft.panels))
    except Invalid:
        return None
    match request:
        case EnrollmentApplication():
            return await _preview_enrollment(session, catalog, request, now)
        case UnenrollmentApplication():
            return await _preview_unenrollment(session, scope, catalog, request, now)
        case _:
            return None


async def _preview_enrollment(
    session: AsyncSession, catalog: IndexedCatalog, application: EnrollmentApplication, now: datetime
) -> Decision | None:
    program = catalog.programs.get(application.program)
    statement = (
        select_site(*build_usage_columns(col(ProgramCapacity.program)))
        .join(ProgramCapacity, col(ProgramCapacity.program) == application.program)
        .where(col(ServicePoint.cis_service_point_id) == application.service_point)
    )
    row = (await session.execute(statement)).first()
    if row is None or program is None:
        return None
    weighed = await gather_application_facts(
        session, catalog, program, row, to_usage(row[:4]), application, now, applied_at=now
    )
    return describe_decision(decide_eligibility(weighed.facts))


async def _preview_unenrollment(
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
    from_then_on = resolve_effective_at(application.effective_date, now, ZoneInfo(zone.one()))
    asked = case.UnenrollmentRequest(application, scope.actor, scope.channel, now, from_then_on)
    facts = await case.load_facts(session, catalog, asked, subscription, now)
    return describe_decision(decide.decide_unenrollment(facts))
