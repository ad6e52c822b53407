"""`gridenroll shipments`: devices shipped to customers, their progress, and the confirmation of the installation."""

from pathlib import Path
from typing import Annotated

import typer

from cli.client import read_json_file
from cli.options import DataDir, Json
from cli.output import fail
from cli.resource import Filter, Resource
from cli.tables import field, format_local_time, instant_field
from models.states.shipment import ShipmentState

SHIPMENTS = Resource(
    name="shipments",
    path="shipments",
    singular="shipment",
    id_prefix="shp",
    help="Shipments: devices shipped to customers, who install them.",
    columns={
        "id": field("id"),
        "number": field("number"),
        "state": field("state"),
        "since": instant_field("updated_at"),
        "program": field("program"),
        "for": field("enrollment"),
        "service point": field("service_point"),
        "carrier": field("carrier"),
        "tracking": field("tracking_reference"),
        "next": field("next_step"),
    },
    fields={
        "since": lambda row: f"{format_local_time(row['updated_at'])}{', overdue' * row['escalated']}",
        "number": field("number"),
        "for": field("enrollment"),
        "program": field("program"),
        "where": field("address"),
        "carrier": field("carrier"),
        "tracking": field("tracking_reference"),
        "serial number": field("serial_number"),
        "confirmed by": field("confirmed_by"),
        "sent back": field("sent_back"),
    },
)
app = SHIPMENTS.app
SHIPMENTS.add_list_command(
    "List shipments, newest first. Those in state `ordered` wait for the warehouse.",
    Filter("state", "Only in this state.", ShipmentState),
    Filter("program", "Only of this program."),
    Filter("enrollment", "Only of this enrollment: enr_…"),
    Filter("customer", "Only of this customer: cus_…"),
)
SHIPMENTS.add_show_command("Show one shipment: its address, its progress and what you can do.")


@app.command(name="shipped")
def record_shipped(
    shipment: str = SHIPMENTS.id_argument,
    carrier: Annotated[str | None, typer.Option(help="The carrier of the parcel.")] = None,
    tracking_reference: Annotated[str | None, typer.Option(help="The carrier's tracking number.")] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Record that the device left the warehouse."""
    parcel = {"carrier": carrier, "tracking_reference": tracking_reference}
    SHIPMENTS.act(data_dir, shipment, "shipped", parcel, as_json=as_json)


SHIPMENTS.add_action_command("delivered", "Record that the parcel has arrived.")


@app.command(name="confirmed")
def confirm_installation(
    shipment: str = SHIPMENTS.id_argument,
    specification: Annotated[str | None, typer.Option(help="The device's code in the catalog.")] = None,
    serial_number: Annotated[str | None, typer.Option(help="The serial number on the device.")] = None,
    confirmed_by: Annotated[str | None, typer.Option(help="Who confirms it.")] = None,
    location: Annotated[str | None, typer.Option(help="Where the device is mounted: a device location type.")] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="The whole confirmation as JSON, instead of the other options; - for the standard input."),
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
            "Give --specification, --serial-number and --confirmed-by, or the whole confirmation with --file.",
        )
    else:
        confirmation = {
            "specification": specification,
            "serial_number": serial_number,
            "device_location_type": location,
            "confirmed_by": confirmed_by,
        }
    SHIPMENTS.act(data_dir, shipment, "confirmed", confirmation, as_json=as_json)


SHIPMENTS.add_action_with_reason_command(
    "returned",
    "Record that the device came back. An enrollment that waits for it then needs attention.",
    "Why it came back.",
)
SHIPMENTS.add_action_with_reason_command(
    "settle",
    "Record what became of a device that does not come back: the customer keeps it, or it is lost.",
    "What became of it.",
)
