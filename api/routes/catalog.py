"""The configuration: programs as one chooses among them, and the catalogue as one whole."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from api.auth import AsOperator
from api.bodies import CatalogRequest, CatalogView
from api.context import InContext
from api.parameters import version_of
from models.views import Page, ProgramView
from operations import catalog, outbox
from operations.catalog import AppliedCatalog
from operations.database import transaction
from operations.queries import programs

router = APIRouter(prefix="/v1", tags=["catalog"])

IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=40, description="ETag of the catalogue the change was made on.")
]


@router.get("/programs")
async def listed(scope: AsOperator, context: InContext) -> Page[ProgramView]:
    """Every program, with how full it is."""
    async with transaction(context.sessions) as session:
        return await programs.listed(session, context.catalogs)


@router.get("/catalog")
async def seen(scope: AsOperator, context: InContext, response: Response) -> CatalogView:
    """The catalogue in force."""
    async with transaction(context.sessions) as session:
        current = await context.catalogs.current(session)
    response.headers["ETag"] = f'"{current.version}"'
    return CatalogView(version=current.version, catalog=current.content)


@router.put("/catalog")
async def apply(
    body: CatalogRequest,
    scope: AsOperator,
    context: InContext,
    response: Response,
    dry_run: Annotated[bool, Query(description="Only tell what would change.")] = False,
    if_match: IfMatch = None,
) -> AppliedCatalog:
    """Put a catalogue in force: all of it or nothing."""
    async with transaction(context.sessions) as session:
        applied = await catalog.apply(
            session, scope, context.catalogs, body, dry_run=dry_run, base=version_of(if_match)
        )
    context.courier.take(outbox.written(session))
    response.headers["ETag"] = f'"{applied.version}"'
    return applied
