"""`gridenroll unenroll` and `gridenroll unenrollments`: ask for a customer to leave a program, and see it through."""

from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any

import typer

from cli import tables
from cli.client import ApiClient, connect_to_api, read_json_file
from cli.commands.catalog import DataDir, Json
from cli.output import fail, print_line
from cli.resource import Resource
from models.classifications import RemovalMethod
from models.states.unenrollment import UnenrollmentState

app = typer.Typer(help="Unenrolments and what became of the devices.", no_args_is_help=True)

Unenrollment = Annotated[str, typer.Argument(help="Its id: unr_…")]
Device = Annotated[str, typer.Argument(help="The device: dev_…")]

UNENROLLMENTS = Resource(
    plural="unenrolments",
    name="unenrollments",
    path="program-unenrollments",
    columns={
        "id": tables.field("id"),
        "state": tables.field("state"),
        "program": tables.field("program"),
        "account": tables.field("account"),
        "enrolment": tables.field("enrollment"),
        "takes effect": tables.instant_field("effective_at"),
        "reason": tables.field("unenrollment_reason"),
        "why": tables.field("reason"),
    },
    facts={
        "program": tables.field("program"),
        "account": tables.field("account"),
        "customer": tables.field("customer"),
        "enrolment": tables.field("enrollment"),
        "subscription": lambda row: f"{row['subscription_number']}, {row['subscription_state']}",
        "takes effect": tables.instant_field("effective_at"),
        "reason": tables.field("unenrollment_reason"),
        "note": tables.field("note"),
        "why": tables.field("reason"),
    },
    commands={"approval": "approve, refuse"},
)


def unenroll(
    subscription: Annotated[
        str | None, typer.Argument(help="The subscription's id or number, or the enrolment that led to it: enr_….")
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
    note: Annotated[str | None, typer.Option(help="What else there is to say.")] = None,
    transaction_id: Annotated[
        str | None, typer.Option(help="Your own id of the request; by default one is made.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="The whole request as JSON, instead of all these; - reads the standard input.")
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Ask for a customer to leave a program, with all devices or some. The same transaction id is one request."""
    api = connect_to_api(data_dir)
    if file is not None:
        request = read_json_file(file)
    elif subscription is None:
        fail("Who shall leave?", "Name the subscription or its enrolment, or give a --file with the whole request.")
    else:
        found = find_subscription(api, subscription)
        request = {
            "transaction_id": transaction_id or f"cli-{token_hex(8)}",
            "subscription": found["id"] if found else subscription,
            "reason": reason,
            "effective_date": on,
            "devices": _build_devices(found, device or [], removal),
            "note": note,
        }
    taken = api.request("POST", "/v1/program-unenrollments", body=request)
    UNENROLLMENTS.print_status(taken, as_json=as_json)


def find_subscription(api: ApiClient, named: str) -> dict[str, Any] | None:
    """The subscription that an enrolment led to; None where it is not named by its enrolment."""
    if not named.startswith("enr_"):
        return None
    found = api.request("GET", f"/v1/program-enrollments/{named}")["subscription"]
    if found is None:
        fail(f"The enrolment {named} has led to no subscription.", f"See gridenroll enrollments show {named}.")
    return found


def _build_devices(
    subscription: dict[str, Any] | None, named: list[str], removal: RemovalMethod | None
) -> list[dict[str, Any]]:
    if removal is not None and not named:
        if subscription is None:
            fail("Of which devices?", "--removal needs --device, or the enrolment instead of the subscription.")
        named = [one["id"] for one in subscription["devices"] if one["registration"] not in ("removed", "kept")]
    return [{"device": one, "removal_method": removal} for one in named]


@app.command(name="list")
def list_unenrollments(
    state: Annotated[UnenrollmentState | None, typer.Option(help="Only in this state.", show_default=False)] = None,
    program: Annotated[str | None, typer.Option(help="Only of this program.")] = None,
    account: Annotated[str | None, typer.Option(help="Only of this CIS account.")] = None,
    customer: Annotated[str | None, typer.Option(help="Only of this customer: cus_….")] = None,
    enrollment: Annotated[str | None, typer.Option(help="Only of this enrolment: enr_….")] = None,
    transaction_id: Annotated[str | None, typer.Option(help="Only the requests of this id.")] = None,
    limit: tables.Limit = 50,
    everything: tables.All = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Unenrolments, newest first."""
    wanted = {
        "state": state,
        "program": program,
        "account": account,
        "customer": customer,
        "enrollment": enrollment,
        "transaction_id": transaction_id,
    }
    UNENROLLMENTS.list_all(data_dir, wanted, limit, everything=everything, as_json=as_json)


@app.command()
def show(unenrollment: Unenrollment, data_dir: DataDir = None, as_json: Json = False) -> None:
    """One unenrolment with its devices, what the DERMS was told, and its timeline."""
    UNENROLLMENTS.show(data_dir, unenrollment, as_json=as_json, more=_print_devices)


def _print_devices(seen: tables.Document) -> None:
    for one in seen["devices"]:
        how_far = one["needs_attention"] or one["ended"] or one["work_order_state"] or "not yet"
        possible = f" Possible: {', '.join(one['available_actions'])}." if one["available_actions"] else ""
        print_line(f"  device {one['id']} {one['serial_number']}, {one['removal_method']}: {how_far}.{possible}")
    for one in seen["sync_requests"]:
        print_line(f"  {one['id']}: {one['state']}")


@app.command()
def approve(
    unenrollment: Unenrollment,
    reason: Annotated[str, typer.Option(help="Why they may leave.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Approve a request that waits for it."""
    UNENROLLMENTS.act(data_dir, unenrollment, "approval", {"approved": True, "reason": reason}, as_json=as_json)


@app.command()
def refuse(
    unenrollment: Unenrollment,
    reason: Annotated[str, typer.Option(help="Why they may not leave.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Turn a request down that waits for approval: the customer takes part as before."""
    UNENROLLMENTS.act(data_dir, unenrollment, "approval", {"approved": False, "reason": reason}, as_json=as_json)


@app.command()
def cancel(
    unenrollment: Unenrollment,
    reason: Annotated[str, typer.Option(help="Why it is taken back.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Take the request back, as long as no device has left."""
    UNENROLLMENTS.act(data_dir, unenrollment, "cancel", {"reason": reason}, as_json=as_json)


@app.command()
def retry(unenrollment: Unenrollment, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Have devices fetched once more whose removal came to nothing."""
    UNENROLLMENTS.act(data_dir, unenrollment, "retry", as_json=as_json)


@app.command()
def received(unenrollment: Unenrollment, device: Device, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Say that a device has come which was to be shipped back."""
    UNENROLLMENTS.act(data_dir, unenrollment, f"devices/{device}/received", as_json=as_json)


@app.command()
def kept(
    unenrollment: Unenrollment,
    device: Device,
    reason: Annotated[str, typer.Option(help="Why it stays where it is.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """End the removal of a device: it stays where it is."""
    UNENROLLMENTS.act(data_dir, unenrollment, f"devices/{device}/kept", {"reason": reason}, as_json=as_json)
