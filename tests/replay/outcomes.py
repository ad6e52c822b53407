"""Whether a workflow and its record agree: what a person who looks at either may rely on."""

import time
from typing import Any, NamedTuple

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle

from models.messages.enroll import Stage
from models.states import ENROLLMENT_TRANSITIONS, EnrollmentState, SyncState
from models.task_states import (
    SERVICE_CALL_TRANSITIONS,
    UNENROLLMENT_TRANSITIONS,
    BatchRunState,
    ServiceCallState,
    UnenrollmentState,
    WorkOrderState,
)
from tests.flow.calling import Calling
from tests.flow.conftest import Flow
from tests.flow.unenrolling import Flow as Leaving
from tests.patience import PATIENCE_SECONDS
from tests.replay.batch_journeys import Running
from workflows.parking import NEEDS_ATTENTION, STAGE

_TOLD = (None, SyncState.SYNCHRONIZED, SyncState.DISCARDED, SyncState.CANCELLED)
_ENDS = {
    "cancelled": {Stage.CANCELLED},
    "rejected": {Stage.REJECTED},
    "expired": {Stage.EXPIRED},
    "closed": {Stage.CLOSED},
}
_TOLD_ENDS = {Stage.SYNCHRONIZED, Stage.NOT_SYNCHRONIZED}
_ENDED = {Stage.CLOSED, Stage.CANCELLED, Stage.EXPIRED, Stage.REJECTED, *_TOLD_ENDS}
_BUSY = (EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED)


class Standing(NamedTuple):
    """Where a record stands: whether nothing is left to do, and whether a request to cancel takes effect there."""

    state: str
    final: bool
    cancellable: bool


def standing_of(flow: Any) -> Standing:
    """Returns where the record of a workflow on stand-ins stands."""
    if isinstance(flow, Running):
        return Standing(flow.run.state, flow.run.state is not BatchRunState.RUNNING, cancellable=True)
    if isinstance(flow, Leaving):
        record = flow.record
        told = set(record.told) <= set(record.synchronized)
        takes = not record.told and UnenrollmentState.CANCELLED in UNENROLLMENT_TRANSITIONS[record.state]
        return Standing(record.state, not UNENROLLMENT_TRANSITIONS[record.state] and told, cancellable=takes)
    told = flow.record.state in _TOLD
    if isinstance(flow, Calling):
        state = flow.call.state
        on_site = flow.field.order.state in (WorkOrderState.EN_ROUTE, WorkOrderState.ON_SITE)
        takes = ServiceCallState.CANCELLED in SERVICE_CALL_TRANSITIONS[state] and not on_site
        return Standing(state, not SERVICE_CALL_TRANSITIONS[state] and told, takes and not flow.record.away)
    assert isinstance(flow, Flow)
    state = flow.record.enrollment
    done = not ENROLLMENT_TRANSITIONS[state] or state is EnrollmentState.ENROLLED
    takes = EnrollmentState.CANCELLED in ENROLLMENT_TRANSITIONS[state]
    return Standing(state, done and told, takes and not flow.record.away)


async def comes_to_rest(handle: WorkflowHandle[Any, Any]) -> None:
    """Waits until the workflow has ended, or waits for something that is no step of its own."""
    deadline, before, events = time.monotonic() + PATIENCE_SECONDS, -1, []
    while time.monotonic() < deadline:
        events = [event.event_type for event in (await handle.fetch_history()).events]
        if (await handle.describe()).close_time or (events[-1] not in _BUSY and len(events) == before):
            return
        before = len(events)
    raise AssertionError(f"the workflow did not come to rest; its last events: {events[-10:]}")


async def agree(flow: Any, details: str) -> None:
    """Asserts that the workflow has ended if and only if its record is final, and what people see of either."""
    found, standing = await flow.handle.describe(), standing_of(flow)
    ended = found.close_time is not None
    assert ended == standing.final, f"the record is {standing.state}, the workflow is {found.status}"
    assert ended or not standing.cancellable, f"a cancel took no effect on what is {standing.state}"
    if isinstance(flow, Running):
        return
    stage, attention = found.typed_search_attributes.get(STAGE), found.typed_search_attributes.get(NEEDS_ATTENTION)
    if ended:
        assert stage in _ENDS.get(standing.state, _TOLD_ENDS)
        assert not attention
        assert details.startswith(("Ended", "Cancelled")), details
    else:
        assert stage not in _ENDED
        assert bool(attention) == details.startswith("**Needs attention.**")
        assert details
