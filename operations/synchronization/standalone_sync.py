"""Sync requests that a workflow of their own sends, because no request's workflow does."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from models.ids import sync_request_workflow_id
from models.messages.search_attributes import WorkflowStage
from models.messages.sync_request_workflow import WORKFLOW, SyncRequestWorkflowInput
from models.states.sync_request import SyncKind
from models.tables.subscription import ProgramSubscription
from models.tables.sync_request import SyncRequest
from operations.catalog.versions import CatalogCache
from operations.platform import outbox
from operations.platform.audit import AuditTrail
from operations.platform.lifecycle import RequestRef
from operations.synchronization.enqueue import enqueue_sync


async def start_sync_workflow(session: AsyncSession, request: SyncRequest, timeout: float) -> None:
    """Have the sync request sent by a workflow of its own, in place of the one it had."""
    request.workflow_id = sync_request_workflow_id(request.id)
    start = (request.workflow_id, _build_start(request, timeout))
    await outbox.enqueue(session, "start", WORKFLOW, [start])


async def enqueue_standalone_sync(
    session: AsyncSession,
    trail: AuditTrail,
    catalogs: CatalogCache,
    subscription: ProgramSubscription,
    kind: SyncKind,
    request_id: str,
    instant: datetime,
    timeout: float,
) -> str:
    """Create a sync request that no request's workflow sends, and start a workflow for it. Return its id."""
    ref = RequestRef(request_id, "")
    sync_request_id = await enqueue_sync(session, trail, catalogs, subscription, kind, ref, instant)
    await start_sync_workflow(session, await session.get_one(SyncRequest, sync_request_id), timeout)
    return sync_request_id


def _build_start(request: SyncRequest, timeout: float) -> dict[str, Any]:
    message = SyncRequestWorkflowInput(sync_request_id=request.id, acknowledgement_timeout_seconds=timeout)
    return {
        "input": message.model_dump(mode="json"),
        "summary": f"Tell the DERMS: {request.kind} of {request.subscription_id}",
        "details": f"For {request.journey}, whose own flow is no more.",
        "attributes": {"Program": request.program, "Stage": WorkflowStage.SYNCHRONIZING},
        "again": True,
    }
