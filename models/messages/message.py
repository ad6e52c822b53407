"""The base class of every workflow message."""

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """Frozen, and tolerant of fields that a newer version added: histories outlive releases."""

    model_config = ConfigDict(frozen=True, extra="ignore")
