"""`gridenroll outbox-messages`: messages that Temporal did not take, and their repair."""

from typing import Annotated

import typer

from cli import lists
from cli.catalog import DataDir, Json
from cli.collection import Collection
from models.states import OutboxState

app = typer.Typer(help="Messages to workflows that could not be delivered.", no_args_is_help=True)

Message = Annotated[str, typer.Argument(help="Its id: msg_….")]

MESSAGES = Collection(
    words="messages",
    name="outbox-messages",
    door="outbox-messages",
    columns={
        "id": lists.field("id"),
        "state": lists.field("state"),
        "message": lists.field("name"),
        "workflow": lists.field("workflow"),
        "attempts": lists.field("attempts"),
        "since": lists.instant("created_at"),
        "error": lists.field("error"),
    },
    facts={
        "kind": lists.field("kind"),
        "message": lists.field("name"),
        "workflow": lists.field("workflow"),
        "attempts": lists.field("attempts"),
        "error": lists.field("error"),
    },
)


@app.command(name="list")
def list_messages(
    state: Annotated[OutboxState, typer.Option(help="Only in this state.")] = OutboxState.UNDELIVERABLE,
    workflow: Annotated[str | None, typer.Option(help="Only for this workflow: enroll/enr_….")] = None,
    limit: lists.Limit = 50,
    everything: lists.All = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """List messages, newest first; undeliverable ones wait for a person."""
    wanted = {"state": state, "workflow": workflow}
    MESSAGES.listed(data_dir, wanted, limit, everything=everything, as_json=as_json)


@app.command()
def show(message: Message, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show one message: what it is for, how often it was tried, what Temporal said."""
    MESSAGES.shown(data_dir, message, as_json=as_json)


@app.command()
def send_again(message: Message, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Deliver an undeliverable message again, once its cause is removed."""
    MESSAGES.do(data_dir, message, "send-again", as_json=as_json)


@app.command()
def give_up(
    message: Message,
    reason: Annotated[str, typer.Option(help="Why it is not needed any more.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Give an undeliverable message up; with a start, all that waits behind it."""
    MESSAGES.do(data_dir, message, "give-up", {"reason": reason}, as_json=as_json)
