"""What is done about work whose flow may not run."""

import pytest

from models.messages.workflow_status import WorkflowStatus
from rules.workflow_repair import WorkflowRepair, choose_repair


@pytest.mark.parametrize("only_telling", [True, False])
def test_what_runs_is_left_alone(only_telling: bool) -> None:
    assert choose_repair(WorkflowStatus.RUNNING, only_telling=only_telling) is WorkflowRepair.NOTHING


@pytest.mark.parametrize("standing", [WorkflowStatus.UNKNOWN, WorkflowStatus.ABORTED])
def test_a_request_whose_flow_is_gone_gets_it_again(standing: WorkflowStatus) -> None:
    assert choose_repair(standing, only_telling=False) is WorkflowRepair.START


def test_a_flow_that_ended_before_its_request_is_for_a_person_to_judge() -> None:
    assert choose_repair(WorkflowStatus.COMPLETED, only_telling=False) is WorkflowRepair.REPORT


@pytest.mark.parametrize("standing", [WorkflowStatus.UNKNOWN, WorkflowStatus.ABORTED, WorkflowStatus.COMPLETED])
def test_where_only_telling_is_left_another_flow_tells(standing: WorkflowStatus) -> None:
    assert choose_repair(standing, only_telling=True) is WorkflowRepair.SEND_SYNC_REQUEST
