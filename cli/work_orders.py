"""`gridenroll work-orders`: what technicians are to do, appointments, and their reports."""

from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any

import typer

from cli import lists
from cli.catalog import DataDir, Json
from cli.client import read_document, running_api
from cli.messages import fail, say, say_json
from models.task_states import CompletionOutcome, WorkOrderKind, WorkOrderState

app = typer.Typer(help="Work orders: what technicians are to do, and what they report.", no_args_is_help=True)

Order = Annotated[str, typer.Argument(help="Its id: wo_…")]

_COLUMNS: lists.Columns = {
    "id": lists.field("id"),
    "kind": lists.field("kind"),
    "state": lists.field("state"),
    "program": lists.field("program"),
    "for": lists.field("journey"),
    "service point": lists.field("service_point"),
    "appointment": lists.instant("appointment_start"),
    "technician": lists.field("technician"),
    "attempt": lambda row: f"{row['attempt']} of {row['maximum_attempts']}",
    "outcome": lists.field("outcome"),
}
_FACTS = {
    "number": "number",
    "for": "journey",
    "program": "program",
    "where": "address",
    "phone": "contact_phone",
    "access": "access_notes",
    "device": "device",
    "appointment": "appointment_start",
    "technician": "technician",
    "outcome": "outcome",
    "can end as": "possible_outcomes",
    "why": "reason",
    "sent back": "sent_back",
    "called off": "called_off",
}


@app.command(name="list")
def listed(
    state: Annotated[WorkOrderState | None, typer.Option(help="Only in this state.", show_default=False)] = None,
    kind: Annotated[WorkOrderKind | None, typer.Option(help="Only of this kind.", show_default=False)] = None,
    technician: Annotated[str | None, typer.Option(help="Only this technician's.")] = None,
    program: Annotated[str | None, typer.Option(help="Only of this program.")] = None,
    journey: Annotated[str | None, typer.Option(help="Only those made for this enr_…, unr_… or svc_….")] = None,
    customer: Annotated[str | None, typer.Option(help="Only of this customer: cus_….")] = None,
    limit: lists.Limit = 50,
    everything: lists.All = False,
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
    found = lists.pages(running_api(data_dir), "/v1/work-orders", wanted, limit, everything=everything)
    lists.show(found, _COLUMNS, empty="There are no such work orders.", as_json=as_json)


@app.command()
def show(order: Order, data_dir: DataDir = None, as_json: Json = False) -> None:
    """One order: what to do and where, and what was reported."""
    seen = running_api(data_dir).ask("GET", f"/v1/work-orders/{order}")
    if as_json:
        say_json(seen)
        return
    say(f"{seen['id']}  {seen['kind']}  {seen['state']}")
    lists.facts(seen, _FACTS)
    for one in seen["completions"]:
        when = lists.clock(one["received_at"])
        say(f"  reported {when}: {one['outcome']}, {one['verdict'] or 'not looked at yet'} ({one['completion_id']})")
    say(f"Next: {seen['next_step']}")
    lists.doors(seen)


@app.command()
def appoint(
    order: Order,
    start: Annotated[str, typer.Option(help="From when, with its offset: 2026-06-03T09:00:00-05:00.")],
    end: Annotated[str, typer.Option(help="Until when, with its offset.")],
    technician: Annotated[str | None, typer.Option(help="Who comes.")] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Make the appointment, or move it."""
    body = {"start": start, "end": end, "technician": technician}
    _told(running_api(data_dir).ask("POST", f"/v1/work-orders/{order}/appointment", body=body), as_json=as_json)


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
    finished_at: Annotated[str | None, typer.Option(help="When, with its offset; by default now.")] = None,
    completion_id: Annotated[str | None, typer.Option(help="The report's own id; by default one is made.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="The whole report as JSON, instead of all these; - reads the standard input.")
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Report a visit, as the technician does. The same completion id with the same report is one report."""
    if file is not None:
        report = read_document(file)
    elif outcome is None or technician is None:
        fail("The report is not complete.", "Give --outcome and --technician, or the whole report by --file.")
    else:
        report = {
            "completion_id": completion_id or f"cli-{token_hex(8)}",
            "outcome": outcome,
            "technician": technician,
            "finished_at": finished_at or datetime.now(UTC).isoformat(),
            "device_installed": _installed(specification, serial_number, location),
            "device_removed": {"serial_number": removed, "condition": condition} if removed else None,
            "notes": notes,
        }
    _told(running_api(data_dir).ask("POST", f"/v1/work-orders/{order}/completion", body=report), as_json=as_json)


def _installed(specification: str | None, serial_number: str | None, location: str | None) -> dict[str, Any] | None:
    if specification is None and serial_number is None:
        return None
    return {"specification": specification, "serial_number": serial_number, "device_location_type": location}


def _told(standing: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(standing)
    else:
        say(f"{standing['id']}  {standing['state']}")
        say(f"See what becomes of it: gridenroll work-orders show {standing['id']}")
