"""What is done about work whose flow may not run."""

import pytest

from models.messages.flows import FlowStanding
from rules.flow_repairs import Repair, repair_of


@pytest.mark.parametrize("only_telling", [True, False])
def test_what_runs_is_left_alone(only_telling: bool) -> None:
    assert repair_of(FlowStanding.RUNNING, only_telling=only_telling) is Repair.NOTHING


@pytest.mark.parametrize("standing", [FlowStanding.UNKNOWN, FlowStanding.BROKEN_OFF])
def test_a_request_whose_flow_is_gone_gets_it_again(standing: FlowStanding) -> None:
    assert repair_of(standing, only_telling=False) is Repair.START


def test_a_flow_that_ended_before_its_request_is_for_a_person_to_judge() -> None:
    assert repair_of(FlowStanding.ENDED, only_telling=False) is Repair.TELL


@pytest.mark.parametrize("standing", [FlowStanding.UNKNOWN, FlowStanding.BROKEN_OFF, FlowStanding.ENDED])
def test_where_only_telling_is_left_another_flow_tells(standing: FlowStanding) -> None:
    assert repair_of(standing, only_telling=True) is Repair.HAND_OVER
