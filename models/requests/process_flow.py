"""How a guided flow is begun."""

from typing import Literal

from pydantic import Field

from models.ids import CustomerId, SubscriptionId
from models.values import Code, Value

ProcessFlowType = Literal["enroll", "unenroll", "service_call"]


class ProcessFlowStart(Value):
    """Which flow, for whom, and about what. What is not named is asked in the panels."""

    type: ProcessFlowType
    customer: CustomerId
    program: Code | None = Field(default=None, description="for enroll: the program, if it is known already")
    subscription: SubscriptionId | None = Field(default=None, description="for unenroll and service_call: which one")
    service_task_type: Code | None = Field(default=None, description="by default the program's, or the only one")
