"""Customers: find, see, what they could apply for, and taking over what the CIS tells."""

from fastapi import APIRouter

from api.auth import AsOperator
from api.bodies import CustomerImportRequest, CustomerImportView, RecordError
from api.context import InContext
from api.parameters import Cursor, CustomerPath, ExternalIdFilter, Limit, SearchText
from models.views.customer import CustomerSummary, CustomerView
from models.views.enrollment import EnrollmentSummary
from models.views.program import EligiblePrograms
from models.views.view import Page, TimelineEntry
from operations.customers import cis_import, queries
from operations.enrollment import queries as enrollment_queries
from operations.platform import outbox, timelines
from operations.platform.database import transaction
from operations.unenrollment import move_outs
from rules import cis_records

router = APIRouter(prefix="/v1/customers", tags=["customers"])


@router.get("")
async def search_customers(
    scope: AsOperator, context: InContext, q: SearchText = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[CustomerSummary]:
    """Customers, newest first, or those that match."""
    async with transaction(context.sessions) as session:
        return await queries.search_customers(session, scope, q=q, limit=limit, cursor=cursor)


@router.put("")
async def import_customers(body: CustomerImportRequest, scope: AsOperator, context: InContext) -> CustomerImportView:
    """Take over records of the CIS. Sending the same again changes nothing; a bad record never stops the others, and
    `errors` says why it was not taken. Where none can be taken the request is refused."""
    readable, faults = cis_records.validate_records(body.customers)
    records = list(readable.values())
    async with transaction(context.sessions) as session:
        result = await cis_import.import_customers(session, scope, records)
        await move_outs.apply_move_outs(
            session,
            scope,
            context.catalogs,
            [record.cis_service_point_id for record in records],
            acknowledgement_timeout_seconds=context.acknowledgement_timeout_seconds,
        )
    context.courier.enqueue(outbox.pop_deliveries(session))
    return CustomerImportView(
        received=len(body.customers),
        taken=len(records),
        created=result.created,
        updated=result.updated,
        errors=[RecordError(**fault._asdict()) for fault in faults],
    )


@router.get("/{customer}")
async def get_customer(customer: CustomerPath, scope: AsOperator, context: InContext) -> CustomerView:
    """One customer with the places served."""
    async with transaction(context.sessions) as session:
        return await queries.get_customer(session, scope, customer)


@router.get("/{customer}/eligible-programs")
async def list_eligible_programs(
    customer: CustomerPath, scope: AsOperator, context: InContext, service_point: ExternalIdFilter = None
) -> Page[EligiblePrograms]:
    """For each service point, or the one named: which programs could be applied for, and why not the others. The same
    rules decide the application itself."""
    async with transaction(context.sessions) as session:
        items = await queries.list_eligible_programs(session, scope, context.catalogs, customer, service_point)
    return Page(items=items)


@router.get("/{customer}/enrollments")
async def list_customer_enrollments(
    customer: CustomerPath, scope: AsOperator, context: InContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[EnrollmentSummary]:
    """A customer's enrolments, newest first."""
    async with transaction(context.sessions) as session:
        await queries.get_customer(session, scope, customer)
        return await enrollment_queries.list_enrollments(session, scope, customer=customer, limit=limit, cursor=cursor)


@router.get("/{customer}/timeline")
async def get_customer_timeline(
    customer: CustomerPath, scope: AsOperator, context: InContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[TimelineEntry]:
    """All that happened with a customer's requests, in words, newest first: enrolments, unenrolments, service calls,
    and their work orders, visits and messages to the DERMS."""
    async with transaction(context.sessions) as session:
        await queries.get_customer(session, scope, customer)
        return await timelines.list_customer_timeline(session, scope, customer, limit=limit, cursor=cursor)
