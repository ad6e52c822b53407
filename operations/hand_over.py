"""Telling the DERMS of a sync request by a flow that does nothing else."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from models.ids import hand_over_workflow_id
from models.messages.enroll import Stage
from models.messages.hand_over import WORKFLOW, HandOverInput
from models.states import SyncKind
from models.tables.subscription import ProgramSubscription
from models.tables.sync_request import SyncRequest
from operations import outbox
from operations.announcing import Journey, announce
from operations.audit import Trail
from operations.catalog import Catalogs


async def hand_over(session: AsyncSession, request: SyncRequest, timeout: float) -> None:
    """Has the request carried through by a flow of its own, in place of the one that it had."""
    request.workflow_id = hand_over_workflow_id(request.id)
    start = (request.workflow_id, _start_of_flow(request, timeout))
    await outbox.put(session, "start", WORKFLOW, [start])


async def announce_by_itself(
    session: AsyncSession,
    trail: Trail,
    catalogs: Catalogs,
    subscription: ProgramSubscription,
    kind: SyncKind,
    journey: str,
    instant: datetime,
    timeout: float,
) -> str:
    """Makes a sync request that no request's flow stands behind, and starts one for it; gives its id."""
    made = await announce(session, trail, catalogs, subscription, kind, Journey(journey, ""), instant)
    request = await session.get_one(SyncRequest, made)
    await hand_over(session, request, timeout)
    return made


def _start_of_flow(request: SyncRequest, timeout: float) -> dict[str, Any]:
    message = HandOverInput(sync_request_id=request.id, acknowledgement_timeout_seconds=timeout)
    return {
        "input": message.model_dump(mode="json"),
        "summary": f"Tell the DERMS: {request.kind} of {request.subscription_id}",
        "details": f"For {request.journey}, whose own flow is no more.",
        "attributes": {"Program": request.program, "Stage": Stage.SYNCHRONIZING},
        "again": True,
    }
