"""What a requester reports of a device, and what shall be done about it: the same document through every channel."""

from enum import StrEnum

from pydantic import Field

from models.ids import DeviceId, SubscriptionId
from models.requests.enrollment import WorkOrderPreferences
from models.states.head_end import RemoteAction
from models.values import Code, ExternalId, Line, Sentence, Value


class ServiceAction(StrEnum):
    """What shall be done."""

    ADVICE = "advice"
    REMOTE_ACTION = "remote_action"
    WORK_REQUEST = "work_request"


class ReportedProblem(Value):
    """What is wrong: one of the configured problems, and in the customer's words."""

    code: Code
    text: Sentence | None = None


class ChosenAction(Value):
    """What shall be done about it, decided when the call is opened or later."""

    action: ServiceAction
    remote_command: RemoteAction = Field(default=RemoteAction.RESTART, description="for a remote action")
    work_request: WorkOrderPreferences | None = Field(default=None, description="for a work request")


class ActionInProgress(ChosenAction):
    """What was chosen, as our record has it while it is done: a remote action under the key it is asked with."""

    head_end_request: str | None = None


class ServiceCallApplication(Value):
    """Help wanted with an enrolled device."""

    transaction_id: ExternalId | None = Field(
        default=None, description="the requester's own unique id of this request; one is made where none is given"
    )
    subscription: SubscriptionId
    device: DeviceId
    problem: ReportedProblem
    steps_tried: tuple[Line, ...] = Field(default=(), max_length=50)
    action: ServiceAction | None = Field(default=None, description="none: it is still being looked at")
    remote_command: RemoteAction = Field(default=RemoteAction.RESTART, description="for a remote action")
    work_request: WorkOrderPreferences | None = None

    @property
    def chosen_action(self) -> ChosenAction | None:
        """What shall be done, if that is decided already."""
        if self.action is None:
            return None
        return ChosenAction(action=self.action, remote_command=self.remote_command, work_request=self.work_request)
