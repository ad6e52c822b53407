"""The configuration: programs as one chooses among them, and the catalogue as one whole."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from api.auth import AsOperator
from api.bodies import CatalogRequest, CatalogView
from api.context import InContext
from api.parameters import parse_if_match
from models.views.program import ProgramView
from models.views.view import Page
from operations.catalog import queries, versions
from operations.catalog.versions import AppliedCatalog
from operations.platform import outbox
from operations.platform.database import transaction

router = APIRouter(prefix="/v1", tags=["catalog"])

IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=40, description="ETag of the catalogue the change was made on.")
]


@router.get("/programs")
async def list_programs(scope: AsOperator, context: InContext) -> Page[ProgramView]:
    """Every program, with how full it is."""
    async with transaction(context.sessions) as session:
        return await queries.list_programs(session, context.catalogs)


@router.get("/catalog")
async def get_catalog(scope: AsOperator, context: InContext, response: Response) -> CatalogView:
    """The catalogue in force."""
    async with transaction(context.sessions) as session:
        current = await context.catalogs.get_current(session)
    response.headers["ETag"] = f'"{current.version}"'
    return CatalogView(version=current.version, catalog=current.content)


@router.put("/catalog")
async def apply_catalog(
    body: CatalogRequest,
    scope: AsOperator,
    context: InContext,
    response: Response,
    dry_run: Annotated[bool, Query(description="Only tell what would change.")] = False,
    if_match: IfMatch = None,
) -> AppliedCatalog:
    """Put a catalogue in force: all of it or nothing."""
    async with transaction(context.sessions) as session:
        applied = await versions.apply_catalog(
            session, scope, context.catalogs, body, dry_run=dry_run, base=parse_if_match(if_match)
        )
    context.courier.enqueue(outbox.pop_deliveries(session))
    response.headers["ETag"] = f'"{applied.version}"'
    return applied
