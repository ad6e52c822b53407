"""Customers: search, details, eligible programs, enrollments, timeline, and the import of CIS records."""

from fastapi import APIRouter

from api.auth import AsOperator
from api.bodies.customers import CustomerImportRequest, CustomerImportView, RecordError
from api.context import InContext
from api.parameters import Cursor, CustomerPath, Limit, SearchText, ServicePointFilter
from api.problem_responses import problem_responses
from models.views.customer import CustomerSummary, CustomerView
from models.views.enrollment import EnrollmentSummary
from models.views.program import EligiblePrograms
from models.views.view import Page, TimelineEntry
from operations.customers import cis_import, queries
from operations.enrollment import queries as enrollment_queries
from operations.platform import timelines
from operations.platform.database import transaction
from operations.unenrollment import move_outs
from rules import cis_records
from wording.findings.cis_records import describe_row_errors, no_record_accepted

router = APIRouter(prefix="/v1/customers", tags=["customers"])


@router.get("")
async def search_customers(
    scope: AsOperator, context: InContext, q: SearchText = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[CustomerSummary]:
    """Returns the customers that match the text, or all of them, newest first."""
    async with transaction(context.sessions) as session:
        return await queries.search_customers(session, scope, q=q, limit=limit, cursor=cursor)


@router.put("")
async def import_customers(body: CustomerImportRequest, scope: AsOperator, context: InContext) -> CustomerImportView:
    """Create or update customers from CIS records. Sending the same records again changes nothing.

    A bad record never stops the others; `errors` says why it was rejected. A request without any good record is
    rejected as a whole."""
    readable, errors = cis_records.validate_records(body.customers)
    faults = describe_row_errors(errors)
    if not readable:
        raise no_record_accepted(len(body.customers), faults)
    records = list(readable.values())
    async with transaction(context.sessions) as session:
        result = await cis_import.import_customers(session, scope, records)
        await move_outs.apply_move_outs(
            session,
            scope,
            context.catalogs,
            [record.cis_service_point_id for record in records],
        )
    context.deliver(session)
    return CustomerImportView(
        received=len(body.customers),
        taken=len(records),
        created=result.created,
        updated=result.updated,
        errors=[RecordError(**fault._asdict()) for fault in faults],
    )


@router.get("/{customer}", responses=problem_responses(404))
async def get_customer(customer: CustomerPath, scope: AsOperator, context: InContext) -> CustomerView:
    """Returns one customer with the accounts and service points."""
    async with transaction(context.sessions) as session:
        return await queries.get_customer(session, scope, customer)


@router.get("/{customer}/eligible-programs", responses=problem_responses(404))
async def list_eligible_programs(
    customer: CustomerPath, scope: AsOperator, context: InContext, service_point: ServicePointFilter = None
) -> Page[EligiblePrograms]:
    """Returns, for each service point or the named one, which programs the customer can apply for and why not the
    others. The same rules decide the application itself."""
    async with transaction(context.sessions) as session:
        items = await queries.list_eligible_programs(session, scope, context.catalogs, customer, service_point)
    return Page(items=items)


@router.get("/{customer}/enrollments", responses=problem_responses(404))
async def list_customer_enrollments(
    customer: CustomerPath, scope: AsOperator, context: InContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[EnrollmentSummary]:
    """Returns a customer's enrollments, newest first."""
    async with transaction(context.sessions) as session:
        await queries.get_customer(session, scope, customer)
        return await enrollment_queries.list_enrollments(session, scope, customer=customer, limit=limit, cursor=cursor)


@router.get("/{customer}/timeline", responses=problem_responses(404))
async def get_customer_timeline(
    customer: CustomerPath, scope: AsOperator, context: InContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[TimelineEntry]:
    """Returns everything that happened with a customer's requests, newest first, in words: enrollments, unenrollments,
    service calls, and their work orders, visits and messages to the DERMS."""
    async with transaction(context.sessions) as session:
        await queries.get_customer(session, scope, customer)
        return await timelines.list_customer_timeline(session, scope, customer, limit=limit, cursor=cursor)
