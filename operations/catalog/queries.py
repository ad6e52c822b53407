"""Read programs, with their usage."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from models.catalog.programs import Program
from models.views.program import ProgramView
from models.views.view import Page
from operations.catalog.eligibility_facts import get_usage
from operations.catalog.versions import CatalogCache
from rules.eligibility.facts import ProgramUsage


async def list_programs(session: AsyncSession, catalogs: CatalogCache) -> Page[ProgramView]:
    """Return every program of the catalog in force; there are few enough for one page."""
    catalog = await catalogs.get_current(session)
    usage = await get_usage(session, counted=True)
    return Page(items=tuple(_to_view(program, usage[program.code]) for program in catalog.content.programs))


def _to_view(program: Program, usage: ProgramUsage) -> ProgramView:
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
        capacity=_to_capacity(program, usage),
    )


def _to_capacity(program: Program, usage: ProgramUsage) -> dict[str, Any]:
    return {
        "maximum": program.capacity.model_dump(mode="json", include={"customers", "devices", "kw"}),
        "used": {"customers": usage.customers, "devices": usage.devices, "kw": str(usage.kw)},
        "waitlist": program.capacity.waitlist,
        "waiting": usage.waiting_ahead,
    }
