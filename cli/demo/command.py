"""The command itself: casts, plays, tells; its exit code says whether every journey ended as it should."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from cli.catalog import DataDir, Json
from cli.client import DATA_DIR, Api, running_api
from cli.demo import telling
from cli.demo.journeys import JOURNEYS, Journey
from cli.demo.outcome import Outcome
from cli.demo.people import Cast, Person
from cli.demo.play import play
from cli.demo.scene import Scene, View
from cli.messages import fail, say, say_json
from settings.settings import Settings

_KEYS = ", ".join(journey.key for journey in JOURNEYS)


def demo(
    only: Annotated[
        list[str] | None, typer.Option(help=f"Play only this journey; may be repeated: {_KEYS}.", show_default=False)
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
    journeys = _chosen(only)
    api, derms_url = running_api(data_dir), _derms_url(data_dir)
    cast, terms = Cast(api), _terms(api)
    outcomes: list[Outcome] = []
    for journey in journeys:
        person = cast.somebody_for(journey)
        scene = Scene(api, derms_url)
        outcomes.append(_play(scene, journey, person, terms[journey.program], patience, aloud=not as_json))
    if as_json:
        say_json([outcome.document() for outcome in outcomes])
    else:
        say(f"\n{sum(outcome.good for outcome in outcomes)} of {len(outcomes)} journeys ended as they should.")
    if not all(outcome.good for outcome in outcomes):
        raise typer.Exit(1)


def _chosen(only: list[str] | None) -> list[Journey]:
    unknown = set(only or ()) - {journey.key for journey in JOURNEYS}
    if unknown:
        fail(f"There is no journey {', '.join(sorted(unknown))}.", f"There are: {_KEYS}.")
    return [journey for journey in JOURNEYS if not only or journey.key in only]


def _terms(api: Api) -> dict[str, str]:
    return {program["code"]: program["terms_version"] for program in api.ask("GET", "/v1/programs")["items"]}


def _derms_url(data_dir: Path | None) -> str:
    """Beside the API that `running_api` finds."""
    if data_dir is None and "GRIDENROLL_API_URL" in os.environ:
        return Settings().derms_url.rstrip("/")
    return json.loads(((data_dir or DATA_DIR) / "stack.json").read_text())["derms_url"]


def _play(
    scene: Scene, journey: Journey, person: Person, terms_version: str, patience: float, *, aloud: bool
) -> Outcome:
    if aloud:
        telling.begin(journey, person)
    views = play(scene, journey, person, terms_version, patience)
    try:
        last: View = telling.follow(views) if aloud else telling.silently(views)
    finally:
        scene.finish()
    outcome = Outcome(journey, person, last, scene.derms_url, scene.flows)
    if aloud:
        telling.conclude(outcome)
    return outcome
