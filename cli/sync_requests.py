"""`gridenroll sync-requests`: what the DERMS is told, and the repair of what it refused."""

from typing import Annotated, Any

import typer

from cli import lists
from cli.catalog import DataDir, Json
from cli.client import Api, running_api
from cli.collection import Collection
from cli.messages import fail, say, say_json
from models.states import SyncKind, SyncState

app = typer.Typer(help="Sync requests: what the DERMS is told and what it answers.", no_args_is_help=True)

_AT_ONCE = 500

Request = Annotated[str, typer.Argument(help="Its id: syn_…")]
Program = Annotated[str | None, typer.Option(help="Only of this program.")]
Kind = Annotated[SyncKind | None, typer.Option(help="Only of this kind.", show_default=False)]
ErrorCode = Annotated[str | None, typer.Option(help="Only with this error code.")]
Subscription = Annotated[str | None, typer.Option(help="Only of this subscription: sub_….")]
Enrollment = Annotated[str | None, typer.Option(help="Only of this enrolment: enr_….")]
OlderThan = Annotated[str | None, typer.Option(help="Only made longer ago than this: PT2H, P1D, or seconds.")]

SYNC_REQUESTS = Collection(
    words="sync requests",
    name="sync-requests",
    door="sync-requests",
    columns={
        "id": lists.field("id"),
        "kind": lists.field("kind"),
        "state": lists.field("state"),
        "program": lists.field("program"),
        "subscription": lists.field("subscription"),
        "attempts": lists.field("attempts"),
        "since": lists.instant("created_at"),
        "error": lists.field("error_code"),
    },
    facts={
        "enrolment": lists.field("enrollment"),
        "subscription": lists.field("subscription"),
        "program": lists.field("program"),
        "attempts": lists.field("attempts"),
        "waits for": lists.field("waits_for"),
        "note": lists.field("note"),
        "error": lists.field("error_code"),
        "why": lists.field("error_text"),
    },
)


@app.command(name="list")
def listed(
    state: Annotated[SyncState | None, typer.Option(help="Only in this state.", show_default=False)] = None,
    kind: Kind = None,
    program: Program = None,
    enrollment: Enrollment = None,
    subscription: Subscription = None,
    error_code: ErrorCode = None,
    older_than: OlderThan = None,
    limit: lists.Limit = 50,
    everything: lists.All = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Sync requests, newest first; those in error wait for a person."""
    wanted = {"state": state, **_wanted(kind, program, enrollment, subscription, error_code, older_than)}
    SYNC_REQUESTS.listed(data_dir, wanted, limit, everything=everything, as_json=as_json)


def _wanted(
    kind: SyncKind | None,
    program: str | None,
    enrollment: str | None,
    subscription: str | None,
    error_code: str | None,
    older_than: str | None,
) -> dict[str, Any]:
    named = {
        "kind": kind,
        "program": program,
        "enrollment": enrollment,
        "subscription": subscription,
        "error_code": error_code,
        "older_than": older_than,
    }
    return {name: value for name, value in named.items() if value is not None}


@app.command()
def show(request: Request, data_dir: DataDir = None, as_json: Json = False) -> None:
    """One sync request: what was sent, how often, and what the DERMS said."""
    SYNC_REQUESTS.shown(data_dir, request, as_json=as_json, head=("id", "kind", "state"), more=_devices)


def _devices(seen: lists.Document) -> None:
    for one in seen["snapshot"]["devices"]:
        say(f"  device {one['device_id']}: {one['state']}")


@app.command()
def retry(
    request: Annotated[str | None, typer.Argument(help="Its id: syn_…; or none, and options that name many.")] = None,
    kind: Kind = None,
    program: Program = None,
    enrollment: Enrollment = None,
    subscription: Subscription = None,
    error_code: ErrorCode = None,
    older_than: OlderThan = None,
    in_error: Annotated[bool, typer.Option("--in-error", help="All that are in error.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; otherwise only the count of many is told.")] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Send what is in error again, after its cause was removed: one by its id, or many by what they have in common.

    Of many only the count is told until --yes says to do it.
    """
    wanted = _wanted(kind, program, enrollment, subscription, error_code, older_than)
    if (request is not None) == bool(wanted or in_error):
        fail("Which shall be retried?", "Name one by its id, or many by options; --in-error means all in error.")
    if request is not None:
        SYNC_REQUESTS.do(data_dir, request, "retry", as_json=as_json)
    else:
        _many(running_api(data_dir), wanted, yes=yes, as_json=as_json)


def _many(api: Api, wanted: dict[str, Any], *, yes: bool, as_json: bool) -> None:
    answer = api.ask("POST", "/v1/sync-requests/retries", body={"filter": wanted, "dry_run": not yes})
    if as_json:
        say_json(answer)
    elif not answer["matching"]:
        say("No sync request in error matches; nothing is to be retried.")
    elif not yes:
        say(f"{answer['matching']} in error match. --yes retries them, {_AT_ONCE} at once at most.")
    else:
        left = answer["matching"] - answer["retried"]
        say(f"{answer['retried']} retried" + (f"; {left} are left, so do it again" if left else ""))


@app.command()
def cancel(
    request: Request,
    reason: Annotated[str, typer.Option(help="Why the DERMS will not be told.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Give up one that is in error: the DERMS will not be told."""
    SYNC_REQUESTS.do(data_dir, request, "cancel", {"reason": reason}, as_json=as_json)


@app.command()
def tell_again(
    subscription: Annotated[str, typer.Argument(help="Whose devices: sub_…")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Have the DERMS told after all what was given up: of how things are now."""
    made = running_api(data_dir).ask("POST", "/v1/sync-requests", body={"subscription": subscription})
    SYNC_REQUESTS.told(made, as_json=as_json)
