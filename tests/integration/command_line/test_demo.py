"""`gridenroll demo` against a real stack: it ends well, plays with others each time, and says what went wrong."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from cli.demo.journeys import JOURNEYS
from cli.main import app
from tests.integration.clients.running_stack import ROOT, RunningStack
from tests.waiting import CHAOS_WAIT_SECONDS, WAIT_SECONDS

PATIENCE = ("--patience", str(WAIT_SECONDS))


@pytest.fixture
def reference(doors: RunningStack) -> Any:
    """Changes what the DERMS knows, until the end of the test."""
    before = doors.derms.get("/reference").raise_for_status().json()
    return lambda **changes: doors.derms.put("/reference", json=before | changes).raise_for_status()


def demo(data_dir: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["demo", "--data-dir", str(data_dir), *PATIENCE, *arguments], catch_exceptions=False)


def demo_of_its_own(data_dir: Path) -> subprocess.CompletedProcess[str]:
    """As somebody starts it: a process of its own."""
    command = [sys.executable, "-m", "cli.main", "demo", "--data-dir", str(data_dir), *PATIENCE]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=CHAOS_WAIT_SECONDS, check=False)


def test_after_a_refusal_was_repaired_the_derms_knows_what_it_knew(data_dir: Path, doors: RunningStack) -> None:
    known = doors.derms.get("/reference").json()
    (outcome,) = json.loads(demo(data_dir, "--only", "repaired", "--json").stdout)
    assert outcome["good"]
    assert "Not synchronized" in [one["what"] for one in outcome["timeline"]]
    assert doors.derms.get("/reference").json() == known


@pytest.mark.parametrize(
    ("key", "flow", "what"),
    [
        ("replacement", "Service call", "Another device was installed in its place"),
        ("leave-keep", "Unenrolment", "Device off the subscription; it stays where it is"),
        ("leave-removal", "Unenrolment", "Device taken away"),
    ],
)
def test_what_follows_an_enrolment_is_one_timeline_with_a_link_to_each_flow(
    data_dir: Path, doors: RunningStack, key: str, flow: str, what: str
) -> None:
    (outcome,) = json.loads(demo(data_dir, "--only", key, "--json").stdout)
    assert outcome["good"], outcome["trouble"]
    assert {"Temporal UI", flow} <= set(outcome["links"])
    assert what in [one["what"] for one in outcome["timeline"]]


@pytest.mark.usefixtures("doors")
def test_every_journey_ends_as_it_should_and_is_told_line_by_line(data_dir: Path) -> None:
    told = demo_of_its_own(data_dir)
    assert told.returncode == 0, told.stdout + told.stderr
    assert all(journey.title in told.stdout for journey in JOURNEYS)
    assert told.stdout.count("Acknowledged by the DERMS") >= len(JOURNEYS) - 1
    assert "Change the tariff" in told.stdout
    assert "Customer confirmed the installation" in told.stdout
    assert "Head-end answered" in told.stdout


def test_the_derms_holds_what_the_demo_says(data_dir: Path, doors: RunningStack) -> None:
    (outcome,) = json.loads(demo(data_dir, "--only", "battery", "--json").stdout)
    page = httpx.get(outcome["links"]["DER search"], trust_env=False).text
    assert "Nobody" not in page
    assert "BATT-VPP" in page


def test_somebody_else_plays_each_time(data_dir: Path, doors: RunningStack) -> None:
    outcomes = [json.loads(demo(data_dir, "--only", "thermostat", "--json").stdout)[0] for _ in range(2)]
    one, other = (doors.get_enrollment(outcome["enrollment"])["customer"] for outcome in outcomes)
    assert one != other


def test_a_refusal_of_the_derms_is_a_failure_that_says_where_to_look(data_dir: Path, reference: Any) -> None:
    reference(head_ends=["nobody"])
    told = demo(data_dir, "--only", "inverter")
    assert told.exit_code == 1
    assert "UNKNOWN_HEAD_END" in told.stderr
    assert "/retry" in told.stderr
    assert "Look at its flow: http://" in told.stderr


def test_a_journey_that_takes_too_long_is_a_failure(data_dir: Path, doors: RunningStack) -> None:
    doors.set_derms_faults(acknowledge="never")
    told = demo(data_dir, "--only", "thermostat", "--patience", "2")
    assert told.exit_code == 1
    assert "Look at its flow: http://" in told.stderr
