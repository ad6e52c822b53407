"""`gridenroll unenroll` and `gridenroll unenrollments`: unenroll a customer from a program, and follow the request."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.client import ApiClient, Document, connect_to_api, read_json_file
from cli.options import DataDir, Json, TransactionId, make_id
from cli.output import fail, print_line
from cli.resource import Filter, Resource
from cli.tables import field, instant_field
from models.classifications import RemovalMethod
from models.states.unenrollment import UnenrollmentState

_DEVICE_ARGUMENT: Any = typer.Argument(help="The device: dev_…")


def _print_related(document: Document) -> None:
    for device in document["devices"]:
        progress = device["needs_attention"] or device["ended"] or device["work_order_state"] or "not yet"
        actions = f" Possible: {', '.join(device['available_actions'])}." if device["available_actions"] else ""
        print_line(
            f"  device {device['id']} {device['serial_number']}, {device['removal_method']}: {progress}.{actions}"
        )
    for request in document["sync_requests"]:
        print_line(f"  {request['id']}: {request['state']}")


UNENROLLMENTS = Resource(
    name="unenrollments",
    path="program-unenrollments",
    singular="unenrollment",
    id_prefix="unr",
    help="Unenrollments and what becomes of the devices.",
    columns={
        "id": field("id"),
        "state": field("state"),
        "program": field("program"),
        "account": field("account"),
        "enrollment": field("enrollment"),
        "takes effect": instant_field("effective_at"),
        "reason": field("unenrollment_reason"),
        "why": field("reason"),
    },
    fields={
        "program": field("program"),
        "account": field("account"),
        "customer": field("customer"),
        "enrollment": field("enrollment"),
        "subscription": lambda row: f"{row['subscription_number']}, {row['subscription_state']}",
        "takes effect": instant_field("effective_at"),
        "reason": field("unenrollment_reason"),
        "note": field("note"),
        "why": field("reason"),
    },
    print_details=_print_related,
    commands={"approval": "approve, refuse"},
)
app = UNENROLLMENTS.app
UNENROLLMENTS.add_list_command(
    "List unenrollments, newest first.",
    Filter("state", "Only in this state.", UnenrollmentState),
    Filter("program", "Only of this program."),
    Filter("account", "Only of this CIS account."),
    Filter("customer", "Only of this customer: cus_…"),
    Filter("enrollment", "Only of this enrollment: enr_…"),
    Filter("transaction_id", "Only those submitted with this transaction id."),
)
UNENROLLMENTS.add_show_command("Show one unenrollment with its devices, what was sent to the DERMS, and its timeline.")


def submit_unenrollment(
    subscription: Annotated[
        str | None, typer.Argument(help="The subscription's id or number, or its enrollment: enr_…")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Code of the reason.")] = None,
    on: Annotated[
        str | None, typer.Option(help="The day at the premise, such as 2026-07-01; by default at once.")
    ] = None,
    device: Annotated[
        list[str] | None,
        typer.Option(help="Only this device, by id or serial number; may be repeated.", show_default=False),
    ] = None,
    removal: Annotated[
        RemovalMethod | None,
        typer.Option(help="What becomes of the devices; by default what the program says.", show_default=False),
    ] = None,
    note: Annotated[str | None, typer.Option(help="Other remarks.")] = None,
    transaction_id: TransactionId = None,
    file: Annotated[
        Path | None,
        typer.Option(help="The whole request as JSON, instead of the other options; - for the standard input."),
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Unenroll a customer from a program, with all devices or some. The same transaction id is one request."""
    api = connect_to_api(data_dir)
    if file is not None:
        request = read_json_file(file)
    elif subscription is None:
        fail("Which subscription?", "Name the subscription or its enrollment, or give a --file with the whole request.")
    else:
        found = find_subscription(api, subscription)
        request = {
            "transaction_id": transaction_id or make_id(),
            "subscription": found["id"] if found else subscription,
            "reason": reason,
            "effective_date": on,
            "devices": _build_devices(found, device or [], removal),
            "note": note,
        }
    UNENROLLMENTS.print_status(api.request("POST", "/v1/program-unenrollments", body=request), as_json=as_json)


def find_subscription(api: ApiClient, named: str) -> Document | None:
    """Returns the subscription of an enrollment, or None when `named` is not the id of an enrollment."""
    if not named.startswith("enr_"):
        return None
    subscription = api.request("GET", f"/v1/program-enrollments/{named}")["subscription"]
    if subscription is None:
        fail(f"The enrollment {named} has no subscription.", f"See gridenroll enrollments show {named}.")
    return subscription


def list_active_devices(subscription: Document) -> list[Document]:
    """Returns the subscription's devices that still take part."""
    return [device for device in subscription["devices"] if device["registration"] not in ("removed", "kept")]


def _build_devices(
    subscription: Document | None, named: list[str], removal: RemovalMethod | None
) -> list[dict[str, Any]]:
    if removal is not None and not named:
        if subscription is None:
            fail("Which devices?", "--removal needs --device, or the enrollment instead of the subscription.")
        named = [device["id"] for device in list_active_devices(subscription)]
    return [{"device": device, "removal_method": removal} for device in named]


@app.command(name="approve")
def approve(
    unenrollment: str = UNENROLLMENTS.id_argument,
    reason: str = typer.Option(help="Why it is approved."),
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Approve a request that waits for approval."""
    UNENROLLMENTS.act(data_dir, unenrollment, "approval", {"approved": True, "reason": reason}, as_json=as_json)


@app.command(name="refuse")
def decline(
    unenrollment: str = UNENROLLMENTS.id_argument,
    reason: str = typer.Option(help="Why it is declined."),
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Decline a request that waits for approval: the customer stays in the program."""
    UNENROLLMENTS.act(data_dir, unenrollment, "approval", {"approved": False, "reason": reason}, as_json=as_json)


UNENROLLMENTS.add_action_with_reason_command(
    "cancel", "Cancel the request, as long as no device has left the program.", "Why it is canceled."
)
UNENROLLMENTS.add_action_command("retry", "Try again to collect the devices whose removal failed.")


@app.command(name="received")
def record_returned_device(
    unenrollment: str = UNENROLLMENTS.id_argument,
    device: str = _DEVICE_ARGUMENT,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Record that a device that the customer ships back has arrived."""
    UNENROLLMENTS.act(data_dir, unenrollment, f"devices/{device}/received", as_json=as_json)


@app.command(name="kept")
def record_kept_device(
    unenrollment: str = UNENROLLMENTS.id_argument,
    device: str = _DEVICE_ARGUMENT,
    reason: str = typer.Option(help="Why it stays where it is."),
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """End the removal of a device: it stays where it is."""
    UNENROLLMENTS.act(data_dir, unenrollment, f"devices/{device}/kept", {"reason": reason}, as_json=as_json)
