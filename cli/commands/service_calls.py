"""`gridenroll service-call` and `gridenroll service-calls`: ask for help with an enrolled device, and see to it."""

from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any

import typer

from cli import tables
from cli.client import connect_to_api, read_json_file
from cli.commands.catalog import DataDir, Json
from cli.commands.unenrollments import find_subscription
from cli.output import fail, print_line
from cli.resource import Resource
from models.requests.service_call import ServiceAction
from models.states.head_end import RemoteAction
from models.states.service_call import ServiceCallState

app = typer.Typer(help="Service calls and what was done about them.", no_args_is_help=True)

Call = Annotated[str, typer.Argument(help="Its id: svc_…")]

SERVICE_CALLS = Resource(
    plural="service calls",
    name="service-calls",
    path="service-calls",
    columns={
        "id": tables.field("id"),
        "state": tables.field("state"),
        "program": tables.field("program"),
        "account": tables.field("account"),
        "device": tables.field("device"),
        "problem": tables.field("problem"),
        "under way": tables.field("action"),
        "outcome": tables.field("outcome"),
        "opened": tables.instant_field("submitted_at"),
        "why": tables.field("reason"),
    },
    facts={
        "program": tables.field("program"),
        "account": tables.field("account"),
        "customer": tables.field("customer"),
        "enrolment": tables.field("enrollment"),
        "device": tables.field("device"),
        "problem": tables.field("problem"),
        "in words": tables.field("problem_text"),
        "tried": tables.field("steps_tried"),
        "under way": tables.field("action"),
        "outcome": tables.field("outcome"),
        "replaced by": tables.field("replaced_by"),
        "why": tables.field("reason"),
        "can be chosen": tables.field("possible_actions"),
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
    api = connect_to_api(data_dir)
    if file is not None:
        request = read_json_file(file)
    elif subscription is None or problem is None:
        fail("The request is not complete.", "Name the subscription or its enrolment, and the --problem.")
    else:
        found = find_subscription(api, subscription)
        request = {
            "transaction_id": transaction_id or f"cli-{token_hex(8)}",
            "subscription": found["id"] if found else subscription,
            "device": _find_device(found, device),
            "problem": {"code": problem, "text": words},
            "steps_tried": tried or [],
            "action": action,
            "remote_command": remote_command,
            "work_request": _build_work_request(phone, access_notes),
        }
    taken = api.request("POST", "/v1/service-calls", body=request)
    SERVICE_CALLS.print_status(taken, as_json=as_json)


def _find_device(subscription: dict[str, Any] | None, named: str | None) -> str:
    """The id of the device that is meant."""
    if subscription is None:
        return named or fail("Which device?", "Give --device dev_…, or name the enrolment instead of the subscription.")
    there = [one for one in subscription["devices"] if one["registration"] not in ("removed", "kept")]
    meant = [one["id"] for one in there if named in (None, one["id"], one["serial_number"])]
    if len(meant) != 1:
        known = ", ".join(f"{one['id']} ({one['serial_number']})" for one in there) or "none"
        fail("Which device?", f"Give --device; the subscription has: {known}.")
    return meant[0]


def _build_work_request(phone: str | None, access_notes: str | None) -> dict[str, Any] | None:
    return {"contact_phone": phone, "access_notes": access_notes} if phone or access_notes else None


@app.command(name="list")
def list_service_calls(
    state: Annotated[ServiceCallState | None, typer.Option(help="Only in this state.", show_default=False)] = None,
    program: Annotated[str | None, typer.Option(help="Only of this program.")] = None,
    customer: Annotated[str | None, typer.Option(help="Only of this customer: cus_….")] = None,
    subscription: Annotated[str | None, typer.Option(help="Only of this subscription: sub_….")] = None,
    device: Annotated[str | None, typer.Option(help="Only for this device: dev_….")] = None,
    limit: tables.Limit = 50,
    everything: tables.All = False,
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
    SERVICE_CALLS.list_all(data_dir, wanted, limit, everything=everything, as_json=as_json)


@app.command()
def show(call: Call, data_dir: DataDir = None, as_json: Json = False) -> None:
    """One call with its device, visits, what the DERMS was told, and its timeline."""
    SERVICE_CALLS.show(data_dir, call, as_json=as_json, more=_print_related)


def _print_related(seen: tables.Document) -> None:
    for one in seen["devices"]:
        print_line(f"  device {one['id']} {one['specification']} {one['serial_number']}: {one['registration']}")
    for one in (*seen["work_orders"], *seen["sync_requests"]):
        print_line(f"  {one['id']}: {one['state']}")
    for one in seen["head_end_requests"]:
        print_line(f"  {one['id']}: {one['state']}. {one['next_step']}")


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
    chosen = {
        "action": choose,
        "remote_command": remote_command,
        "work_request": _build_work_request(phone, access_notes),
    }
    SERVICE_CALLS.act(data_dir, call, "action", chosen, as_json=as_json)


@app.command()
def cancel(
    call: Call,
    reason: Annotated[str, typer.Option(help="Why it is taken back.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Take the call back and call its visit off, unless a technician is on the way."""
    SERVICE_CALLS.act(data_dir, call, "cancel", {"reason": reason}, as_json=as_json)


@app.command()
def retry(call: Call, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Try again what came to nothing: one more visit, or the remote action once more."""
    SERVICE_CALLS.act(data_dir, call, "retry", as_json=as_json)
