"""What is sent and answered at the doors of service calls."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from models.requests.service_call import ChosenAction, ServiceCallApplication
from models.states.service_call import ServiceCallState

_SERVICE_CALL_EXAMPLE: dict[str, Any] = {
    "transaction_id": "call-77",
    "subscription": "sub_01m85mj6eyegf98b35jr8cf23b",
    "device": "dev_01m85mj6eyegf98b35jr8cf23b",
    "problem": {"code": "offline", "text": "The display is dark since the storm."},
    "steps_tried": ["Breaker checked", "Restarted by hand"],
    "action": "work_request",
    "work_request": {"contact_phone": "+1 555 0100", "access_notes": "Gate code at the office"},
}
_ACTION: dict[str, Any] = {"action": "remote_action", "remote_command": "restart"}


class ServiceCallRequest(ServiceCallApplication):
    """Help wanted with an enrolled device."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SERVICE_CALL_EXAMPLE]})


class ServiceActionRequest(ChosenAction):
    """What shall be done about it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"action": "remote_action", "remote_command": "restart"}]}
    )


class ServiceCallStatusView(BaseModel):
    """Where the service call stands now; its flow goes on by itself."""

    id: str
    state: ServiceCallState
    links: dict[str, str]
