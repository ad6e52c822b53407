"""`gridenroll service-call`: ask for help with an enrolled device."""

from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any

import typer

from cli.catalog import DataDir, Json
from cli.client import read_document, running_api
from cli.messages import fail, say, say_json
from cli.unenroll import subscription_of
from models.head_end import RemoteAction
from models.service_call import ServiceAction


def service_call(
    subscription: Annotated[
        str | None, typer.Argument(help="The subscription: sub_…, or the enrolment that led to it: enr_….")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="The device: dev_…. Of an enrolment its serial number, or none if it has one.")
    ] = None,
    problem: Annotated[str | None, typer.Option(help="Code of the problem.")] = None,
    words: Annotated[str | None, typer.Option("--text", help="The problem in the customer's words.")] = None,
    tried: Annotated[
        list[str] | None, typer.Option(help="What was tried already; may be repeated.", show_default=False)
    ] = None,
    action: Annotated[
        ServiceAction | None,
        typer.Option(help="What shall be done; by default somebody decides later.", show_default=False),
    ] = None,
    remote_command: Annotated[RemoteAction, typer.Option(help="For a remote action.")] = RemoteAction.RESTART,
    phone: Annotated[str | None, typer.Option(help="For the technician.")] = None,
    access_notes: Annotated[str | None, typer.Option(help="For the technician.")] = None,
    transaction_id: Annotated[
        str | None, typer.Option(help="Your own id of the request; by default one is made.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="The whole request as JSON, instead of all these; - reads the standard input.")
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Open a service call for an enrolled device: advice, a remote action, a visit, or to be decided."""
    api = running_api(data_dir)
    if file is not None:
        request = read_document(file)
    elif subscription is None or problem is None:
        fail("The request is not complete.", "Name the subscription or its enrolment, and the --problem.")
    else:
        found = subscription_of(api, subscription)
        request = {
            "transaction_id": transaction_id or f"cli-{token_hex(8)}",
            "subscription": found["id"] if found else subscription,
            "device": _device(found, device),
            "problem": {"code": problem, "text": words},
            "steps_tried": tried or [],
            "action": action,
            "remote_command": remote_command,
            "work_request": {"contact_phone": phone, "access_notes": access_notes} if phone or access_notes else None,
        }
    taken = api.ask("POST", "/v1/service-calls", body=request)
    if as_json:
        say_json(taken)
    else:
        say(f"{taken['id']}  {taken['state']}")
        say(f"See it: GET {taken['links']['self']}; its flow: {taken['links']['temporal_ui']}")


def _device(subscription: dict[str, Any] | None, named: str | None) -> str:
    """The id of the device that is meant."""
    if subscription is None:
        return named or fail("Which device?", "Give --device dev_…, or name the enrolment instead of the subscription.")
    there = [one for one in subscription["devices"] if one["registration"] not in ("removed", "kept")]
    meant = [one["id"] for one in there if named in (None, one["id"], one["serial_number"])]
    if len(meant) != 1:
        known = ", ".join(f"{one['id']} ({one['serial_number']})" for one in there) or "none"
        fail("Which device?", f"Give --device; the subscription has: {known}.")
    return meant[0]
