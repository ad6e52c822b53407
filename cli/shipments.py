"""`gridenroll shipments`: devices sent to customers, how far each is, and that it is installed. The commands that do
something have the names of what is possible."""

from pathlib import Path
from typing import Annotated

import typer

from cli import lists
from cli.catalog import DataDir, Json
from cli.client import read_document
from cli.collection import Collection
from cli.messages import fail
from models.task_states import ShipmentState

app = typer.Typer(help="Shipments: devices sent to customers, who install them.", no_args_is_help=True)

Shipment = Annotated[str, typer.Argument(help="Its id: shp_…")]

SHIPMENTS = Collection(
    words="shipments",
    name="shipments",
    door="shipments",
    columns={
        "id": lists.field("id"),
        "number": lists.field("number"),
        "state": lists.field("state"),
        "since": lists.instant("updated_at"),
        "program": lists.field("program"),
        "for": lists.field("enrollment"),
        "service point": lists.field("service_point"),
        "carrier": lists.field("carrier"),
        "tracking": lists.field("tracking_reference"),
        "next": lists.field("next_step"),
    },
    facts={
        "since": lambda row: f"{lists.clock(row['updated_at'])}{', overdue' * row['escalated']}",
        "number": lists.field("number"),
        "for": lists.field("enrollment"),
        "program": lists.field("program"),
        "where": lists.field("address"),
        "carrier": lists.field("carrier"),
        "tracking": lists.field("tracking_reference"),
        "serial number": lists.field("serial_number"),
        "confirmed by": lists.field("confirmed_by"),
        "sent back": lists.field("sent_back"),
    },
)


@app.command(name="list")
def listed(
    state: Annotated[ShipmentState | None, typer.Option(help="Only in this state.", show_default=False)] = None,
    program: Annotated[str | None, typer.Option(help="Only of this program.")] = None,
    enrollment: Annotated[str | None, typer.Option(help="Only of this enrolment: enr_….")] = None,
    customer: Annotated[str | None, typer.Option(help="Only of this customer: cus_….")] = None,
    limit: lists.Limit = 50,
    everything: lists.All = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Shipments, newest first; those that are ordered are the warehouse's work."""
    wanted = {"state": state, "program": program, "enrollment": enrollment, "customer": customer}
    SHIPMENTS.listed(data_dir, wanted, limit, everything=everything, as_json=as_json)


@app.command()
def show(shipment: Shipment, data_dir: DataDir = None, as_json: Json = False) -> None:
    """One shipment: where it goes, how far it is, and what can be done."""
    SHIPMENTS.shown(data_dir, shipment, as_json=as_json)


@app.command()
def shipped(
    shipment: Shipment,
    carrier: Annotated[str | None, typer.Option(help="Who carries the parcel.")] = None,
    tracking_reference: Annotated[str | None, typer.Option(help="The carrier's number.")] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Say that the device left the warehouse."""
    parcel = {"carrier": carrier, "tracking_reference": tracking_reference}
    SHIPMENTS.do(data_dir, shipment, "shipped", parcel, as_json=as_json)


@app.command()
def delivered(shipment: Shipment, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Say that the parcel has arrived."""
    SHIPMENTS.do(data_dir, shipment, "delivered", as_json=as_json)


@app.command()
def confirmed(
    shipment: Shipment,
    specification: Annotated[str | None, typer.Option(help="The device's code in the catalogue.")] = None,
    serial_number: Annotated[str | None, typer.Option(help="As it is printed on the device.")] = None,
    confirmed_by: Annotated[str | None, typer.Option(help="Who says so.")] = None,
    location: Annotated[str | None, typer.Option(help="Where the device hangs: a device location type.")] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="The whole confirmation as JSON, instead of all these; - reads the standard input."),
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Confirm that the customer has installed the device. The same confirmation again changes nothing."""
    if file is not None:
        confirmation = read_document(file)
    elif specification is None or serial_number is None or confirmed_by is None:
        fail(
            "The confirmation is not complete.",
            "Give --specification, --serial-number and --confirmed-by, or the whole confirmation by --file.",
        )
    else:
        confirmation = {
            "specification": specification,
            "serial_number": serial_number,
            "device_location_type": location,
            "confirmed_by": confirmed_by,
        }
    SHIPMENTS.do(data_dir, shipment, "confirmed", confirmation, as_json=as_json)


@app.command()
def returned(
    shipment: Shipment,
    reason: Annotated[str, typer.Option(help="Why it came back.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Say that the device came back. An enrolment that waits for it asks a person."""
    SHIPMENTS.do(data_dir, shipment, "returned", {"reason": reason}, as_json=as_json)


@app.command()
def settle(
    shipment: Shipment,
    reason: Annotated[str, typer.Option(help="What became of it.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Say what became of a device that does not come back: the customer keeps it, or it is lost."""
    SHIPMENTS.do(data_dir, shipment, "settle", {"reason": reason}, as_json=as_json)
