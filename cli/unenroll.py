"""`gridenroll unenroll`: ask for a customer to leave a program."""

from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any

import typer

from cli.catalog import DataDir, Json
from cli.client import Api, read_document, running_api
from cli.messages import fail, say, say_json
from models.task_states import RemovalMethod


def unenroll(
    subscription: Annotated[
        str | None, typer.Argument(help="The subscription's id or number, or the enrolment that led to it: enr_….")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Code of the reason.")] = None,
    on: Annotated[
        str | None, typer.Option(help="The day at the premise, such as 2026-07-01; by default at once.")
    ] = None,
    device: Annotated[
        list[str] | None,
        typer.Option(help="Only this device, by id or serial number; may be repeated.", show_default=False),
    ] = None,
    removal: Annotated[
        RemovalMethod | None,
        typer.Option(help="What becomes of the devices; by default what the program says.", show_default=False),
    ] = None,
    note: Annotated[str | None, typer.Option(help="What else there is to say.")] = None,
    transaction_id: Annotated[
        str | None, typer.Option(help="Your own id of the request; by default one is made.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="The whole request as JSON, instead of all these; - reads the standard input.")
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Ask for a customer to leave a program, with all devices or some. The same transaction id is one request."""
    api = running_api(data_dir)
    if file is not None:
        request = read_document(file)
    elif subscription is None:
        fail("Who shall leave?", "Name the subscription or its enrolment, or give a --file with the whole request.")
    else:
        found = subscription_of(api, subscription)
        request = {
            "transaction_id": transaction_id or f"cli-{token_hex(8)}",
            "subscription": found["id"] if found else subscription,
            "reason": reason,
            "effective_date": on,
            "devices": _devices(found, device or [], removal),
            "note": note,
        }
    taken = api.ask("POST", "/v1/program-unenrollments", body=request)
    if as_json:
        say_json(taken)
    else:
        say(f"{taken['id']}  {taken['state']}")
        say(f"See it: GET {taken['links']['self']}; its flow: {taken['links']['temporal_ui']}")


def subscription_of(api: Api, named: str) -> dict[str, Any] | None:
    """The subscription that an enrolment led to; None where it is not named by its enrolment."""
    if not named.startswith("enr_"):
        return None
    found = api.ask("GET", f"/v1/program-enrollments/{named}")["subscription"]
    if found is None:
        fail(f"The enrolment {named} has led to no subscription.", f"See gridenroll enrollments show {named}.")
    return found


def _devices(
    subscription: dict[str, Any] | None, named: list[str], removal: RemovalMethod | None
) -> list[dict[str, Any]]:
    if removal is not None and not named:
        if subscription is None:
            fail("Of which devices?", "--removal needs --device, or the enrolment instead of the subscription.")
        named = [one["id"] for one in subscription["devices"] if one["registration"] not in ("removed", "kept")]
    return [{"device": one, "removal_method": removal} for one in named]
