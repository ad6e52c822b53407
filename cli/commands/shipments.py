"""`gridenroll shipments`: devices sent to customers, how far each is, and that it is installed. The commands that do
something have the names of what is possible."""

from pathlib import Path
from typing import Annotated

import typer

from cli import tables
from cli.client import read_json_file
from cli.commands.catalog import DataDir, Json
from cli.output import fail
from cli.resource import Resource
from models.states.shipment import ShipmentState

app = typer.Typer(help="Shipments: devices sent to customers, who install them.", no_args_is_help=True)

Shipment = Annotated[str, typer.Argument(help="Its id: shp_…")]

SHIPMENTS = Resource(
    plural="shipments",
    name="shipments",
    path="shipments",
    columns={
        "id": tables.field("id"),
        "number": tables.field("number"),
        "state": tables.field("state"),
        "since": tables.instant_field("updated_at"),
        "program": tables.field("program"),
        "for": tables.field("enrollment"),
        "service point": tables.field("service_point"),
        "carrier": tables.field("carrier"),
        "tracking": tables.field("tracking_reference"),
        "next": tables.field("next_step"),
    },
    facts={
        "since": lambda row: f"{tables.format_local_time(row['updated_at'])}{', overdue' * row['escalated']}",
        "number": tables.field("number"),
        "for": tables.field("enrollment"),
        "program": tables.field("program"),
        "where": tables.field("address"),
        "carrier": tables.field("carrier"),
        "tracking": tables.field("tracking_reference"),
        "serial number": tables.field("serial_number"),
        "confirmed by": tables.field("confirmed_by"),
        "sent back": tables.field("sent_back"),
    },
)


@app.command(name="list")
def list_shipments(
    state: Annotated[ShipmentState | None, typer.Option(help="Only in this state.", show_default=False)] = None,
    program: Annotated[str | None, typer.Option(help="Only of this program.")] = None,
    enrollment: Annotated[str | None, typer.Option(help="Only of this enrolment: enr_….")] = None,
    customer: Annotated[str | None, typer.Option(help="Only of this customer: cus_….")] = None,
    limit: tables.Limit = 50,
    everything: tables.All = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Shipments, newest first; those that are ordered are the warehouse's work."""
    wanted = {"state": state, "program": program, "enrollment": enrollment, "customer": customer}
    SHIPMENTS.list_all(data_dir, wanted, limit, everything=everything, as_json=as_json)


@app.command()
def show(shipment: Shipment, data_dir: DataDir = None, as_json: Json = False) -> None:
    """One shipment: where it goes, how far it is, and what can be done."""
    SHIPMENTS.show(data_dir, shipment, as_json=as_json)


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
    SHIPMENTS.act(data_dir, shipment, "shipped", parcel, as_json=as_json)


@app.command()
def delivered(shipment: Shipment, data_dir: DataDir = None, as_json: Json = False) -> None:
    """Say that the parcel has arrived."""
    SHIPMENTS.act(data_dir, shipment, "delivered", as_json=as_json)


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
        confirmation = read_json_file(file)
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
    SHIPMENTS.act(data_dir, shipment, "confirmed", confirmation, as_json=as_json)


@app.command()
def returned(
    shipment: Shipment,
    reason: Annotated[str, typer.Option(help="Why it came back.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Say that the device came back. An enrolment that waits for it asks a person."""
    SHIPMENTS.act(data_dir, shipment, "returned", {"reason": reason}, as_json=as_json)


@app.command()
def settle(
    shipment: Shipment,
    reason: Annotated[str, typer.Option(help="What became of it.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Say what became of a device that does not come back: the customer keeps it, or it is lost."""
    SHIPMENTS.act(data_dir, shipment, "settle", {"reason": reason}, as_json=as_json)
