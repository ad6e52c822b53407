"""The faults of a head-end. A device that is offline, hung or silent is no fault: it is a device that was set so."""

from typing import Literal

from pydantic import Field

from simulator.shared.faults import EndpointFaults

AnswerMode = Literal["at_once", "callback", "never"]


class Faults(EndpointFaults):
    """All at rest, unless the settings say otherwise."""

    answer: AnswerMode
    answer_after_seconds: float = Field(ge=0, le=86_400)
    lost_answer_share: float = Field(default=0.0, ge=0, le=1)
    duplicate_answers: bool = False
