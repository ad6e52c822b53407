"""The bodies of the service call endpoints."""

from pydantic import BaseModel

from models.requests.service_call import ChosenAction, ServiceCallApplication
from models.states.service_call import ServiceCallState


class ServiceCallRequest(ServiceCallApplication):
    """A request for help with an enrolled device."""


class ServiceActionRequest(ChosenAction):
    """How to handle the service call."""


class ServiceCallStatusView(BaseModel):
    """A service call's state right after the call. Its workflow continues in the background."""

    id: str
    state: ServiceCallState
    links: dict[str, str]
