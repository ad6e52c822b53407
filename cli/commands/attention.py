"""`gridenroll attention`: what needs a person, over all flows."""

from collections.abc import Iterator
from typing import Annotated

import typer

from cli import tables
from cli.client import connect_to_api
from cli.commands import (
    enrollments,
    outbox_messages,
    service_calls,
    shipments,
    sync_requests,
    unenrollments,
    work_orders,
)
from cli.commands.catalog import DataDir, Json
from cli.output import print_json, print_line
from models.views.attention import AttentionKind

_RESOURCES = {
    one.path: one
    for one in (
        enrollments.ENROLLMENTS,
        unenrollments.UNENROLLMENTS,
        service_calls.SERVICE_CALLS,
        work_orders.WORK_ORDERS,
        shipments.SHIPMENTS,
        sync_requests.SYNC_REQUESTS,
        outbox_messages.MESSAGES,
    )
}
_APPROVAL_COMMANDS = {"approve", "refuse"}
"""Two commands of one door."""
_SUBSCRIPTION_COMMANDS = {"tell_again": "sync-requests tell-again", "unenroll": "unenroll"}
_GENERATED_FIELDS = {"completion_id", "finished_at"}


def format_command(action: tables.Document) -> str:
    """What the API offers, as one types it; what a person has to say is in angle brackets, which a shell refuses until
    it is said. Of what is in no collection that this version knows it is the call itself."""
    name, body = action["action"], dict(action["body"] or {})
    match action["href"].strip("/").split("/"):
        case _ if name in _SUBSCRIPTION_COMMANDS:
            words = [_SUBSCRIPTION_COMMANDS[name], body.pop("subscription")]
        case [_, door, of, *place, last] if door in _RESOURCES:
            verb = name if name in _APPROVAL_COMMANDS else _RESOURCES[door].get_command(last)
            words = [_RESOURCES[door].name, verb, of, *place[1:]]
        case _:
            return f"{action['method']} {action['href']}"
    return " ".join(("gridenroll", *words, *_format_options(body)))


def _format_options(body: tables.Document) -> Iterator[str]:
    for key, value in body.items():
        if isinstance(value, str) and key not in _GENERATED_FIELDS:
            yield f"--{key.replace('_', '-')} {value.replace(' ', '-')}"


def _list_show_commands(item: tables.Document) -> Iterator[str]:
    """The commands that show it, and the enrolment that it belongs to."""
    _, _, door, of = f"{item['links'].get('self', '')}///".split("/")[:4]
    if door in _RESOURCES:
        yield f"gridenroll {_RESOURCES[door].name} show {of}"
    if item["enrollment"] not in (None, of):
        yield f"gridenroll enrollments show {item['enrollment']}"


def attention(
    kind: Annotated[AttentionKind | None, typer.Option(help="Only of this kind.", show_default=False)] = None,
    program: Annotated[str | None, typer.Option(help="Only of this program.")] = None,
    since: Annotated[
        str | None,
        typer.Option(
            parser=tables.parse_instant,
            help="Only what has waited since then or less; without an offset, on your clock.",
        ),
    ] = None,
    limit: tables.Limit = 50,
    everything: tables.All = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show what needs a person: what, since when, why, and what can be done. What waits longest comes first."""
    wanted = {"kind": kind, "program": program, "since": since}
    found = tables.fetch_pages(connect_to_api(data_dir), "/v1/attention", wanted, limit, everything=everything)
    if as_json:
        print_json(found)
        return
    if not found["items"]:
        print_line("Nothing needs a person.")
    for one in found["items"]:
        print_line(
            f"{one['kind'].replace('_', ' ')}  {one['id']}  {one['program'] or ''}  "
            f"since {tables.format_local_time(one['since'])}"
        )
        print_line(f"  why:  {one['why']}")
        print_line(f"  next: {one['next_step']}")
        for line in _list_show_commands(one):
            print_line(f"  see:  {line}")
        for action in one["actions"]:
            print_line(f"    {format_command(action)}")
    if found["next_cursor"]:
        print_line(f"There are more than these {len(found['items'])}; --limit or --all shows them.")
