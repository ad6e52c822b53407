"""`gridenroll attention`: what waits for a person, over all process flows, with the commands that resolve it."""

from collections.abc import Iterator
from typing import Annotated

import typer

from cli.client import Document, connect_to_api, fetch_pages
from cli.commands.enrollments import ENROLLMENTS
from cli.commands.outbox_messages import OUTBOX_MESSAGES
from cli.commands.service_calls import SERVICE_CALLS
from cli.commands.shipments import SHIPMENTS
from cli.commands.sync_requests import SYNC_REQUESTS
from cli.commands.unenrollments import UNENROLLMENTS
from cli.commands.work_orders import WORK_ORDERS
from cli.options import All, DataDir, Json, Limit
from cli.output import print_json, print_line
from cli.tables import format_local_time, parse_instant
from models.views.attention import AttentionKind

_RESOURCES = {
    resource.path: resource
    for resource in (
        ENROLLMENTS,
        UNENROLLMENTS,
        SERVICE_CALLS,
        WORK_ORDERS,
        SHIPMENTS,
        SYNC_REQUESTS,
        OUTBOX_MESSAGES,
    )
}
_APPROVAL_COMMANDS = {"approve", "refuse"}
"""Two commands for the one endpoint of approvals."""
_SUBSCRIPTION_COMMANDS = {"tell_again": "sync-requests tell-again", "unenroll": "unenroll"}
_GENERATED_FIELDS = {"completion_id", "finished_at"}


def show_attention_items(
    kind: Annotated[AttentionKind | None, typer.Option(help="Only of this kind.", show_default=False)] = None,
    program: Annotated[str | None, typer.Option(help="Only of this program.")] = None,
    since: Annotated[
        str | None,
        typer.Option(
            parser=parse_instant,
            help="Only what began to wait then or later; without an offset, in your time zone.",
        ),
    ] = None,
    limit: Limit = 50,
    everything: All = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show what needs a person, oldest first: since when, why, and the commands that resolve it."""
    filters = {"kind": kind, "program": program, "since": since}
    page = fetch_pages(connect_to_api(data_dir), "/v1/attention", filters, limit, everything=everything)
    if as_json:
        print_json(page)
        return
    if not page["items"]:
        print_line("Nothing needs a person.")
    for item in page["items"]:
        _print_item(item)
    if page["next_cursor"]:
        print_line(f"There are more than these {len(page['items'])}; --limit or --all shows them.")


def _print_item(item: Document) -> None:
    kind, since = item["kind"].replace("_", " "), format_local_time(item["since"])
    print_line(f"{kind}  {item['id']}  {item['program'] or ''}  since {since}")
    print_line(f"  why:  {item['why']}")
    print_line(f"  next: {item['next_step']}")
    for line in _list_show_commands(item):
        print_line(f"  see:  {line}")
    for action in item["actions"]:
        print_line(f"    {format_command(action)}")


def format_command(action: Document) -> str:
    """Returns the command for an action of the API.

    What a person has to fill in is in angle brackets, which a shell rejects until it is filled in. An action on a
    kind of record that this version does not know is returned as the API call itself.
    """
    name, body = action["action"], dict(action["body"] or {})
    match action["href"].strip("/").split("/"):
        case _ if name in _SUBSCRIPTION_COMMANDS:
            words = [_SUBSCRIPTION_COMMANDS[name], body.pop("subscription")]
        case [_, path, record, *subpath, last] if path in _RESOURCES:
            command = name if name in _APPROVAL_COMMANDS else _RESOURCES[path].get_command(last)
            words = [_RESOURCES[path].name, command, record, *subpath[1:]]
        case _:
            return f"{action['method']} {action['href']}"
    return " ".join(("gridenroll", *words, *_format_options(body)))


def _format_options(body: Document) -> Iterator[str]:
    for key, value in body.items():
        if isinstance(value, str) and key not in _GENERATED_FIELDS:
            yield f"--{key.replace('_', '-')} {value.replace(' ', '-')}"


def _list_show_commands(item: Document) -> Iterator[str]:
    """Yields the commands that show the item and the enrollment that it belongs to."""
    _, _, path, record = f"{item['links'].get('self', '')}///".split("/")[:4]
    if path in _RESOURCES:
        yield f"gridenroll {_RESOURCES[path].name} show {record}"
    if item["enrollment"] not in (None, record):
        yield f"gridenroll enrollments show {item['enrollment']}"
