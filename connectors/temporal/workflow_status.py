"""The statuses of many workflows in one query."""

from collections.abc import Iterable, Sequence

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError

from models.errors import Unavailable
from models.messages.workflow_status import WorkflowStatus

_STATUS_BY_TEMPORAL_STATUS = {
    WorkflowExecutionStatus.RUNNING: WorkflowStatus.RUNNING,
    WorkflowExecutionStatus.CONTINUED_AS_NEW: WorkflowStatus.RUNNING,
    WorkflowExecutionStatus.COMPLETED: WorkflowStatus.COMPLETED,
}
_PRECEDENCE = (WorkflowStatus.UNKNOWN, WorkflowStatus.ABORTED, WorkflowStatus.COMPLETED, WorkflowStatus.RUNNING)
_IDS_PER_QUERY = 100


async def get_workflow_statuses(client: Client, workflow_ids: Sequence[str]) -> dict[str, WorkflowStatus]:
    """Returns the status of each workflow; of several runs under one id, the one that is furthest.

    The list of workflows may be some seconds behind: ask about records that have not changed for a while.

    Raises:
        Unavailable: Temporal does not answer.
    """
    statuses = dict.fromkeys(workflow_ids, WorkflowStatus.UNKNOWN)
    try:
        for start in range(0, len(workflow_ids), _IDS_PER_QUERY):
            async for workflow in client.list_workflows(_build_query(workflow_ids[start : start + _IDS_PER_QUERY])):
                status = (
                    _STATUS_BY_TEMPORAL_STATUS.get(workflow.status, WorkflowStatus.ABORTED)
                    if workflow.status
                    else WorkflowStatus.UNKNOWN
                )
                statuses[workflow.id] = max(statuses[workflow.id], status, key=_PRECEDENCE.index)
    except RPCError as error:
        raise Unavailable("Temporal does not answer which workflows run.", code="temporal-unavailable") from error
    return statuses


def _build_query(workflow_ids: Iterable[str]) -> str:
    quoted = ", ".join(f"'{one}'" for one in workflow_ids)
    return f"WorkflowId IN ({quoted})"
