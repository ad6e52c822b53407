"""Options that several commands have in common."""

from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any

import typer

DataDir = Annotated[Path | None, typer.Option(help="Data directory of the running stack.")]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="Show at most this many.")]
All = Annotated[bool, typer.Option("--all", help="Show all of them.")]
Phone = Annotated[str | None, typer.Option(help="A phone number for the technician.")]
AccessNotes = Annotated[str | None, typer.Option(help="What the technician should know about the access.")]
TransactionId = Annotated[
    str | None, typer.Option(help="Your own id of the request; the command generates one by default.")
]


def make_id() -> str:
    """Returns a new id for a request or report that names none."""
    return f"cli-{token_hex(8)}"


def build_visit_preferences(phone: str | None, access_notes: str | None) -> dict[str, Any] | None:
    """Returns what the technician should know, or None when there is nothing."""
    return {"contact_phone": phone, "access_notes": access_notes} if phone or access_notes else None
