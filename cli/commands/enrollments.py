"""`gridenroll enroll` and `gridenroll enrollments`: enroll a customer in a program, and follow the request."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.client import ApiClient, Document, connect_to_api, read_json_file
from cli.options import AccessNotes, DataDir, Json, Phone, TransactionId, build_visit_preferences, make_id
from cli.output import fail, print_line
from cli.resource import Filter, Resource
from cli.tables import field, instant_field
from models.classifications import AssetOwnership, InstallationMethod
from models.states.enrollment import EnrollmentState
from models.states.subscription import SubscriptionState


def _print_related(document: Document) -> None:
    if document["subscription"]:
        print_line(f"  subscription {document['subscription']['number']}: {document['subscription']['state']}")
        for device in document["subscription"]["devices"]:
            print_line(
                f"  device {device['id']} {device['specification']} {device['serial_number']}: {device['registration']}"
            )
    for record in (*document["work_orders"], *document["service_calls"], *document["unenrollments"]):
        print_line(f"  {record['id']}: {record['state']}")
    for record in (*document["shipments"], *document["head_end_requests"]):
        print_line(f"  {record['id']}: {record['state']}. {record['next_step']}")


ENROLLMENTS = Resource(
    name="enrollments",
    path="program-enrollments",
    singular="enrollment",
    id_prefix="enr",
    help="Enrollments and what happened to them.",
    columns={
        "id": field("id"),
        "state": field("state"),
        "takes part": field("subscription_state"),
        "program": field("program"),
        "account": field("account"),
        "service point": field("service_point"),
        "submitted": instant_field("submitted_at"),
        "why": field("reason"),
    },
    fields={
        "program": field("program"),
        "account": field("account"),
        "service point": field("service_point"),
        "customer": field("customer"),
        "transaction": field("transaction_id"),
        "why": field("reason"),
        "waitlist": field("waitlist_position"),
    },
    print_details=_print_related,
)
app = ENROLLMENTS.app
ENROLLMENTS.add_list_command(
    "List enrollments, newest first.",
    Filter("state", "Only in this state.", EnrollmentState),
    Filter(
        "subscription_state",
        "Only those whose subscription is in this state; active means that the customer takes part.",
        SubscriptionState,
        option="takes_part",
    ),
    Filter("program", "Only of this program."),
    Filter("account", "Only of this CIS account."),
    Filter("customer", "Only of this customer: cus_…"),
    Filter("transaction_id", "Only those submitted with this transaction id."),
)
ENROLLMENTS.add_show_command("Show one enrollment with its devices, all that followed from it, and its timeline.")
ENROLLMENTS.add_action_with_reason_command(
    "cancel", "Cancel the request, as long as the customer is not enrolled.", "Why it is canceled."
)
ENROLLMENTS.add_action_command("retry", "Retry a request that needs attention.")


def submit_enrollment(
    file: Annotated[
        Path | None,
        typer.Argument(help="The whole request as JSON, instead of the options; - for the standard input."),
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
    ownership: Annotated[AssetOwnership, typer.Option(help="Who owns the device.")] = AssetOwnership.CUSTOMER_OWNED,
    phone: Phone = None,
    access_notes: AccessNotes = None,
    transaction_id: TransactionId = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Enroll a customer in a program. The same transaction id with the same content is one request."""
    api = connect_to_api(data_dir)
    if file is not None:
        request = read_json_file(file)
    elif program is None or account is None or service_point is None:
        fail("The request is not complete.", "Give --program, --account and --service-point, or a file with all of it.")
    else:
        request = {
            "transaction_id": transaction_id or make_id(),
            "program": program,
            "account": account,
            "service_point": service_point,
            "installation_method": installation,
            "asset_ownership": ownership,
            "devices": [_parse_device(text) for text in device or ()],
            "terms": _build_terms(api, program, accepted_by) if accepted_by else None,
            "answers": dict(_parse_answer(text) for text in answer or ()),
            "work_order": build_visit_preferences(phone, access_notes),
        }
    ENROLLMENTS.print_status(api.request("POST", "/v1/program-enrollments", body=request), as_json=as_json)


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
    question, equals, answer = text.partition("=")
    if not equals:
        fail(f"{text!r} is not an answer.", "Write it as QUESTION=ANSWER.")
    return question, answer


def _build_terms(api: ApiClient, program: str, accepted_by: str) -> dict[str, str]:
    versions = {one["code"]: one["terms_version"] for one in api.request("GET", "/v1/programs")["items"]}
    if program not in versions:
        fail(f"There is no program {program}.", f"The programs are: {', '.join(sorted(versions))}.")
    return {"version": versions[program], "accepted_by": accepted_by, "accepted_at": datetime.now(UTC).isoformat()}
