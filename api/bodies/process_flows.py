"""The bodies of the process flow endpoints."""

from typing import Any

from pydantic import Field

from models.values import Code, Value
from models.views.view import View


class PanelRequest(Value):
    """What a person entered on one panel. `complete: false` saves a partly filled panel, to be resumed later."""

    values: dict[Code, Any] = Field(max_length=40)
    complete: bool = True


class FinishedProcessFlowView(View):
    """The request that the finished process flow submitted."""

    id: str
    process_flow: str
    result: str
    links: dict[str, str]
