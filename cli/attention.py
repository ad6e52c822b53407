"""`gridenroll attention`: what needs a person, over all flows."""

from collections.abc import Iterator
from typing import Annotated

import typer

from cli import enrollments, lists, outbox_messages, service_calls, shipments, sync_requests, unenrollments, work_orders
from cli.catalog import DataDir, Json
from cli.client import running_api
from cli.messages import say, say_json
from models.attention_views import AttentionKind

_COLLECTIONS = {
    one.door: one
    for one in (
        enrollments.ENROLLMENTS,
        unenrollments.UNENROLLMENTS,
        service_calls.CALLS,
        work_orders.ORDERS,
        shipments.SHIPMENTS,
        sync_requests.SYNC_REQUESTS,
        outbox_messages.MESSAGES,
    )
}
_OF_THEIR_OWN = {"approve", "refuse"}
"""Two commands of one door."""
_OF_A_SUBSCRIPTION = {"tell_again": "sync-requests tell-again", "unenroll": "unenroll"}
_GIVEN_BY_ITSELF = {"completion_id", "finished_at"}


def typed(action: lists.Document) -> str:
    """What the API offers, as one types it; what a person has to say is in angle brackets, which a shell refuses until
    it is said. Of what is in no collection that this version knows it is the call itself."""
    name, body = action["action"], dict(action["body"] or {})
    match action["href"].strip("/").split("/"):
        case _ if name in _OF_A_SUBSCRIPTION:
            words = [_OF_A_SUBSCRIPTION[name], body.pop("subscription")]
        case [_, door, of, *place, last] if door in _COLLECTIONS:
            verb = name if name in _OF_THEIR_OWN else _COLLECTIONS[door].command(last)
            words = [_COLLECTIONS[door].name, verb, of, *place[1:]]
        case _:
            return f"{action['method']} {action['href']}"
    return " ".join(("gridenroll", *words, *_options(body)))


def _options(body: lists.Document) -> Iterator[str]:
    for key, value in body.items():
        if isinstance(value, str) and key not in _GIVEN_BY_ITSELF:
            yield f"--{key.replace('_', '-')} {value.replace(' ', '-')}"


def _where_seen(item: lists.Document) -> Iterator[str]:
    """The commands that show it, and the enrolment that it belongs to."""
    _, _, door, of = f"{item['links'].get('self', '')}///".split("/")[:4]
    if door in _COLLECTIONS:
        yield f"gridenroll {_COLLECTIONS[door].name} show {of}"
    if item["enrollment"] not in (None, of):
        yield f"gridenroll enrollments show {item['enrollment']}"


def attention(
    kind: Annotated[AttentionKind | None, typer.Option(help="Only of this kind.", show_default=False)] = None,
    program: Annotated[str | None, typer.Option(help="Only of this program.")] = None,
    since: Annotated[
        str | None,
        typer.Option(
            parser=lists.instant_typed,
            help="Only what has waited since then or less; without an offset, on your clock.",
        ),
    ] = None,
    limit: lists.Limit = 50,
    everything: lists.All = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show what needs a person: what, since when, why, and what can be done. What waits longest comes first."""
    wanted = {"kind": kind, "program": program, "since": since}
    found = lists.pages(running_api(data_dir), "/v1/attention", wanted, limit, everything=everything)
    if as_json:
        say_json(found)
        return
    if not found["items"]:
        say("Nothing needs a person.")
    for one in found["items"]:
        say(f"{one['kind'].replace('_', ' ')}  {one['id']}  {one['program'] or ''}  since {lists.clock(one['since'])}")
        say(f"  why:  {one['why']}")
        say(f"  next: {one['next_step']}")
        for line in _where_seen(one):
            say(f"  see:  {line}")
        for action in one["actions"]:
            say(f"    {typed(action)}")
    if found["next_cursor"]:
        say(f"There are more than these {len(found['items'])}; --limit or --all shows them.")
