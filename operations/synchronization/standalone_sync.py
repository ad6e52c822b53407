"""Sync requests that a workflow of their own sends, because no request's workflow does."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from models.ids import sync_request_workflow_id
from models.messages.search_attributes import WorkflowStage
from models.messages.sync_request_workflow import WORKFLOW, SyncRequestWorkflowInput
from models.messages.workflow_start import WorkflowStart
from models.scope import Scope
from models.states.sync_request import SyncKind
from models.tables.subscription import ProgramSubscription
from models.tables.sync_request import SyncRequest
from operations.catalog.versions import CatalogCache
from operations.platform import outbox
from operations.platform.audit import AuditTrail
from operations.platform.lifecycle import RequestRef
from operations.synchronization.enqueue import enqueue_sync


async def start_sync_workflow(session: AsyncSession, request: SyncRequest) -> None:
    """Have the sync request sent by a workflow of its own, in place of the one it had."""
    request.workflow_id = sync_request_workflow_id(request.id)
    await outbox.enqueue_starts(session, [_build_workflow_start(request)])


async def enqueue_standalone_syncs(
    session: AsyncSession,
    scope: Scope,
    catalogs: CatalogCache,
    changes: Sequence[tuple[ProgramSubscription, str]],
    kind: SyncKind,
) -> list[str]:
    """Create a sync request for each (subscription, request id), and start a workflow for it. Return their ids in
    order."""
    now = datetime.now(UTC)
    trail = AuditTrail(scope, now, "")
    sync_request_ids: list[str] = []
    for subscription, request_id in changes:
        own_trail, ref = trail.for_request(request_id), RequestRef(request_id, "")
        sync_request_id = await enqueue_sync(session, own_trail, catalogs, subscription, kind, ref, now)
        await start_sync_workflow(session, await session.get_one(SyncRequest, sync_request_id))
        sync_request_ids.append(sync_request_id)
    await trail.write(session)
    return sync_request_ids


def _build_workflow_start(request: SyncRequest) -> WorkflowStart:
    return WorkflowStart(
        workflow=WORKFLOW,
        workflow_id=sync_request_workflow_id(request.id),
        input=SyncRequestWorkflowInput(sync_request_id=request.id),
        summary=f"Notify the DERMS: {request.kind} of {request.subscription_id}",
        details=f"For {request.journey}, whose own workflow has ended.",
        attributes={"Program": request.program, "Stage": WorkflowStage.SYNCHRONIZING},
        again=True,
    )
