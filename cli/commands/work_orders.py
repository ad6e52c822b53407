"""`gridenroll work-orders`: what technicians are to do, appointments, and their reports."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any

import typer

from cli import tables
from cli.client import read_json_file
from cli.commands.catalog import DataDir, Json
from cli.output import fail, print_line
from cli.resource import Resource
from models.states.work_order import CompletionOutcome, WorkOrderKind, WorkOrderState

app = typer.Typer(help="Work orders: what technicians are to do, and what they report.", no_args_is_help=True)

Order = Annotated[str, typer.Argument(help="Its id: wo_…")]


class Step(StrEnum):
    """How far a technician is who has yet to report."""

    EN_ROUTE = "en_route"
    ON_SITE = "on_site"


WORK_ORDERS = Resource(
    plural="work orders",
    name="work-orders",
    path="work-orders",
    columns={
        "id": tables.field("id"),
        "kind": tables.field("kind"),
        "state": tables.field("state"),
        "program": tables.field("program"),
        "for": tables.field("journey"),
        "service point": tables.field("service_point"),
        "appointment": tables.instant_field("appointment_start"),
        "technician": tables.field("technician"),
        "attempt": lambda row: f"{row['attempt']} of {row['maximum_attempts']}",
        "outcome": tables.field("outcome"),
    },
    facts={
        "number": tables.field("number"),
        "for": tables.field("journey"),
        "program": tables.field("program"),
        "where": tables.field("address"),
        "phone": tables.field("contact_phone"),
        "access": tables.field("access_notes"),
        "device": tables.field("device"),
        "appointment": lambda row: tables.format_window(row["appointment_start"], row["appointment_end"]),
        "technician": tables.field("technician"),
        "outcome": tables.field("outcome"),
        "can end as": tables.field("possible_outcomes"),
        "why": tables.field("reason"),
        "sent back": tables.field("sent_back"),
        "called off": tables.field("called_off"),
        "unclaimed": tables.field("unclaimed"),
    },
    commands={"appointment": "appoint", "completion": "complete"},
)


@app.command(name="list")
def list_work_orders(
    state: Annotated[WorkOrderState | None, typer.Option(help="Only in this state.", show_default=False)] = None,
    kind: Annotated[WorkOrderKind | None, typer.Option(help="Only of this kind.", show_default=False)] = None,
    technician: Annotated[str | None, typer.Option(help="Only this technician's.")] = None,
    program: Annotated[str | None, typer.Option(help="Only of this program.")] = None,
    journey: Annotated[str | None, typer.Option(help="Only those made for this enr_…, unr_… or svc_….")] = None,
    customer: Annotated[str | None, typer.Option(help="Only of this customer: cus_….")] = None,
    limit: tables.Limit = 50,
    everything: tables.All = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Work orders, newest first."""
    wanted = {
        "state": state,
        "kind": kind,
        "technician": technician,
        "program": program,
        "journey": journey,
        "customer": customer,
    }
    WORK_ORDERS.list_all(data_dir, wanted, limit, everything=everything, as_json=as_json)


@app.command()
def show(order: Order, data_dir: DataDir = None, as_json: Json = False) -> None:
    """One order: what to do and where, and what was reported."""
    WORK_ORDERS.show(data_dir, order, as_json=as_json, head=("id", "kind", "state"), more=_print_completions)


def _print_completions(seen: tables.Document) -> None:
    for one in seen["completions"]:
        when = tables.format_local_time(one["received_at"])
        print_line(
            f"  reported {when}: {one['outcome']}, {one['verdict'] or 'not looked at yet'} ({one['completion_id']})"
        )


@app.command()
def appoint(
    order: Order,
    start: Annotated[
        str,
        typer.Option(
            parser=tables.parse_instant, help="From when: 2026-06-03T09:00 on your clock, or with its offset."
        ),
    ],
    end: Annotated[str, typer.Option(parser=tables.parse_instant, help="Until when.")],
    technician: Annotated[str | None, typer.Option(help="Who comes.")] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Make the appointment, or move it."""
    body = {"start": start, "end": end, "technician": technician}
    WORK_ORDERS.act(data_dir, order, "appointment", body, as_json=as_json)


@app.command()
def progress(
    order: Order,
    step: Annotated[Step, typer.Option(help="How far the technician is.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Say that the technician is on the way, or has arrived."""
    WORK_ORDERS.act(data_dir, order, "progress", {"step": step}, as_json=as_json)


@app.command()
def complete(
    order: Order,
    outcome: Annotated[CompletionOutcome | None, typer.Option(help="How the visit ended.", show_default=False)] = None,
    technician: Annotated[str | None, typer.Option(help="Who was there.")] = None,
    specification: Annotated[str | None, typer.Option(help="Code of the device installed.")] = None,
    serial_number: Annotated[str | None, typer.Option(help="Serial number of the device installed.")] = None,
    location: Annotated[str | None, typer.Option(help="Where the device hangs: a device location type.")] = None,
    removed: Annotated[str | None, typer.Option(help="Serial number of the device taken away.")] = None,
    condition: Annotated[str | None, typer.Option(help="Condition of the device taken away.")] = None,
    notes: Annotated[str | None, typer.Option(help="What else there is to say.")] = None,
    finished_at: Annotated[str | None, typer.Option(parser=tables.parse_instant, help="When; by default now.")] = None,
    completion_id: Annotated[str | None, typer.Option(help="The report's own id; by default one is made.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="The whole report as JSON, instead of all these; - reads the standard input.")
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Report a visit, as the technician does. The same completion id with the same report is one report."""
    if file is not None:
        report = read_json_file(file)
    elif outcome is None or technician is None:
        fail("The report is not complete.", "Give --outcome and --technician, or the whole report by --file.")
    else:
        report = {
            "completion_id": completion_id or f"cli-{token_hex(8)}",
            "outcome": outcome,
            "technician": technician,
            "finished_at": finished_at or datetime.now(UTC).isoformat(),
            "device_installed": _build_installed_device(specification, serial_number, location),
            "device_removed": {"serial_number": removed, "condition": condition} if removed else None,
            "notes": notes,
        }
    WORK_ORDERS.act(data_dir, order, "completion", report, as_json=as_json)


def _build_installed_device(
    specification: str | None, serial_number: str | None, location: str | None
) -> dict[str, Any] | None:
    if specification is None and serial_number is None:
        return None
    return {"specification": specification, "serial_number": serial_number, "device_location_type": location}


@app.command()
def cancel(
    order: Order,
    reason: Annotated[str, typer.Option(help="Why nobody shall go there.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Call the order off before the technician has started. What it was made for waits for a person then."""
    WORK_ORDERS.act(data_dir, order, "cancel", {"reason": reason}, as_json=as_json)


@app.command()
def settle(
    order: Order,
    reason: Annotated[str, typer.Option(help="What became of it.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Say what became of what was done on site although it was not wanted any more."""
    WORK_ORDERS.act(data_dir, order, "settle", {"reason": reason}, as_json=as_json)
