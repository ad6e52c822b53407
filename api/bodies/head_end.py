"""The bodies of the endpoint that head-ends call."""

from pydantic import BaseModel


class HeadEndAnswersReceivedView(BaseModel):
    """How many answers arrived, and how many of them were new."""

    received: int
    new: int
