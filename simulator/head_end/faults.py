"""The faults of the head-end simulator. That a device is offline, hung or silent is no fault: it is a state."""

from pydantic import Field

from simulator.head_end.settings import AnswerMode
from simulator.shared.faults import EndpointFaults


class Faults(EndpointFaults):
    """Everything that a test can set. All faults are off unless the settings say otherwise."""

    answer: AnswerMode
    answer_after_seconds: float = Field(ge=0, le=86_400)
    lost_answer_share: float = Field(default=0.0, ge=0, le=1)
    duplicate_answers: bool = False
