"""`gridenroll sync-requests`: what is sent to the DERMS, and the repair of what it rejected."""

from typing import Annotated, Any

import typer

from cli.client import ApiClient, Document, connect_to_api
from cli.options import DataDir, Json
from cli.output import fail, print_json, print_line
from cli.resource import Filter, Resource
from cli.tables import field, instant_field
from models.states.sync_request import SyncKind, SyncState

_MAXIMUM_RETRIES = 500
_KIND_HELP = "Only of this kind."
_PROGRAM_HELP = "Only of this program."
_ENROLLMENT_HELP = "Only of this enrollment: enr_…"
_SUBSCRIPTION_HELP = "Only of this subscription: sub_…"
_ERROR_CODE_HELP = "Only with this error code."
_OLDER_THAN_HELP = "Only those older than this: PT2H, P1D, or seconds."


def _print_devices(document: Document) -> None:
    for device in document["snapshot"]["devices"]:
        print_line(f"  device {device['device_id']}: {device['state']}")


SYNC_REQUESTS = Resource(
    name="sync-requests",
    path="sync-requests",
    singular="sync request",
    id_prefix="syn",
    help="Sync requests: what is sent to the DERMS and what it answers.",
    columns={
        "id": field("id"),
        "kind": field("kind"),
        "state": field("state"),
        "program": field("program"),
        "subscription": field("subscription"),
        "attempts": field("attempts"),
        "since": instant_field("created_at"),
        "error": field("error_code"),
    },
    fields={
        "enrollment": field("enrollment"),
        "subscription": field("subscription"),
        "program": field("program"),
        "attempts": field("attempts"),
        "waits for": field("waits_for"),
        "note": field("note"),
        "error": field("error_code"),
        "why": field("error_text"),
    },
    heading=("id", "kind", "state"),
    print_details=_print_devices,
)
app = SYNC_REQUESTS.app
SYNC_REQUESTS.add_list_command(
    "List sync requests, newest first. Those in error need attention.",
    Filter("state", "Only in this state.", SyncState),
    Filter("kind", _KIND_HELP, SyncKind),
    Filter("program", _PROGRAM_HELP),
    Filter("enrollment", _ENROLLMENT_HELP),
    Filter("subscription", _SUBSCRIPTION_HELP),
    Filter("error_code", _ERROR_CODE_HELP),
    Filter("older_than", _OLDER_THAN_HELP),
)
SYNC_REQUESTS.add_show_command("Show one sync request: its snapshot, its attempts and the answer of the DERMS.")


@app.command(name="retry")
def retry(
    sync_request: Annotated[
        str | None, typer.Argument(help="Its id: syn_…; or leave it out and select many by options.")
    ] = None,
    kind: Annotated[SyncKind | None, typer.Option(help=_KIND_HELP, show_default=False)] = None,
    program: Annotated[str | None, typer.Option(help=_PROGRAM_HELP)] = None,
    enrollment: Annotated[str | None, typer.Option(help=_ENROLLMENT_HELP)] = None,
    subscription: Annotated[str | None, typer.Option(help=_SUBSCRIPTION_HELP)] = None,
    error_code: Annotated[str | None, typer.Option(help=_ERROR_CODE_HELP)] = None,
    older_than: Annotated[str | None, typer.Option(help=_OLDER_THAN_HELP)] = None,
    in_error: Annotated[bool, typer.Option("--in-error", help="All that are in error.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Retry them; without this option, only count them.")] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Send what is in error again, after its cause was removed: one by its id, or many by options.

    Without --yes, the command only counts how many it would retry.
    """
    given = {
        "kind": kind,
        "program": program,
        "enrollment": enrollment,
        "subscription": subscription,
        "error_code": error_code,
        "older_than": older_than,
    }
    filters = {name: value for name, value in given.items() if value is not None}
    if (sync_request is not None) == bool(filters or in_error):
        fail("Which sync requests?", "Name one by its id, or select many by options; --in-error selects all in error.")
    if sync_request is not None:
        SYNC_REQUESTS.act(data_dir, sync_request, "retry", as_json=as_json)
    else:
        _retry_many(connect_to_api(data_dir), filters, yes=yes, as_json=as_json)


def _retry_many(api: ApiClient, filters: dict[str, Any], *, yes: bool, as_json: bool) -> None:
    answer = api.request("POST", "/v1/sync-requests/retries", body={"filter": filters, "dry_run": not yes})
    if as_json:
        print_json(answer)
    elif not answer["matching"]:
        print_line("No sync request in error matches; there is nothing to retry.")
    elif not yes:
        print_line(f"{answer['matching']} in error match. --yes retries them, at most {_MAXIMUM_RETRIES} at once.")
    else:
        left = answer["matching"] - answer["retried"]
        print_line(f"{answer['retried']} retried" + (f"; {left} are left, so repeat the command" if left else ""))


SYNC_REQUESTS.add_action_with_reason_command(
    "cancel", "Give up a sync request in error: it is not sent to the DERMS.", "Why it is not sent."
)


@app.command(name="tell-again")
def send_subscription_again(
    subscription: Annotated[str, typer.Argument(help="The subscription: sub_…")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Send the current state of a subscription to the DERMS, after its last sync request was given up."""
    document = connect_to_api(data_dir).request("POST", "/v1/sync-requests", body={"subscription": subscription})
    SYNC_REQUESTS.print_status(document, as_json=as_json)
