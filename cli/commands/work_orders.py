"""`gridenroll work-orders`: the technicians' tasks, their appointments and reports."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.client import Document, read_json_file
from cli.options import DataDir, Json, make_id
from cli.output import fail, print_line
from cli.resource import Filter, Resource
from cli.tables import field, format_local_time, format_window, instant_field, parse_instant
from models.states.work_order import CompletionOutcome, WorkOrderKind, WorkOrderState


class Step(StrEnum):
    """How far a technician is before the report."""

    EN_ROUTE = "en_route"
    ON_SITE = "on_site"


def _print_completions(document: Document) -> None:
    for report in document["completions"]:
        received = format_local_time(report["received_at"])
        verdict = report["verdict"] or "not checked yet"
        print_line(f"  reported {received}: {report['outcome']}, {verdict} ({report['completion_id']})")


WORK_ORDERS = Resource(
    name="work-orders",
    path="work-orders",
    singular="work order",
    id_prefix="wo",
    help="Work orders: the technicians' tasks and reports.",
    columns={
        "id": field("id"),
        "kind": field("kind"),
        "state": field("state"),
        "program": field("program"),
        "for": field("journey"),
        "service point": field("service_point"),
        "appointment": instant_field("appointment_start"),
        "technician": field("technician"),
        "attempt": lambda row: f"{row['attempt']} of {row['maximum_attempts']}",
        "outcome": field("outcome"),
    },
    fields={
        "number": field("number"),
        "for": field("journey"),
        "program": field("program"),
        "where": field("address"),
        "phone": field("contact_phone"),
        "access": field("access_notes"),
        "device": field("device"),
        "appointment": lambda row: format_window(row["appointment_start"], row["appointment_end"]),
        "technician": field("technician"),
        "outcome": field("outcome"),
        "can end as": field("possible_outcomes"),
        "why": field("reason"),
        "sent back": field("sent_back"),
        "canceled": field("called_off"),
        "unclaimed": field("unclaimed"),
    },
    heading=("id", "kind", "state"),
    print_details=_print_completions,
    commands={"appointment": "appoint", "completion": "complete"},
)
app = WORK_ORDERS.app
WORK_ORDERS.add_list_command(
    "List work orders, newest first.",
    Filter("state", "Only in this state.", WorkOrderState),
    Filter("kind", "Only of this kind.", WorkOrderKind),
    Filter("technician", "Only of this technician."),
    Filter("program", "Only of this program."),
    Filter("journey", "Only for this request: enr_…, unr_… or svc_…"),
    Filter("customer", "Only of this customer: cus_…"),
)
WORK_ORDERS.add_show_command("Show one work order: the task, the address and the reports.")


@app.command(name="appoint")
def schedule_appointment(
    start: Annotated[
        str,
        typer.Option(parser=parse_instant, help="The start: 2026-06-03T09:00 in your time zone, or with its offset."),
    ],
    end: Annotated[str, typer.Option(parser=parse_instant, help="The end.")],
    work_order: str = WORK_ORDERS.id_argument,
    technician: Annotated[str | None, typer.Option(help="The technician who comes.")] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Schedule the appointment, or move it."""
    body = {"start": start, "end": end, "technician": technician}
    WORK_ORDERS.act(data_dir, work_order, "appointment", body, as_json=as_json)


@app.command(name="progress")
def report_progress(
    step: Annotated[Step, typer.Option(help="How far the technician is.")],
    work_order: str = WORK_ORDERS.id_argument,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Report that the technician is on the way or on site."""
    WORK_ORDERS.act(data_dir, work_order, "progress", {"step": step}, as_json=as_json)


@app.command(name="complete")
def report_completion(
    work_order: str = WORK_ORDERS.id_argument,
    outcome: Annotated[CompletionOutcome | None, typer.Option(help="How the visit ended.", show_default=False)] = None,
    technician: Annotated[str | None, typer.Option(help="The technician who was there.")] = None,
    specification: Annotated[str | None, typer.Option(help="Code of the installed device.")] = None,
    serial_number: Annotated[str | None, typer.Option(help="Serial number of the installed device.")] = None,
    location: Annotated[str | None, typer.Option(help="Where the device is mounted: a device location type.")] = None,
    removed: Annotated[str | None, typer.Option(help="Serial number of the removed device.")] = None,
    condition: Annotated[str | None, typer.Option(help="Condition of the removed device.")] = None,
    notes: Annotated[str | None, typer.Option(help="Other remarks.")] = None,
    finished_at: Annotated[str | None, typer.Option(parser=parse_instant, help="When; by default now.")] = None,
    completion_id: Annotated[
        str | None, typer.Option(help="The report's own id; the command generates one by default.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="The whole report as JSON, instead of the other options; - for the standard input."),
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Report a visit, as the technician does. The same completion id with the same report is one report."""
    if file is not None:
        report = read_json_file(file)
    elif outcome is None or technician is None:
        fail("The report is not complete.", "Give --outcome and --technician, or the whole report with --file.")
    else:
        report = {
            "completion_id": completion_id or make_id(),
            "outcome": outcome,
            "technician": technician,
            "finished_at": finished_at or datetime.now(UTC).isoformat(),
            "device_installed": _build_installed_device(specification, serial_number, location),
            "device_removed": {"serial_number": removed, "condition": condition} if removed else None,
            "notes": notes,
        }
    WORK_ORDERS.act(data_dir, work_order, "completion", report, as_json=as_json)


def _build_installed_device(
    specification: str | None, serial_number: str | None, location: str | None
) -> dict[str, Any] | None:
    if specification is None and serial_number is None:
        return None
    return {"specification": specification, "serial_number": serial_number, "device_location_type": location}


WORK_ORDERS.add_action_with_reason_command(
    "cancel",
    "Cancel the work order before the technician starts. The request that it belongs to then needs attention.",
    "Why the visit is canceled.",
)
WORK_ORDERS.add_action_with_reason_command(
    "settle", "Record what became of work that was done on site although it was no longer needed.", "What became of it."
)
