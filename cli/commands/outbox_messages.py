"""`gridenroll outbox-messages`: messages that Temporal did not take, and their repair."""

from typing import Annotated

import typer

from cli import tables
from cli.commands.catalog import DataDir, Json
from cli.resource import Resource
from models.states.outbox import OutboxState

app = typer.Typer(help="Messages to workflows that could not be delivered.", no_args_is_help=True)

Message = Annotated[str, typer.Argument(help="Its id: msg_….")]

MESSAGES = Resource(
    plural="messages",
    name="outbox-messages",
    path="outbox-messages",
    columns={
        "id": tables.field("id"),
        "state": tables.field("state"),
        "message": tables.field("name"),
        "workflow": tables.field("workflow"),
        "attempts": tables.field("attempts"),
        "since": tables.instant_field("created_at"),
        "error": tables.field("error"),
    },
    facts={
        "kind": tables.field("kind"),
        "message": tables.field("name"),
        "workflow": tables.field("workflow"),
        "attempts": tables.field("attempts"),
        "error": tables.field("error"),
    },
)


@app.command(name="list")
def list_outbox_messages(
    state: Annotated[OutboxState, typer.Option(help="Only in this state.")] = OutboxState.UNDELIVERABLE,
    workflow: Annotated[str | None, typer.Option(help="Only for this workflow: enroll/enr_….")] = None,
    limit: tables.Limit = 50,
    everything: tables.All = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """List messages, newest first; undeliverable ones wait for a person."""
    wanted = {"state": state, "workflow": workflow}
    MESSAGES.list_all(data_dir, wanted, limit, everything=everything, as_json=as_json)


@app.command()
def show(message: Message, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show one message: what it is for, how often it was tried, what Temporal said."""
    MESSAGES.show(data_dir, message, as_json=as_json)


@app.command()
def send_again(message: Message, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Deliver an undeliverable message again, once its cause is removed."""
    MESSAGES.act(data_dir, message, "send-again", as_json=as_json)


@app.command()
def give_up(
    message: Message,
    reason: Annotated[str, typer.Option(help="Why it is not needed any more.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Give an undeliverable message up; with a start, all that waits behind it."""
    MESSAGES.act(data_dir, message, "give-up", {"reason": reason}, as_json=as_json)
