"""The command itself: casts, plays, tells; its exit code says whether every journey ended as it should."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from cli.client import DATA_DIR, ApiClient, connect_to_api
from cli.commands.catalog import DataDir, Json
from cli.demo import display
from cli.demo.context import JourneyContext, View
from cli.demo.customers import CustomerPool, DemoCustomer
from cli.demo.journeys import JOURNEYS, Journey
from cli.demo.outcome import Outcome
from cli.demo.runner import run_journey
from cli.output import fail, print_json, print_line
from settings.settings import Settings

_JOURNEY_KEYS = ", ".join(journey.key for journey in JOURNEYS)


def demo(
    only: Annotated[
        list[str] | None,
        typer.Option(help=f"Play only this journey; may be repeated: {_JOURNEY_KEYS}.", show_default=False),
    ] = None,
    patience: Annotated[float, typer.Option(min=1, max=3600, help="Seconds to wait for each journey's end.")] = 60,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Play journeys of example customers through the API and tell each one's timeline as it happens.

    Devices of their own and of the utility's, visits, a parcel, a replacement, customers who leave, and a refusal
    repaired.

    Somebody else each time. Exit code 1 when a journey does not end as it should.
    """
    journeys = _select_journeys(only)
    api, derms_url = connect_to_api(data_dir), _get_derms_url(data_dir)
    cast, terms = CustomerPool(api), _get_terms_versions(api)
    outcomes: list[Outcome] = []
    for journey in journeys:
        person = cast.take_customer_for(journey)
        scene = JourneyContext(api, derms_url)
        outcomes.append(_run_and_display(scene, journey, person, terms[journey.program], patience, aloud=not as_json))
    if as_json:
        print_json([outcome.to_document() for outcome in outcomes])
    else:
        print_line(
            f"\n{sum(outcome.as_expected for outcome in outcomes)} of {len(outcomes)} journeys ended as they should."
        )
    if not all(outcome.as_expected for outcome in outcomes):
        raise typer.Exit(1)


def _select_journeys(only: list[str] | None) -> list[Journey]:
    unknown = set(only or ()) - {journey.key for journey in JOURNEYS}
    if unknown:
        fail(f"There is no journey {', '.join(sorted(unknown))}.", f"There are: {_JOURNEY_KEYS}.")
    return [journey for journey in JOURNEYS if not only or journey.key in only]


def _get_terms_versions(api: ApiClient) -> dict[str, str]:
    return {program["code"]: program["terms_version"] for program in api.request("GET", "/v1/programs")["items"]}


def _get_derms_url(data_dir: Path | None) -> str:
    """Beside the API that `running_api` finds."""
    if data_dir is None and "GRIDENROLL_API_URL" in os.environ:
        return Settings().derms_url.rstrip("/")
    return json.loads(((data_dir or DATA_DIR) / "stack.json").read_text())["derms_url"]


def _run_and_display(
    scene: JourneyContext, journey: Journey, person: DemoCustomer, terms_version: str, patience: float, *, aloud: bool
) -> Outcome:
    if aloud:
        display.print_start(journey, person)
    views = run_journey(scene, journey, person, terms_version, patience)
    try:
        last: View = display.print_timeline(views) if aloud else display.get_last_view(views)
    finally:
        scene.undo_changes()
    outcome = Outcome(journey, person, last, scene.derms_url, scene.workflow_links)
    if aloud:
        display.print_outcome(outcome)
    return outcome
