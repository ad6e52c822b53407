"""What people read about a guided process flow: why it cannot be changed any more."""

from models.errors import IllegalTransition
from models.states.process_flow import ProcessFlowState
from wording.links import PROCESS_FLOWS


def process_flow_has_ended(state: ProcessFlowState) -> IllegalTransition:
    """Returns the problem: only a draft can be changed."""
    return IllegalTransition(
        f"The process flow is {state} and cannot be changed any more.", fix=f"Start a new one: POST {PROCESS_FLOWS}."
    )
