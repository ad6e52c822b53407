"""`gridenroll enroll` and `gridenroll enrollments`: ask for a customer to take part, and see what came of it."""

from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any

import typer

from cli import tables
from cli.client import ApiClient, connect_to_api, read_json_file
from cli.commands.catalog import DataDir, Json
from cli.output import fail, print_line
from cli.resource import Resource
from models.classifications import AssetOwnership, InstallationMethod
from models.states.enrollment import EnrollmentState
from models.states.subscription import SubscriptionState

app = typer.Typer(help="Enrolments and what happened to them.", no_args_is_help=True)

Enrollment = Annotated[str, typer.Argument(help="Its id: enr_…")]

ENROLLMENTS = Resource(
    plural="enrolments",
    name="enrollments",
    path="program-enrollments",
    columns={
        "id": tables.field("id"),
        "state": tables.field("state"),
        "takes part": tables.field("subscription_state"),
        "program": tables.field("program"),
        "account": tables.field("account"),
        "service point": tables.field("service_point"),
        "submitted": tables.instant_field("submitted_at"),
        "why": tables.field("reason"),
    },
    facts={
        "program": tables.field("program"),
        "account": tables.field("account"),
        "service point": tables.field("service_point"),
        "customer": tables.field("customer"),
        "transaction": tables.field("transaction_id"),
        "why": tables.field("reason"),
        "waitlist": tables.field("waitlist_position"),
    },
)


def enroll(
    file: Annotated[
        Path | None,
        typer.Argument(help="The whole request as JSON, instead of the options; - reads the standard input."),
    ] = None,
    program: Annotated[str | None, typer.Option(help="The program's code.")] = None,
    account: Annotated[str | None, typer.Option(help="The CIS account.")] = None,
    service_point: Annotated[str | None, typer.Option(help="The CIS service point.")] = None,
    device: Annotated[
        list[str] | None,
        typer.Option(help="SPECIFICATION:SERIAL-NUMBER[:LOCATION]; may be repeated.", show_default=False),
    ] = None,
    accepted_by: Annotated[str | None, typer.Option(help="Who accepted the program's terms.")] = None,
    answer: Annotated[
        list[str] | None, typer.Option(help="QUESTION=ANSWER; may be repeated.", show_default=False)
    ] = None,
    installation: Annotated[
        InstallationMethod, typer.Option(help="Who installs the device.")
    ] = InstallationMethod.BRING_YOUR_OWN,
    ownership: Annotated[AssetOwnership, typer.Option(help="Whose the device is.")] = AssetOwnership.CUSTOMER_OWNED,
    phone: Annotated[str | None, typer.Option(help="For the technician.")] = None,
    access_notes: Annotated[str | None, typer.Option(help="For the technician.")] = None,
    transaction_id: Annotated[
        str | None, typer.Option(help="Your own id of the request; by default one is made.")
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Ask for a customer to take part in a program. The same transaction id with the same content is one request."""
    api = connect_to_api(data_dir)
    if file is not None:
        request = read_json_file(file)
    elif program is None or account is None or service_point is None:
        fail("The request is not complete.", "Give --program, --account and --service-point, or a file with all of it.")
    else:
        request = {
            "transaction_id": transaction_id or f"cli-{token_hex(8)}",
            "program": program,
            "account": account,
            "service_point": service_point,
            "installation_method": installation,
            "asset_ownership": ownership,
            "devices": [_parse_device(one) for one in device or ()],
            "terms": _build_terms(api, program, accepted_by) if accepted_by else None,
            "answers": dict(_parse_answer(one) for one in answer or ()),
            "work_order": {"contact_phone": phone, "access_notes": access_notes} if phone or access_notes else None,
        }
    taken = api.request("POST", "/v1/program-enrollments", body=request)
    ENROLLMENTS.print_status(taken, as_json=as_json)


def _parse_device(text: str) -> dict[str, Any]:
    specification, _, rest = text.partition(":")
    serial_number, _, location = rest.partition(":")
    if not specification or not serial_number:
        fail(
            f"{text!r} names no device.",
            "Write it as SPECIFICATION:SERIAL-NUMBER or SPECIFICATION:SERIAL-NUMBER:LOCATION.",
        )
    return {
        "specification": specification,
        "serial_number": serial_number,
        "device_location_type": location or None,
    }


def _parse_answer(text: str) -> tuple[str, str]:
    question, equals, given = text.partition("=")
    if not equals:
        fail(f"{text!r} is no answer.", "Write it as QUESTION=ANSWER.")
    return question, given


def _build_terms(api: ApiClient, program: str, accepted_by: str) -> dict[str, str]:
    known = {one["code"]: one["terms_version"] for one in api.request("GET", "/v1/programs")["items"]}
    if program not in known:
        fail(f"There is no program {program}.", f"There are: {', '.join(sorted(known))}.")
    return {"version": known[program], "accepted_by": accepted_by, "accepted_at": datetime.now(UTC).isoformat()}


@app.command(name="list")
def list_enrollments(
    state: Annotated[EnrollmentState | None, typer.Option(help="Only in this state.", show_default=False)] = None,
    takes_part: Annotated[
        SubscriptionState | None,
        typer.Option(help="Only whose subscription is in this state: active is who takes part.", show_default=False),
    ] = None,
    program: Annotated[str | None, typer.Option(help="Only of this program.")] = None,
    account: Annotated[str | None, typer.Option(help="Only of this CIS account.")] = None,
    customer: Annotated[str | None, typer.Option(help="Only of this customer: cus_….")] = None,
    transaction_id: Annotated[str | None, typer.Option(help="Only the requests of this id.")] = None,
    limit: tables.Limit = 50,
    everything: tables.All = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Enrolments, newest first."""
    wanted = {
        "state": state,
        "subscription_state": takes_part,
        "program": program,
        "account": account,
        "customer": customer,
        "transaction_id": transaction_id,
    }
    ENROLLMENTS.list_all(data_dir, wanted, limit, everything=everything, as_json=as_json)


@app.command()
def show(enrollment: Enrollment, data_dir: DataDir = None, as_json: Json = False) -> None:
    """One enrolment with its devices and its timeline, over all that followed from it."""
    ENROLLMENTS.show(data_dir, enrollment, as_json=as_json, more=_print_related)


def _print_related(seen: tables.Document) -> None:
    if seen["subscription"]:
        print_line(f"  subscription {seen['subscription']['number']}: {seen['subscription']['state']}")
        for device in seen["subscription"]["devices"]:
            print_line(
                f"  device {device['id']} {device['specification']} {device['serial_number']}: {device['registration']}"
            )
    for one in (*seen["work_orders"], *seen["service_calls"], *seen["unenrollments"]):
        print_line(f"  {one['id']}: {one['state']}")
    for one in (*seen["shipments"], *seen["head_end_requests"]):
        print_line(f"  {one['id']}: {one['state']}. {one['next_step']}")


@app.command()
def cancel(
    enrollment: Enrollment,
    reason: Annotated[str, typer.Option(help="Why it is taken back.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Take the request back, as long as the customer is not enrolled."""
    ENROLLMENTS.act(data_dir, enrollment, "cancel", {"reason": reason}, as_json=as_json)


@app.command()
def retry(enrollment: Enrollment, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Try a request that needs attention again."""
    ENROLLMENTS.act(data_dir, enrollment, "retry", as_json=as_json)
