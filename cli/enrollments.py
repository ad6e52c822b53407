"""`gridenroll enroll` and `gridenroll enrollments`: ask for a customer to take part, and see what came of it."""

from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any

import typer

from cli import lists
from cli.catalog import DataDir, Json
from cli.client import Api, read_document, running_api
from cli.messages import fail, say, say_json
from models.states import AssetOwnership, EnrollmentState, InstallationMethod

app = typer.Typer(help="Enrolments and what happened to them.", no_args_is_help=True)

_COLUMNS: lists.Columns = {
    "id": lists.field("id"),
    "state": lists.field("state"),
    "program": lists.field("program"),
    "account": lists.field("account"),
    "service point": lists.field("service_point"),
    "submitted": lists.instant("submitted_at"),
    "why": lists.field("reason"),
}
_FACTS = {
    "program": "program",
    "account": "account",
    "service point": "service_point",
    "customer": "customer",
    "transaction": "transaction_id",
    "why": "reason",
    "waitlist": "waitlist_position",
}


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
    api = running_api(data_dir)
    if file is not None:
        request = read_document(file)
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
            "devices": [_device(one) for one in device or ()],
            "terms": _terms(api, program, accepted_by) if accepted_by else None,
            "answers": dict(_answer(one) for one in answer or ()),
            "work_order": {"contact_phone": phone, "access_notes": access_notes} if phone or access_notes else None,
        }
    taken = api.ask("POST", "/v1/program-enrollments", body=request)
    if as_json:
        say_json(taken)
    else:
        say(f"{taken['id']}  {taken['state']}")
        say(f"See what becomes of it: gridenroll enrollments show {taken['id']}")


def _device(text: str) -> dict[str, Any]:
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


def _answer(text: str) -> tuple[str, str]:
    question, equals, given = text.partition("=")
    if not equals:
        fail(f"{text!r} is no answer.", "Write it as QUESTION=ANSWER.")
    return question, given


def _terms(api: Api, program: str, accepted_by: str) -> dict[str, str]:
    known = {one["code"]: one["terms_version"] for one in api.ask("GET", "/v1/programs")["items"]}
    if program not in known:
        fail(f"There is no program {program}.", f"There are: {', '.join(sorted(known))}.")
    return {"version": known[program], "accepted_by": accepted_by, "accepted_at": datetime.now(UTC).isoformat()}


@app.command(name="list")
def listed(
    state: Annotated[EnrollmentState | None, typer.Option(help="Only in this state.", show_default=False)] = None,
    program: Annotated[str | None, typer.Option(help="Only of this program.")] = None,
    account: Annotated[str | None, typer.Option(help="Only of this CIS account.")] = None,
    customer: Annotated[str | None, typer.Option(help="Only of this customer: cus_….")] = None,
    transaction_id: Annotated[str | None, typer.Option(help="Only the requests of this id.")] = None,
    limit: lists.Limit = 50,
    everything: lists.All = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Enrolments, newest first."""
    wanted = {
        "state": state,
        "program": program,
        "account": account,
        "customer": customer,
        "transaction_id": transaction_id,
    }
    found = lists.pages(running_api(data_dir), "/v1/program-enrollments", wanted, limit, everything=everything)
    lists.show(found, _COLUMNS, empty="There are no such enrolments.", as_json=as_json)


@app.command()
def show(
    enrollment: Annotated[str, typer.Argument(help="Its id: enr_…")], data_dir: DataDir = None, as_json: Json = False
) -> None:
    """One enrolment with its devices and its timeline, over all that followed from it."""
    seen = running_api(data_dir).ask("GET", f"/v1/program-enrollments/{enrollment}")
    if as_json:
        say_json(seen)
        return
    say(f"{seen['id']}  {seen['state']}")
    lists.facts(seen, _FACTS)
    if seen["subscription"]:
        say(f"  subscription {seen['subscription']['number']}: {seen['subscription']['state']}")
        for device in seen["subscription"]["devices"]:
            say(
                f"  device {device['id']} {device['specification']} {device['serial_number']}: {device['registration']}"
            )
    for one in (*seen["work_orders"], *seen["service_calls"], *seen["unenrollments"]):
        say(f"  {one['id']}: {one['state']}")
    for one in (*seen["shipments"], *seen["head_end_requests"]):
        say(f"  {one['id']}: {one['state']}. {one['next_step']}")
    lists.timeline(seen["timeline"])
    say(f"Next: {seen['next_step']}")
    lists.doors(seen)
    say(f"Temporal UI: {seen['links']['temporal_ui']}")
