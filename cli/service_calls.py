"""`gridenroll service-call` and `gridenroll service-calls`: ask for help with an enrolled device, and see to it."""

from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any

import typer

from cli import lists
from cli.catalog import DataDir, Json
from cli.client import read_document, running_api
from cli.collection import Collection
from cli.messages import fail, say
from cli.unenrollments import subscription_of
from models.head_end import RemoteAction
from models.service_call import ServiceAction
from models.task_states import ServiceCallState

app = typer.Typer(help="Service calls and what was done about them.", no_args_is_help=True)

Call = Annotated[str, typer.Argument(help="Its id: svc_…")]

CALLS = Collection(
    words="service calls",
    name="service-calls",
    door="service-calls",
    columns={
        "id": lists.field("id"),
        "state": lists.field("state"),
        "program": lists.field("program"),
        "account": lists.field("account"),
        "device": lists.field("device"),
        "problem": lists.field("problem"),
        "under way": lists.field("action"),
        "outcome": lists.field("outcome"),
        "opened": lists.instant("submitted_at"),
        "why": lists.field("reason"),
    },
    facts={
        "program": lists.field("program"),
        "account": lists.field("account"),
        "customer": lists.field("customer"),
        "enrolment": lists.field("enrollment"),
        "device": lists.field("device"),
        "problem": lists.field("problem"),
        "in words": lists.field("problem_text"),
        "tried": lists.field("steps_tried"),
        "under way": lists.field("action"),
        "outcome": lists.field("outcome"),
        "replaced by": lists.field("replaced_by"),
        "why": lists.field("reason"),
        "can be chosen": lists.field("possible_actions"),
    },
)


def service_call(
    subscription: Annotated[
        str | None, typer.Argument(help="The subscription: sub_…, or the enrolment that led to it: enr_….")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="The device: dev_…. Of an enrolment its serial number, or none if it has one.")
    ] = None,
    problem: Annotated[str | None, typer.Option(help="Code of the problem.")] = None,
    words: Annotated[str | None, typer.Option("--text", help="The problem in the customer's words.")] = None,
    tried: Annotated[
        list[str] | None, typer.Option(help="What was tried already; may be repeated.", show_default=False)
    ] = None,
    action: Annotated[
        ServiceAction | None,
        typer.Option(help="What shall be done; by default somebody decides later.", show_default=False),
    ] = None,
    remote_command: Annotated[RemoteAction, typer.Option(help="For a remote action.")] = RemoteAction.RESTART,
    phone: Annotated[str | None, typer.Option(help="For the technician.")] = None,
    access_notes: Annotated[str | None, typer.Option(help="For the technician.")] = None,
    transaction_id: Annotated[
        str | None, typer.Option(help="Your own id of the request; by default one is made.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="The whole request as JSON, instead of all these; - reads the standard input.")
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Open a service call for an enrolled device: advice, a remote action, a visit, or to be decided."""
    api = running_api(data_dir)
    if file is not None:
        request = read_document(file)
    elif subscription is None or problem is None:
        fail("The request is not complete.", "Name the subscription or its enrolment, and the --problem.")
    else:
        found = subscription_of(api, subscription)
        request = {
            "transaction_id": transaction_id or f"cli-{token_hex(8)}",
            "subscription": found["id"] if found else subscription,
            "device": _device(found, device),
            "problem": {"code": problem, "text": words},
            "steps_tried": tried or [],
            "action": action,
            "remote_command": remote_command,
            "work_request": _wish(phone, access_notes),
        }
    taken = api.ask("POST", "/v1/service-calls", body=request)
    CALLS.told(taken, as_json=as_json)


def _device(subscription: dict[str, Any] | None, named: str | None) -> str:
    """The id of the device that is meant."""
    if subscription is None:
        return named or fail("Which device?", "Give --device dev_…, or name the enrolment instead of the subscription.")
    there = [one for one in subscription["devices"] if one["registration"] not in ("removed", "kept")]
    meant = [one["id"] for one in there if named in (None, one["id"], one["serial_number"])]
    if len(meant) != 1:
        known = ", ".join(f"{one['id']} ({one['serial_number']})" for one in there) or "none"
        fail("Which device?", f"Give --device; the subscription has: {known}.")
    return meant[0]


def _wish(phone: str | None, access_notes: str | None) -> dict[str, Any] | None:
    return {"contact_phone": phone, "access_notes": access_notes} if phone or access_notes else None


@app.command(name="list")
def listed(
    state: Annotated[ServiceCallState | None, typer.Option(help="Only in this state.", show_default=False)] = None,
    program: Annotated[str | None, typer.Option(help="Only of this program.")] = None,
    customer: Annotated[str | None, typer.Option(help="Only of this customer: cus_….")] = None,
    subscription: Annotated[str | None, typer.Option(help="Only of this subscription: sub_….")] = None,
    device: Annotated[str | None, typer.Option(help="Only for this device: dev_….")] = None,
    limit: lists.Limit = 50,
    everything: lists.All = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Service calls, newest first."""
    wanted = {
        "state": state,
        "program": program,
        "customer": customer,
        "subscription": subscription,
        "device": device,
    }
    CALLS.listed(data_dir, wanted, limit, everything=everything, as_json=as_json)


@app.command()
def show(call: Call, data_dir: DataDir = None, as_json: Json = False) -> None:
    """One call with its device, visits, what the DERMS was told, and its timeline."""
    CALLS.shown(data_dir, call, as_json=as_json, more=_what_was_done)


def _what_was_done(seen: lists.Document) -> None:
    for one in seen["devices"]:
        say(f"  device {one['id']} {one['specification']} {one['serial_number']}: {one['registration']}")
    for one in (*seen["work_orders"], *seen["sync_requests"]):
        say(f"  {one['id']}: {one['state']}")
    for one in seen["head_end_requests"]:
        say(f"  {one['id']}: {one['state']}. {one['next_step']}")


@app.command()
def action(
    call: Call,
    choose: Annotated[ServiceAction, typer.Option("--action", help="What shall be done.")],
    remote_command: Annotated[RemoteAction, typer.Option(help="For a remote action.")] = RemoteAction.RESTART,
    phone: Annotated[str | None, typer.Option(help="For the technician.")] = None,
    access_notes: Annotated[str | None, typer.Option(help="For the technician.")] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Choose what shall be done, while nothing else is under way."""
    chosen = {"action": choose, "remote_command": remote_command, "work_request": _wish(phone, access_notes)}
    CALLS.do(data_dir, call, "action", chosen, as_json=as_json)


@app.command()
def cancel(
    call: Call,
    reason: Annotated[str, typer.Option(help="Why it is taken back.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Take the call back and call its visit off, unless a technician is on the way."""
    CALLS.do(data_dir, call, "cancel", {"reason": reason}, as_json=as_json)


@app.command()
def retry(call: Call, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Try again what came to nothing: one more visit, or the remote action once more."""
    CALLS.do(data_dir, call, "retry", as_json=as_json)
