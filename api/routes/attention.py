"""The attention list: what waits for a person, over all process flows."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import AsOperator
from api.context import InContext
from api.parameters import Cursor, KindFilter, Limit, ProgramFilter
from models.values import Instant
from models.views.attention import AttentionItem, AttentionKind
from models.views.view import Page
from operations.attention import queries
from operations.platform.database import transaction

router = APIRouter(prefix="/v1/attention", tags=["attention"])


@router.get("")
async def list_attention_items(
    scope: AsOperator,
    context: InContext,
    kind: Annotated[AttentionKind | None, KindFilter] = None,
    program: ProgramFilter = None,
    since: Annotated[Instant | None, Query(description="Only items that began to wait then or later.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AttentionItem]:
    """Returns what waits for a person, oldest first: since when, why, and the actions that resolve it."""
    async with transaction(context.sessions) as session:
        return await queries.list_attention_items(
            session, scope, kind=kind, program=program, since=since, limit=limit, cursor=cursor
        )
