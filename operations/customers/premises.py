"""Read the premise of a service point, and format its address."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables.customer import Premise, ServicePoint


async def get_premise(session: AsyncSession, service_point: str) -> Premise:
    """Return the premise of a service point that the record has."""
    statement = (
        select(Premise)
        .join(ServicePoint, col(ServicePoint.cis_premise_id) == col(Premise.cis_premise_id))
        .where(col(ServicePoint.cis_service_point_id) == service_point)
    )
    return (await session.scalars(statement)).one()


def format_address(premise: Premise) -> str:
    """Return the address in one line."""
    lines = (premise.address_line_1, premise.address_line_2, f"{premise.postal_code} {premise.city}")
    return ", ".join(line for line in lines if line)
