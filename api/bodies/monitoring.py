"""The bodies of the monitoring endpoints."""

from pydantic import BaseModel


class ComponentStatus(BaseModel):
    """Whether one component that the API depends on is ready, and why not."""

    ready: bool
    detail: str


class ReadinessView(BaseModel):
    """`ready`; `degraded`: the API accepts requests, which then wait; `not_ready`: it cannot accept requests."""

    status: str
    parts: dict[str, ComponentStatus]
