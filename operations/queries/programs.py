"""Reading programs, with how full they are."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.catalog import Program
from models.tables.catalog import ProgramCapacity
from models.views import Page, ProgramView
from operations.catalog import Catalogs
from operations.facts import usage_columns, usage_of
from rules.eligibility.facts import Usage


async def listed(session: AsyncSession, catalogs: Catalogs) -> Page[ProgramView]:
    """Every program of the catalogue in force; there are few enough for one page."""
    catalog = await catalogs.current(session)
    used = await session.execute(
        select(col(ProgramCapacity.program), *usage_columns(col(ProgramCapacity.program), counted=True))
    )
    usage = {program: usage_of(values) for program, *values in used.all()}
    return Page(items=tuple(_view(program, usage[program.code]) for program in catalog.content.programs))


def _view(program: Program, usage: Usage) -> ProgramView:
    return ProgramView(
        code=program.code,
        name=program.name,
        description=program.description,
        program_type=program.program_type,
        active=program.active,
        opens=program.enrollment_window.opens,
        closes=program.enrollment_window.closes,
        asset_types=tuple(sorted({entry.asset_type for entry in program.accepts})),
        offers=tuple(offer.model_dump(mode="json") for offer in program.offers),
        devices_minimum=program.devices.minimum,
        devices_maximum=program.devices.maximum,
        terms_version=program.terms.version,
        terms_url=str(program.terms.url),
        questions=tuple(question.model_dump(mode="json") for question in program.questions),
        incentive=program.incentive,
        capacity=_capacity(program, usage),
    )


def _capacity(program: Program, usage: Usage) -> dict[str, Any]:
    return {
        "maximum": program.capacity.model_dump(mode="json", include={"customers", "devices", "kw"}),
        "used": {"customers": usage.customers, "devices": usage.devices, "kw": str(usage.kw)},
        "waitlist": program.capacity.waitlist,
        "waiting": usage.waiting_ahead,
    }
