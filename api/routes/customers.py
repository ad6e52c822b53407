"""Customers: find, see, what they could apply for, and taking over what the CIS tells."""

from fastapi import APIRouter

from api.auth import AsOperator
from api.bodies import CustomersImported, CustomersRequest, RecordFault
from api.context import InContext
from api.parameters import ByExternalId, Cursor, CustomerPath, Limit, Words
from models.views import CustomerSummary, CustomerView, EligiblePrograms, EnrollmentSummary, Page, TimelineEntry
from operations import customers, move_outs, outbox
from operations.database import transaction
from operations.queries import customers as queries
from operations.queries import enrollments, timelines
from rules import cis_records

router = APIRouter(prefix="/v1/customers", tags=["customers"])


@router.get("")
async def found(
    scope: AsOperator, context: InContext, q: Words = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[CustomerSummary]:
    """Customers, newest first, or those that match."""
    async with transaction(context.sessions) as session:
        return await queries.found(session, scope, q=q, limit=limit, cursor=cursor)


@router.put("")
async def upsert(body: CustomersRequest, scope: AsOperator, context: InContext) -> CustomersImported:
    """Take over records of the CIS. Sending the same again changes nothing; a bad record never stops the others, and
    `errors` says why it was not taken. Where none can be taken the request is refused."""
    readable, faults = cis_records.readable(body.customers)
    records = list(readable.values())
    async with transaction(context.sessions) as session:
        result = await customers.upsert(session, scope, records)
        await move_outs.follow(
            session,
            scope,
            context.catalogs,
            [record.cis_service_point_id for record in records],
            acknowledgement_timeout_seconds=context.acknowledgement_timeout_seconds,
        )
    context.courier.take(outbox.written(session))
    return CustomersImported(
        received=len(body.customers),
        taken=len(records),
        created=result.created,
        updated=result.updated,
        errors=[RecordFault(**fault._asdict()) for fault in faults],
    )


@router.get("/{customer}")
async def seen(customer: CustomerPath, scope: AsOperator, context: InContext) -> CustomerView:
    """One customer with the places served."""
    async with transaction(context.sessions) as session:
        return await queries.seen(session, scope, customer)


@router.get("/{customer}/eligible-programs")
async def eligible_programs(
    customer: CustomerPath, scope: AsOperator, context: InContext, service_point: ByExternalId = None
) -> Page[EligiblePrograms]:
    """For each service point, or the one named: which programs could be applied for, and why not the others. The same
    rules decide the application itself."""
    async with transaction(context.sessions) as session:
        items = await queries.eligible_programs(session, scope, context.catalogs, customer, service_point)
    return Page(items=items)


@router.get("/{customer}/enrollments")
async def enrollments_of(
    customer: CustomerPath, scope: AsOperator, context: InContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[EnrollmentSummary]:
    """A customer's enrolments, newest first."""
    async with transaction(context.sessions) as session:
        await queries.seen(session, scope, customer)
        return await enrollments.listed(session, scope, customer=customer, limit=limit, cursor=cursor)


@router.get("/{customer}/timeline")
async def timeline_of(
    customer: CustomerPath, scope: AsOperator, context: InContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[TimelineEntry]:
    """All that happened with a customer's requests, in words, newest first: enrolments, unenrolments, service calls,
    and their work orders, visits and messages to the DERMS."""
    async with transaction(context.sessions) as session:
        await queries.seen(session, scope, customer)
        return await timelines.of_customer(session, scope, customer, limit=limit, cursor=cursor)
