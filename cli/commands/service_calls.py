"""`gridenroll service-call` and `gridenroll service-calls`: open a service call for a device, and handle it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.client import Document, connect_to_api, read_json_file
from cli.commands.unenrollments import find_subscription, list_active_devices
from cli.options import AccessNotes, DataDir, Json, Phone, TransactionId, build_visit_preferences, make_id
from cli.output import fail, print_line
from cli.resource import Filter, Resource
from cli.tables import field, instant_field
from models.requests.service_call import ServiceAction
from models.states.head_end import RemoteAction
from models.states.service_call import ServiceCallState

RemoteCommand = Annotated[RemoteAction, typer.Option(help="For a remote action.")]


def _print_related(document: Document) -> None:
    for device in document["devices"]:
        print_line(
            f"  device {device['id']} {device['specification']} {device['serial_number']}: {device['registration']}"
        )
    for record in (*document["work_orders"], *document["sync_requests"]):
        print_line(f"  {record['id']}: {record['state']}")
    for request in document["head_end_requests"]:
        print_line(f"  {request['id']}: {request['state']}. {request['next_step']}")


SERVICE_CALLS = Resource(
    name="service-calls",
    path="service-calls",
    singular="service call",
    id_prefix="svc",
    help="Service calls and how they were handled.",
    columns={
        "id": field("id"),
        "state": field("state"),
        "program": field("program"),
        "account": field("account"),
        "device": field("device"),
        "problem": field("problem"),
        "under way": field("action"),
        "outcome": field("outcome"),
        "opened": instant_field("submitted_at"),
        "why": field("reason"),
    },
    fields={
        "program": field("program"),
        "account": field("account"),
        "customer": field("customer"),
        "enrollment": field("enrollment"),
        "device": field("device"),
        "problem": field("problem"),
        "in words": field("problem_text"),
        "tried": field("steps_tried"),
        "under way": field("action"),
        "outcome": field("outcome"),
        "replaced by": field("replaced_by"),
        "why": field("reason"),
        "can be chosen": field("possible_actions"),
    },
    print_details=_print_related,
)
app = SERVICE_CALLS.app
SERVICE_CALLS.add_list_command(
    "List service calls, newest first.",
    Filter("state", "Only in this state.", ServiceCallState),
    Filter("program", "Only of this program."),
    Filter("customer", "Only of this customer: cus_…"),
    Filter("subscription", "Only of this subscription: sub_…"),
    Filter("device", "Only for this device: dev_…"),
)
SERVICE_CALLS.add_show_command(
    "Show one service call with its device, its visits, what was sent to the DERMS, and its timeline."
)


def submit_service_call(
    subscription: Annotated[
        str | None, typer.Argument(help="The subscription: sub_…, or its enrollment: enr_…")
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(help="The device: dev_…. With an enrollment: its serial number, or nothing if it has one device."),
    ] = None,
    problem: Annotated[str | None, typer.Option(help="Code of the problem.")] = None,
    problem_text: Annotated[str | None, typer.Option("--text", help="The problem in the customer's words.")] = None,
    tried: Annotated[
        list[str] | None, typer.Option(help="What the customer has tried; may be repeated.", show_default=False)
    ] = None,
    action: Annotated[
        ServiceAction | None,
        typer.Option(help="How to handle it; by default somebody decides later.", show_default=False),
    ] = None,
    remote_command: RemoteCommand = RemoteAction.RESTART,
    phone: Phone = None,
    access_notes: AccessNotes = None,
    transaction_id: TransactionId = None,
    file: Annotated[
        Path | None,
        typer.Option(help="The whole request as JSON, instead of the other options; - for the standard input."),
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Open a service call for an enrolled device: advice, a remote action, a visit, or a choice to be made later."""
    api = connect_to_api(data_dir)
    if file is not None:
        request = read_json_file(file)
    elif subscription is None or problem is None:
        fail("The request is not complete.", "Name the subscription or its enrollment, and the --problem.")
    else:
        found = find_subscription(api, subscription)
        request = {
            "transaction_id": transaction_id or make_id(),
            "subscription": found["id"] if found else subscription,
            "device": _find_device(found, device),
            "problem": {"code": problem, "text": problem_text},
            "steps_tried": tried or [],
            "action": action,
            "remote_command": remote_command,
            "work_request": build_visit_preferences(phone, access_notes),
        }
    SERVICE_CALLS.print_status(api.request("POST", "/v1/service-calls", body=request), as_json=as_json)


def _find_device(subscription: dict[str, Any] | None, named: str | None) -> str:
    """Returns the id of the named device, or of the only one."""
    if subscription is None:
        return named or fail(
            "Which device?", "Give --device dev_…, or name the enrollment instead of the subscription."
        )
    devices = list_active_devices(subscription)
    matching = [device["id"] for device in devices if named in (None, device["id"], device["serial_number"])]
    if len(matching) != 1:
        known = ", ".join(f"{device['id']} ({device['serial_number']})" for device in devices) or "none"
        fail("Which device?", f"Give --device; the subscription has: {known}.")
    return matching[0]


@app.command(name="action")
def choose_action(
    action: Annotated[ServiceAction, typer.Option(help="How to handle it.")],
    service_call: str = SERVICE_CALLS.id_argument,
    remote_command: RemoteCommand = RemoteAction.RESTART,
    phone: Phone = None,
    access_notes: AccessNotes = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Choose how to handle the service call, while no other action is under way."""
    body = {
        "action": action,
        "remote_command": remote_command,
        "work_request": build_visit_preferences(phone, access_notes),
    }
    SERVICE_CALLS.act(data_dir, service_call, "action", body, as_json=as_json)


SERVICE_CALLS.add_action_with_reason_command(
    "cancel", "Cancel the service call and its visit, unless a technician is on the way.", "Why it is canceled."
)
SERVICE_CALLS.add_action_command("retry", "Retry the action that failed: one more visit, or the remote action again.")
