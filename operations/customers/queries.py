"""Read customers: search them, get one with its service points, list the programs for which those are eligible."""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.catalog.programs import Program
from models.decision import DecisionOutcome
from models.scope import OperatorScope
from models.tables.customer import Account, Customer, Premise, ServicePoint
from models.views.customer import CustomerSummary, CustomerView, ServicePointView
from models.views.program import EligiblePrograms, ProgramEligibility
from models.views.view import Page
from operations.catalog.eligibility_facts import build_facts, get_usage, select_site
from operations.catalog.versions import CatalogCache
from operations.platform.paging import fetch_newest_first
from operations.platform.views import copy_columns
from rules.eligibility.decide import decide_eligibility
from rules.eligibility.facts import EligibilityFacts
from wording.findings.decisions import describe_decision
from wording.problems.not_found import not_found


def select_readable(scope: OperatorScope) -> Select[Customer]:
    """Return the query for what this scope may read. An operator reads all."""
    return select(Customer)


async def search_customers(
    session: AsyncSession, scope: OperatorScope, *, q: str | None, limit: int, cursor: str | None
) -> Page[CustomerSummary]:
    """Return a page of customers whose name, e-mail or address has these words, or who have this id."""
    statement = select_readable(scope)
    if q:
        statement = statement.where(_match_search(q))
    rows, more = await fetch_newest_first(session, statement, col(Customer.id), limit=limit, cursor=cursor)
    accounts = await _get_accounts(session, [row.id for row in rows])
    return Page(items=tuple(CustomerSummary(**_shared_fields(row, accounts[row.id])) for row in rows), next_cursor=more)


def _match_search(q: str) -> ColumnElement[bool]:
    words = re.findall(r"\w+", q)
    prefixes = func.to_tsquery("simple", " & ".join(f"{word}:*" for word in words))
    at_an_address = (
        select(col(Account.customer_id))
        .join(ServicePoint, col(ServicePoint.cis_account_id) == col(Account.cis_account_id))
        .join(Premise, col(Premise.cis_premise_id) == col(ServicePoint.cis_premise_id))
        .where(
            or_(
                col(Premise.search).op("@@")(prefixes),
                col(ServicePoint.cis_service_point_id) == q,
                col(Premise.cis_premise_id) == q,
            )
        )
    )
    by_account = select(col(Account.customer_id)).where(col(Account.cis_account_id) == q)
    return or_(
        col(Customer.search).op("@@")(prefixes),
        func.lower(col(Customer.email)) == q.lower(),
        col(Customer.phone) == q,
        col(Customer.cis_person_id) == q,
        col(Customer.id).in_(by_account),
        col(Customer.id).in_(at_an_address),
    )


async def _get_accounts(session: AsyncSession, customers: list[str]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = defaultdict(list)
    rows = await session.execute(
        select(col(Account.customer_id), col(Account.cis_account_id))
        .where(col(Account.customer_id).in_(customers))
        .order_by(col(Account.cis_account_id))
    )
    for customer, account in rows.all():
        grouped[customer].append(account)
    return grouped


def _shared_fields(row: Customer, accounts: Sequence[str]) -> dict[str, Any]:
    return copy_columns(row, CustomerSummary) | {"accounts": tuple(accounts)}


async def get_customer(session: AsyncSession, scope: OperatorScope, customer_id: str) -> CustomerView:
    """Return one customer with its service points.

    Raises:
        NotFound: there is none that this scope may read.
    """
    row = (await session.execute(select_readable(scope).where(col(Customer.id) == customer_id))).scalar_one_or_none()
    if row is None:
        raise not_found("customer", customer_id)
    accounts = await _get_accounts(session, [customer_id])
    places = await session.execute(
        select(ServicePoint, Premise, Account)
        .join(Premise, col(Premise.cis_premise_id) == col(ServicePoint.cis_premise_id))
        .join(Account, col(Account.cis_account_id) == col(ServicePoint.cis_account_id))
        .where(col(Account.customer_id) == customer_id)
        .order_by(col(ServicePoint.cis_service_point_id))
    )
    points = tuple(_to_service_point(*place) for place in places.all())
    return CustomerView(**_shared_fields(row, accounts[customer_id]), service_points=points)


def _to_service_point(point: ServicePoint, premise: Premise, account: Account) -> ServicePointView:
    lines = (premise.address_line_1, premise.address_line_2)
    return ServicePointView(
        service_point=point.cis_service_point_id,
        account=account.cis_account_id,
        account_status=account.status,
        premise=premise.cis_premise_id,
        address=", ".join(line for line in lines if line),
        **premise.model_dump(
            include={"city", "region", "postal_code", "country", "time_zone", "premise_type", "owner_occupied"}
        ),
        **point.model_dump(
            include={
                "customer_class",
                "tariff",
                "meter_type",
                "phase_count",
                "feeder",
                "substation",
                "critical",
                "effective_from",
                "effective_to",
            }
        ),
    )


async def list_eligible_programs(
    session: AsyncSession, scope: OperatorScope, catalogs: CatalogCache, customer_id: str, service_point: str | None
) -> tuple[EligiblePrograms, ...]:
    """Return every program for each of the customer's service points, or for the one named, with the reasons for or
    against it.

    Raises:
        NotFound: no such customer, or no such service point of theirs.
    """
    now = datetime.now(UTC)
    statement = select_site().where(col(Customer.id) == customer_id)
    if service_point is not None:
        statement = statement.where(col(ServicePoint.cis_service_point_id) == service_point)
    rows = (await session.execute(statement.order_by(col(ServicePoint.cis_service_point_id)))).all()
    if not rows:
        await get_customer(session, scope, customer_id)
        if service_point is not None:
            raise not_found("customers_service_point", service_point)
    catalog = await catalogs.get_current(session)
    usage = await get_usage(session)
    return tuple(
        EligiblePrograms(
            service_point=row.cis_service_point_id,
            as_of=now,
            programs=tuple(
                _to_eligibility(program, build_facts(row, catalog, program, now, usage[program.code]))
                for program in catalog.content.programs
            ),
        )
        for row in rows
    )


def _to_eligibility(program: Program, facts: EligibilityFacts) -> ProgramEligibility:
    decision = describe_decision(decide_eligibility(facts))
    return ProgramEligibility(
        program=program.code,
        name=program.name,
        eligible=decision.outcome is not DecisionOutcome.REJECTED,
        outcome=decision.outcome,
        findings=decision.findings,
    )
