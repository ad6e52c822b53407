"""Catalog entries about external systems: how each is reached, and which is the DERMS."""

from typing import Annotated, Literal

from pydantic import Field, HttpUrl

from models.catalog.entry import CatalogEntry
from models.values import Code, Value


class ExternalSystem(CatalogEntry):
    """A system we talk to."""

    kind: Literal["derms", "cis"]


class WebService(CatalogEntry):
    """How an external system is reached."""

    external_system: Code
    base_address: HttpUrl | None = Field(default=None, description="none: the address in the settings")
    batch_size: Annotated[int, Field(ge=1, le=100)] | None = Field(
        default=None, description="how many messages it takes in one; none: it takes them one by one"
    )


class MessageSender(CatalogEntry):
    """Who sends which message through which web service."""

    web_service: Code
    message: Literal["sync_message"]
    include_contact: bool = Field(default=True, description="whether messages contain e-mail and phone")


class MasterConfiguration(Value):
    """The one record that says which system is the DERMS and how to send messages to it."""

    derms: Code
    sync_message_sender: Code
