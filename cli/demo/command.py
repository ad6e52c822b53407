"""`gridenroll demo`: play journeys and display them. The exit code says whether every journey ended as expected."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from cli.client import DATA_DIR, ApiClient, connect_to_api
from cli.demo import display
from cli.demo.context import JourneyContext, View
from cli.demo.customers import CustomerPool, DemoCustomer
from cli.demo.journeys import JOURNEYS, Journey
from cli.demo.outcome import Outcome
from cli.demo.runner import run_journey
from cli.options import DataDir, Json
from cli.output import fail, print_json, print_line
from settings.settings import Settings

_JOURNEY_KEYS = ", ".join(journey.key for journey in JOURNEYS)


def play_demo(
    only: Annotated[
        list[str] | None,
        typer.Option(help=f"Play only this journey; may be repeated: {_JOURNEY_KEYS}.", show_default=False),
    ] = None,
    patience: Annotated[float, typer.Option(min=1, max=3600, help="Seconds to wait for the end of each journey.")] = 60,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Play journeys of example customers through the API, and show the timeline of each as it happens.

    The journeys enroll devices of the customer and of the utility, with visits, a parcel, a replacement, customers
    who unenroll, and a rejection by the DERMS that is repaired.

    Each run takes other customers. The exit code is 1 if a journey does not end as expected.
    """
    journeys = _select_journeys(only)
    api, derms_url = connect_to_api(data_dir), _get_derms_url(data_dir)
    pool, terms = CustomerPool(api), _get_terms_versions(api)
    outcomes: list[Outcome] = []
    for journey in journeys:
        customer = pool.take_customer_for(journey)
        context = JourneyContext(api, derms_url)
        outcomes.append(
            _run_and_display(context, journey, customer, terms[journey.program], patience, is_displayed=not as_json)
        )
    if as_json:
        print_json([outcome.to_document() for outcome in outcomes])
    else:
        print_line(
            f"\n{sum(outcome.as_expected for outcome in outcomes)} of {len(outcomes)} journeys ended as expected."
        )
    if not all(outcome.as_expected for outcome in outcomes):
        raise typer.Exit(1)


def _select_journeys(only: list[str] | None) -> list[Journey]:
    unknown = set(only or ()) - {journey.key for journey in JOURNEYS}
    if unknown:
        fail(f"There is no journey {', '.join(sorted(unknown))}.", f"The journeys are: {_JOURNEY_KEYS}.")
    return [journey for journey in JOURNEYS if not only or journey.key in only]


def _get_terms_versions(api: ApiClient) -> dict[str, str]:
    return {program["code"]: program["terms_version"] for program in api.request("GET", "/v1/programs")["items"]}


def _get_derms_url(data_dir: Path | None) -> str:
    """Returns the address of the DERMS simulator of the stack that `connect_to_api` finds."""
    if data_dir is None and "GRIDENROLL_API_URL" in os.environ:
        return Settings().derms_url.rstrip("/")
    return json.loads(((data_dir or DATA_DIR) / "stack.json").read_text())["derms_url"]


def _run_and_display(
    context: JourneyContext,
    journey: Journey,
    customer: DemoCustomer,
    terms_version: str,
    patience: float,
    *,
    is_displayed: bool,
) -> Outcome:
    if is_displayed:
        display.print_start(journey, customer)
    views = run_journey(context, journey, customer, terms_version, patience)
    try:
        last: View = display.print_timeline(views) if is_displayed else display.get_last_view(views)
    finally:
        context.undo_changes()
    outcome = Outcome(journey, customer, last, context.derms_url, context.workflow_links)
    if is_displayed:
        display.print_outcome(outcome)
    return outcome
