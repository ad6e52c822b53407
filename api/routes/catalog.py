"""The programs that a customer can choose from, and the catalog that defines them."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth import AsOperator
from api.bodies.catalog import CatalogView
from api.context import InContext
from api.parameters import IfMatch, parse_if_match
from models.catalog.catalog import Catalog
from models.views.program import ProgramView
from models.views.view import Page
from operations.catalog import queries, versions
from operations.catalog.versions import AppliedCatalog
from operations.platform.database import transaction

router = APIRouter(prefix="/v1", tags=["catalog"])


@router.get("/programs")
async def list_programs(scope: AsOperator, context: InContext) -> Page[ProgramView]:
    """Returns every program with its capacity and how much of it is in use."""
    async with transaction(context.sessions) as session:
        return await queries.list_programs(session, context.catalogs)


@router.get("/catalog")
async def get_catalog(scope: AsOperator, context: InContext, response: Response) -> CatalogView:
    """Returns the catalog in force. Its ETag goes into the If-Match header of the next change."""
    async with transaction(context.sessions) as session:
        current = await context.catalogs.get_current(session)
    response.headers["ETag"] = f'"{current.version}"'
    return CatalogView(version=current.version, catalog=current.content)


@router.put("/catalog")
async def apply_catalog(
    body: Catalog,
    scope: AsOperator,
    context: InContext,
    response: Response,
    dry_run: Annotated[bool, Query(description="Only report what would change.")] = False,
    if_match: IfMatch = None,
) -> AppliedCatalog:
    """Apply a complete catalog: all of it or nothing. What the body does not contain is removed."""
    async with transaction(context.sessions) as session:
        applied = await versions.apply_catalog(
            session, scope, context.catalogs, body, dry_run=dry_run, base=parse_if_match(if_match)
        )
    context.deliver(session)
    response.headers["ETag"] = f'"{applied.version}"'
    return applied
