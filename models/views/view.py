"""The base class of all views, and what several of them share: a page of a list and a timeline entry."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from models.values import Instant


class View(BaseModel):
    """Something shown."""

    model_config = ConfigDict(frozen=True)


ViewT = TypeVar("ViewT", bound=View)


class Page(View, Generic[ViewT]):
    """A part of a list; `next_cursor` leads on, and is absent at the end."""

    items: tuple[ViewT, ...]
    next_cursor: str | None = None


class TimelineEntry(View):
    """One thing that happened, in words."""

    at: Instant
    what: str
    subject: str
    journey: str = Field(description="the request it belongs to")
    state: str | None
    reason: str
    actor: str
    link: str | None = Field(description="the endpoint of the subject, if it has one")
