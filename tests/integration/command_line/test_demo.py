"""`gridenroll demo` against a real stack: it succeeds, uses other customers each time, and explains failures."""

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
def reference(stack: RunningStack) -> Any:
    """Change the reference data of the DERMS until the end of the test."""
    before = stack.derms.get("/reference").raise_for_status().json()
    return lambda **changes: stack.derms.put("/reference", json=before | changes).raise_for_status()


def demo(data_dir: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["demo", "--data-dir", str(data_dir), *PATIENCE, *arguments], catch_exceptions=False)


def demo_of_its_own(data_dir: Path) -> subprocess.CompletedProcess[str]:
    """Start the demo as a process of its own."""
    command = [sys.executable, "-m", "cli.main", "demo", "--data-dir", str(data_dir), *PATIENCE]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=CHAOS_WAIT_SECONDS, check=False)


def test_the_derms_reference_data_is_restored_after_a_repaired_refusal(data_dir: Path, stack: RunningStack) -> None:
    known = stack.derms.get("/reference").json()
    (outcome,) = json.loads(demo(data_dir, "--only", "repaired", "--json").stdout)
    assert outcome["good"]
    assert "Not synchronized" in [one["what"] for one in outcome["timeline"]]
    assert stack.derms.get("/reference").json() == known


@pytest.mark.parametrize(
    ("key", "workflow", "what"),
    [
        ("replacement", "Service call", "Another device was installed in its place"),
        ("leave-keep", "Unenrollment", "Device off the subscription; it stays where it is"),
        ("leave-removal", "Unenrollment", "Device taken away"),
    ],
)
def test_the_timeline_covers_later_requests_with_links(
    data_dir: Path, stack: RunningStack, key: str, workflow: str, what: str
) -> None:
    (outcome,) = json.loads(demo(data_dir, "--only", key, "--json").stdout)
    assert outcome["good"], outcome["trouble"]
    assert {"Temporal UI", workflow} <= set(outcome["links"])
    assert what in [one["what"] for one in outcome["timeline"]]


@pytest.mark.usefixtures("stack")
def test_every_scenario_ends_as_expected_and_is_printed_line_by_line(data_dir: Path) -> None:
    output = demo_of_its_own(data_dir)
    assert output.returncode == 0, output.stdout + output.stderr
    assert all(journey.title in output.stdout for journey in JOURNEYS)
    assert output.stdout.count("Acknowledged by the DERMS") >= len(JOURNEYS) - 1
    assert "Change the tariff" in output.stdout
    assert "Customer confirmed the installation" in output.stdout
    assert "Head-end answered" in output.stdout


def test_the_derms_holds_what_the_demo_says(data_dir: Path, stack: RunningStack) -> None:
    (outcome,) = json.loads(demo(data_dir, "--only", "battery", "--json").stdout)
    page = httpx.get(outcome["links"]["DER search"], trust_env=False).text
    assert "Nobody" not in page
    assert "BATT-VPP" in page


def test_each_run_uses_other_customers(data_dir: Path, stack: RunningStack) -> None:
    outcomes = [json.loads(demo(data_dir, "--only", "thermostat", "--json").stdout)[0] for _ in range(2)]
    one, other = (stack.get_enrollment(outcome["enrollment"])["customer"] for outcome in outcomes)
    assert one != other


def test_a_derms_refusal_is_a_failure_that_says_where_to_look(data_dir: Path, reference: Any) -> None:
    reference(head_ends=["nobody"])
    output = demo(data_dir, "--only", "inverter")
    assert output.exit_code == 1
    assert "UNKNOWN_HEAD_END" in output.stderr
    assert "/retry" in output.stderr
    assert "See its workflow: http://" in output.stderr


def test_a_slow_scenario_is_a_failure(data_dir: Path, stack: RunningStack) -> None:
    stack.set_derms_faults(acknowledge="never")
    output = demo(data_dir, "--only", "thermostat", "--patience", "2")
    assert output.exit_code == 1
    assert "See its workflow: http://" in output.stderr
