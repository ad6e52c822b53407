"""`gridenroll sync-requests`: what the DERMS is told, and the repair of what it refused."""

from typing import Annotated, Any

import typer

from cli import lists
from cli.catalog import DataDir, Json
from cli.client import Api, running_api
from cli.messages import fail, say, say_json
from models.states import SyncKind, SyncState

app = typer.Typer(help="Sync requests: what the DERMS is told and what it answers.", no_args_is_help=True)

_AT_ONCE = 500

Request = Annotated[str, typer.Argument(help="Its id: syn_…")]
Program = Annotated[str | None, typer.Option(help="Only of this program.")]
Kind = Annotated[SyncKind | None, typer.Option(help="Only of this kind.", show_default=False)]
ErrorCode = Annotated[str | None, typer.Option(help="Only with this error code.")]
Enrollment = Annotated[str | None, typer.Option(help="Only of this enrolment: enr_….")]
OlderThan = Annotated[str | None, typer.Option(help="Only made longer ago than this: PT2H, P1D, or seconds.")]

_COLUMNS: lists.Columns = {
    "id": lists.field("id"),
    "kind": lists.field("kind"),
    "state": lists.field("state"),
    "program": lists.field("program"),
    "subscription": lists.field("subscription"),
    "attempts": lists.field("attempts"),
    "since": lists.instant("created_at"),
    "error": lists.field("error_code"),
}
_FACTS = {
    "enrolment": "enrollment",
    "subscription": "subscription",
    "program": "program",
    "attempts": "attempts",
    "waits for": "waits_for",
    "note": "note",
    "error": "error_code",
    "why": "error_text",
}


@app.command(name="list")
def listed(
    state: Annotated[SyncState | None, typer.Option(help="Only in this state.", show_default=False)] = None,
    kind: Kind = None,
    program: Program = None,
    enrollment: Enrollment = None,
    error_code: ErrorCode = None,
    older_than: OlderThan = None,
    limit: lists.Limit = 50,
    everything: lists.All = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Sync requests, newest first; those in error wait for a person."""
    wanted = {"state": state, **_wanted(kind, program, enrollment, error_code, older_than)}
    found = lists.pages(running_api(data_dir), "/v1/sync-requests", wanted, limit, everything=everything)
    lists.show(found, _COLUMNS, empty="There are no such sync requests.", as_json=as_json)


def _wanted(
    kind: SyncKind | None, program: str | None, enrollment: str | None, error_code: str | None, older_than: str | None
) -> dict[str, Any]:
    named = {
        "kind": kind,
        "program": program,
        "enrollment": enrollment,
        "error_code": error_code,
        "older_than": older_than,
    }
    return {name: value for name, value in named.items() if value is not None}


@app.command()
def show(request: Request, data_dir: DataDir = None, as_json: Json = False) -> None:
    """One sync request: what was sent, how often, and what the DERMS said."""
    seen = running_api(data_dir).ask("GET", f"/v1/sync-requests/{request}")
    if as_json:
        say_json(seen)
        return
    say(f"{seen['id']}  {seen['kind']}  {seen['state']}")
    lists.facts(seen, _FACTS)
    for one in seen["snapshot"]["devices"]:
        say(f"  device {one['device_id']}: {one['state']}")
    lists.doors(seen)


@app.command()
def retry(
    request: Annotated[str | None, typer.Argument(help="Its id: syn_…; or none, and options that name many.")] = None,
    kind: Kind = None,
    program: Program = None,
    enrollment: Enrollment = None,
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
    wanted = _wanted(kind, program, enrollment, error_code, older_than)
    if (request is not None) == bool(wanted or in_error):
        fail("Which shall be retried?", "Name one by its id, or many by options; --in-error means all in error.")
    api = running_api(data_dir)
    if request is not None:
        _told(api.ask("POST", f"/v1/sync-requests/{request}/retry"), as_json=as_json)
    else:
        _many(api, wanted, yes=yes, as_json=as_json)


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
    answer = running_api(data_dir).ask("POST", f"/v1/sync-requests/{request}/cancel", body={"reason": reason})
    _told(answer, as_json=as_json)


def _told(standing: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(standing)
    else:
        say(f"{standing['id']}  {standing['state']}")
