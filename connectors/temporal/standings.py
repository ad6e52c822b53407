"""How flows stand, many asked about at once."""

from collections.abc import Iterable, Sequence

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError

from models.errors import Unavailable
from models.messages.flows import FlowStanding

_OURS = {
    WorkflowExecutionStatus.RUNNING: FlowStanding.RUNNING,
    WorkflowExecutionStatus.CONTINUED_AS_NEW: FlowStanding.RUNNING,
    WorkflowExecutionStatus.COMPLETED: FlowStanding.ENDED,
}
_STRONGEST = (FlowStanding.UNKNOWN, FlowStanding.BROKEN_OFF, FlowStanding.ENDED, FlowStanding.RUNNING)
_IDS_A_QUESTION = 100


async def standings(client: Client, workflow_ids: Sequence[str]) -> dict[str, FlowStanding]:
    """The standing of each flow; of several runs under one id, the one that is furthest.

    It is read from the list of flows, which may be some seconds behind: ask about work that has rested for a while.

    Raises:
        Unavailable: Temporal does not answer.
    """
    found = dict.fromkeys(workflow_ids, FlowStanding.UNKNOWN)
    try:
        for start in range(0, len(workflow_ids), _IDS_A_QUESTION):
            async for one in client.list_workflows(_query(workflow_ids[start : start + _IDS_A_QUESTION])):
                standing = _OURS.get(one.status, FlowStanding.BROKEN_OFF) if one.status else FlowStanding.UNKNOWN
                found[one.id] = max(found[one.id], standing, key=_STRONGEST.index)
    except RPCError as error:
        raise Unavailable("Temporal cannot say which flows run.", code="temporal-unavailable") from error
    return found


def _query(workflow_ids: Iterable[str]) -> str:
    quoted = ", ".join(f"'{one}'" for one in workflow_ids)
    return f"WorkflowId IN ({quoted})"
