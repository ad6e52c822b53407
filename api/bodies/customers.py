"""The bodies of the customer endpoints."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from models.values import Value


class CustomerImportRequest(Value):
    """Records from the CIS. The import accepts or rejects each record by itself."""

    customers: Annotated[tuple[dict[str, Any], ...], Field(min_length=1, max_length=20_000)] = Field(
        json_schema_extra={"items": {"$ref": "#/components/schemas/CisRecord"}}
    )


class RecordError(BaseModel):
    """Why the import rejected one record: its position (the first is 0), the field and the reason."""

    position: int
    field: str
    reason: str


class CustomerImportView(BaseModel):
    """The result of an import. `created` and `updated` count customers, accounts, premises and service points."""

    received: int
    taken: int
    created: int
    updated: int
    errors: list[RecordError]
