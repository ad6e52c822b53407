"""What is done about a request whose workflow may not run."""

import pytest

from models.messages.workflow_status import WorkflowStatus
from rules.workflow_repair import WorkflowRepair, choose_repair


@pytest.mark.parametrize("only_sync", [True, False])
def test_a_running_workflow_is_left_alone(only_sync: bool) -> None:
    assert choose_repair(WorkflowStatus.RUNNING, only_sync=only_sync) is WorkflowRepair.NOTHING


@pytest.mark.parametrize("status", [WorkflowStatus.UNKNOWN, WorkflowStatus.ABORTED])
def test_a_request_without_a_workflow_gets_one(status: WorkflowStatus) -> None:
    assert choose_repair(status, only_sync=False) is WorkflowRepair.START


def test_a_workflow_that_ended_before_its_request_needs_a_person() -> None:
    assert choose_repair(WorkflowStatus.COMPLETED, only_sync=False) is WorkflowRepair.REPORT


@pytest.mark.parametrize("status", [WorkflowStatus.UNKNOWN, WorkflowStatus.ABORTED, WorkflowStatus.COMPLETED])
def test_a_pending_sync_request_gets_its_own_workflow(status: WorkflowStatus) -> None:
    assert choose_repair(status, only_sync=True) is WorkflowRepair.SEND_SYNC_REQUEST
