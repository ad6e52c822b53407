"""What needs a person, over all flows."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import AsOperator
from api.context import InContext
from api.parameters import CodeFilter, Cursor, Limit
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
    kind: AttentionKind | None = None,
    program: CodeFilter = None,
    since: Annotated[Instant | None, Query(description="Only what has waited since then or less.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AttentionItem]:
    """What needs a person, what waits longest first: what, since when, why, and the doors that help."""
    async with transaction(context.sessions) as session:
        return await queries.list_attention_items(
            session, scope, kind=kind, program=program, since=since, limit=limit, cursor=cursor
        )
