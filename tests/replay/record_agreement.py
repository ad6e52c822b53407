"""Checks that a workflow and its record agree, so that a person may rely on either."""

import time
from typing import Any, NamedTuple

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle

from models.messages.search_attributes import WorkflowStage
from models.states.batch_run import BatchRunState
from models.states.enrollment import ENROLLMENT_TRANSITIONS, EnrollmentState
from models.states.service_call import SERVICE_CALL_TRANSITIONS, ServiceCallState
from models.states.sync_request import SyncState
from models.states.unenrollment import UNENROLLMENT_TRANSITIONS, UnenrollmentState
from models.states.work_order import WorkOrderState
from tests.waiting import WAIT_SECONDS
from tests.workflow.stand_ins.batch import BatchRun
from tests.workflow.stand_ins.enrollment_run import EnrollmentRun
from tests.workflow.stand_ins.service_call import ServiceCallRun
from tests.workflow.stand_ins.unenrollment_run import UnenrollmentRun
from workflows.parking import NEEDS_ATTENTION, STAGE

_SYNCHRONIZED_STATES = (None, SyncState.SYNCHRONIZED, SyncState.DISCARDED, SyncState.CANCELLED)
_ENDS = {
    "cancelled": {WorkflowStage.CANCELLED},
    "rejected": {WorkflowStage.REJECTED},
    "expired": {WorkflowStage.EXPIRED},
    "closed": {WorkflowStage.CLOSED},
}
_SYNCHRONIZED_STAGES = {WorkflowStage.SYNCHRONIZED, WorkflowStage.NOT_SYNCHRONIZED}
_ENDED = {
    WorkflowStage.CLOSED,
    WorkflowStage.CANCELLED,
    WorkflowStage.EXPIRED,
    WorkflowStage.REJECTED,
    *_SYNCHRONIZED_STAGES,
}
_BUSY = (EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED)


class RecordStatus(NamedTuple):
    """The state of a record, whether it is final, and whether a cancellation takes effect."""

    state: str
    is_final: bool
    is_cancelable: bool


def get_record_status(run: Any) -> RecordStatus:
    """Return the status of the record behind a workflow on stand-ins."""
    if isinstance(run, BatchRun):
        return RecordStatus(run.record.state, run.record.state is not BatchRunState.RUNNING, is_cancelable=True)
    if isinstance(run, UnenrollmentRun):
        record = run.record
        is_synchronized = set(record.sync_request_ids) <= set(record.synchronized)
        takes = not record.sync_request_ids and UnenrollmentState.CANCELLED in UNENROLLMENT_TRANSITIONS[record.state]
        return RecordStatus(
            record.state, not UNENROLLMENT_TRANSITIONS[record.state] and is_synchronized, is_cancelable=takes
        )
    is_synchronized = run.record.state in _SYNCHRONIZED_STATES
    if isinstance(run, ServiceCallRun):
        state = run.call.state
        on_site = run.field.order.state in (WorkOrderState.EN_ROUTE, WorkOrderState.ON_SITE)
        takes = ServiceCallState.CANCELLED in SERVICE_CALL_TRANSITIONS[state] and not on_site
        return RecordStatus(
            state, not SERVICE_CALL_TRANSITIONS[state] and is_synchronized, takes and not run.record.away
        )
    assert isinstance(run, EnrollmentRun)
    state = run.record.enrollment
    done = not ENROLLMENT_TRANSITIONS[state] or state is EnrollmentState.ENROLLED
    takes = EnrollmentState.CANCELLED in ENROLLMENT_TRANSITIONS[state]
    return RecordStatus(state, done and is_synchronized, takes and not run.record.away)


async def wait_until_idle(handle: WorkflowHandle[Any, Any]) -> None:
    """Wait until the workflow has ended or waits for something that is not an activity."""
    deadline, before, events = time.monotonic() + WAIT_SECONDS, -1, []
    while time.monotonic() < deadline:
        events = [event.event_type for event in (await handle.fetch_history()).events]
        if (await handle.describe()).close_time or (events[-1] not in _BUSY and len(events) == before):
            return
        before = len(events)
    raise AssertionError(f"the workflow did not come to rest; its last events: {events[-10:]}")


async def check_agreement(run: Any, details: str) -> None:
    """Assert that the workflow has ended if and only if its record is final, and that the Temporal UI shows the
    same."""
    found, status = await run.handle.describe(), get_record_status(run)
    ended = found.close_time is not None
    assert ended == status.is_final, f"the record is {status.state}, the workflow is {found.status}"
    assert ended or not status.is_cancelable, f"a cancel took no effect on what is {status.state}"
    if isinstance(run, BatchRun):
        return
    stage, attention = found.typed_search_attributes.get(STAGE), found.typed_search_attributes.get(NEEDS_ATTENTION)
    if ended:
        assert stage in _ENDS.get(status.state, _SYNCHRONIZED_STAGES)
        assert not attention
        assert details.startswith(("Ended", "Cancelled")), details
    else:
        assert stage not in _ENDED
        assert bool(attention) == details.startswith("**Needs attention.**")
        assert details
