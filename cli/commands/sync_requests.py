"""`gridenroll sync-requests`: what the DERMS is told, and the repair of what it refused."""

from typing import Annotated, Any

import typer

from cli import tables
from cli.client import ApiClient, connect_to_api
from cli.commands.catalog import DataDir, Json
from cli.output import fail, print_json, print_line
from cli.resource import Resource
from models.states.sync_request import SyncKind, SyncState

app = typer.Typer(help="Sync requests: what the DERMS is told and what it answers.", no_args_is_help=True)

_MAXIMUM_RETRIES = 500

Request = Annotated[str, typer.Argument(help="Its id: syn_…")]
Program = Annotated[str | None, typer.Option(help="Only of this program.")]
Kind = Annotated[SyncKind | None, typer.Option(help="Only of this kind.", show_default=False)]
ErrorCode = Annotated[str | None, typer.Option(help="Only with this error code.")]
Subscription = Annotated[str | None, typer.Option(help="Only of this subscription: sub_….")]
Enrollment = Annotated[str | None, typer.Option(help="Only of this enrolment: enr_….")]
OlderThan = Annotated[str | None, typer.Option(help="Only made longer ago than this: PT2H, P1D, or seconds.")]

SYNC_REQUESTS = Resource(
    plural="sync requests",
    name="sync-requests",
    path="sync-requests",
    columns={
        "id": tables.field("id"),
        "kind": tables.field("kind"),
        "state": tables.field("state"),
        "program": tables.field("program"),
        "subscription": tables.field("subscription"),
        "attempts": tables.field("attempts"),
        "since": tables.instant_field("created_at"),
        "error": tables.field("error_code"),
    },
    facts={
        "enrolment": tables.field("enrollment"),
        "subscription": tables.field("subscription"),
        "program": tables.field("program"),
        "attempts": tables.field("attempts"),
        "waits for": tables.field("waits_for"),
        "note": tables.field("note"),
        "error": tables.field("error_code"),
        "why": tables.field("error_text"),
    },
)


@app.command(name="list")
def list_sync_requests(
    state: Annotated[SyncState | None, typer.Option(help="Only in this state.", show_default=False)] = None,
    kind: Kind = None,
    program: Program = None,
    enrollment: Enrollment = None,
    subscription: Subscription = None,
    error_code: ErrorCode = None,
    older_than: OlderThan = None,
    limit: tables.Limit = 50,
    everything: tables.All = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Sync requests, newest first; those in error wait for a person."""
    wanted = {"state": state, **_build_filter(kind, program, enrollment, subscription, error_code, older_than)}
    SYNC_REQUESTS.list_all(data_dir, wanted, limit, everything=everything, as_json=as_json)


def _build_filter(
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
    SYNC_REQUESTS.show(data_dir, request, as_json=as_json, head=("id", "kind", "state"), more=_print_devices)


def _print_devices(seen: tables.Document) -> None:
    for one in seen["snapshot"]["devices"]:
        print_line(f"  device {one['device_id']}: {one['state']}")


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
    wanted = _build_filter(kind, program, enrollment, subscription, error_code, older_than)
    if (request is not None) == bool(wanted or in_error):
        fail("Which shall be retried?", "Name one by its id, or many by options; --in-error means all in error.")
    if request is not None:
        SYNC_REQUESTS.act(data_dir, request, "retry", as_json=as_json)
    else:
        _retry_many(connect_to_api(data_dir), wanted, yes=yes, as_json=as_json)


def _retry_many(api: ApiClient, wanted: dict[str, Any], *, yes: bool, as_json: bool) -> None:
    answer = api.request("POST", "/v1/sync-requests/retries", body={"filter": wanted, "dry_run": not yes})
    if as_json:
        print_json(answer)
    elif not answer["matching"]:
        print_line("No sync request in error matches; nothing is to be retried.")
    elif not yes:
        print_line(f"{answer['matching']} in error match. --yes retries them, {_MAXIMUM_RETRIES} at once at most.")
    else:
        left = answer["matching"] - answer["retried"]
        print_line(f"{answer['retried']} retried" + (f"; {left} are left, so do it again" if left else ""))


@app.command()
def cancel(
    request: Request,
    reason: Annotated[str, typer.Option(help="Why the DERMS will not be told.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Give up one that is in error: the DERMS will not be told."""
    SYNC_REQUESTS.act(data_dir, request, "cancel", {"reason": reason}, as_json=as_json)


@app.command()
def tell_again(
    subscription: Annotated[str, typer.Argument(help="Whose devices: sub_…")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Have the DERMS told after all what was given up: of how things are now."""
    made = connect_to_api(data_dir).request("POST", "/v1/sync-requests", body={"subscription": subscription})
    SYNC_REQUESTS.print_status(made, as_json=as_json)
