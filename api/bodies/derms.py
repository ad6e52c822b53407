"""The bodies of the endpoint that the DERMS calls."""

from pydantic import BaseModel


class AcknowledgementsReceivedView(BaseModel):
    """How many acknowledgements arrived, and how many of them were new. Their workflows are notified."""

    received: int
    new: int
