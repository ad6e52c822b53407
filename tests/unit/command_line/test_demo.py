"""How the demo judges and prints a scenario, without a stack."""

import io
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console
from typer.testing import CliRunner

from cli.client import ApiClient
from cli.demo import display
from cli.demo.context import JourneyContext
from cli.demo.customers import DemoCustomer
from cli.demo.journeys import JOURNEYS
from cli.demo.outcome import Outcome
from cli.demo.runner import get_end, run_journey
from cli.main import app

SOMEBODY = DemoCustomer("Ada", "A-1", "SP-1")


def view(state: str, *sync_states: str, **changes: Any) -> dict[str, Any]:
    entry = {"at": "2026-07-01T08:00:00Z", "what": "Request received", "reason": "", "subject": "enr_1"}
    return {
        "id": "enr_1",
        "state": state,
        "reason": None,
        "next_step": "Something follows.",
        "decision": None,
        "subscription": None,
        "sync_requests": [
            {"id": "syn_1", "state": one, "error_code": "UNKNOWN_FEEDER", "error_text": "no feeder"}
            for one in sync_states
        ],
        "work_orders": [],
        "shipments": [],
        "service_calls": [],
        "unenrollments": [],
        "timeline": [entry],
        "entries": [entry],
        "links": {"temporal_ui": "http://ui/enr_1"},
        **changes,
    }


def followed(state: str) -> list[dict[str, Any]]:
    return [{"id": "x_1", "state": state, "submitted_at": "2026-07-01T08:00:00Z"}]


def outcome(seen: dict[str, Any], key: str = "thermostat") -> Outcome:
    return Outcome(next(one for one in JOURNEYS if one.key == key), SOMEBODY, seen, "http://derms")


@pytest.mark.parametrize(
    ("seen", "end"),
    [
        (view("submitted"), ""),
        (view("enrolled", "awaiting_acknowledgement"), ""),
        (view("enrolled", "synchronized"), "synchronized"),
        (view("enrolled", "synchronized", "pending"), ""),
        (view("rejected"), "rejected"),
        (view("needs_attention", "error"), "needs_attention"),
        (view("awaiting_site_visit", work_orders=[{"state": "created"}]), ""),
        (view("awaiting_site_visit", work_orders=[{"state": "dispatched"}]), "awaiting a visit"),
        (view("device_setup", shipments=[{"state": "ordered"}]), "awaiting a parcel"),
        (view("device_setup", shipments=[{"state": "delivered"}]), ""),
        (view("enrolled", "synchronized", service_calls=followed("awaiting_site_visit")), ""),
        (view("enrolled", "synchronized", service_calls=followed("closed")), "closed"),
        (view("enrolled", "synchronized", "sending", unenrollments=followed("unenrolled")), ""),
        (view("enrolled", "synchronized", "error", unenrollments=followed("unenrolled")), "error"),
        (view("enrolled", "synchronized", "synchronized", unenrollments=followed("unenrolled")), "unenrolled"),
        (view("enrolled", "synchronized", unenrollments=followed("rejected")), "rejected"),
        (
            view(
                "enrolled",
                "synchronized",
                "synchronized",
                unenrollments=followed("unenrolled"),
                subscription={"devices": [{"registration": "deregistered"}]},
            ),
            "",
        ),
    ],
)
def test_a_scenario_is_over_when_it_waits_for_nothing(seen: dict[str, Any], end: str) -> None:
    assert get_end(seen) == end


@pytest.mark.parametrize(
    ("key", "seen", "good"),
    [
        ("thermostat", view("enrolled", "synchronized"), True),
        ("thermostat", view("waitlisted"), False),
        ("battery", view("waitlisted"), True),
        ("rejected", view("rejected"), True),
        ("rejected", view("enrolled", "synchronized"), False),
        ("thermostat", view("submitted"), False),
    ],
)
def test_a_scenario_succeeds_with_its_expected_end(key: str, seen: dict[str, Any], good: bool) -> None:
    assert outcome(seen, key).as_expected is good
    assert bool(outcome(seen, key).describe_failure()) is not good


def test_a_derms_error_names_its_reason_and_fix() -> None:
    trouble = "\n".join(outcome(view("enrolled", "error")).describe_failure())
    assert "UNKNOWN_FEEDER" in trouble
    assert "/v1/sync-requests/syn_1/retry" in trouble
    assert "http://ui/enr_1" in trouble


class FakeApi:
    """An API that returns one view after the other, and records the requests."""

    def __init__(self, *views: dict[str, Any]) -> None:
        self.views = iter(views)
        self.asked: list[tuple[str, str]] = []

    def request(self, method: str, path: str, *, body: Any = None) -> Any:
        self.asked.append((method, path))
        if method == "GET":
            return next(self.views)
        return {"id": "enr_1", "links": {"temporal_ui": "http://ui/unr_1"}}


def test_actions_happen_once_the_scenario_reaches_their_state() -> None:
    taking_part = {"id": "sub_1", "devices": [{"id": "dev_1", "serial_number": "S", "registration": "registered"}]}
    api = FakeApi(
        view("submitted"),
        view("enrolled", "synchronized", subscription=taking_part),
        view("enrolled", "synchronized", unenrollments=followed("submitted")),
        view("enrolled", "synchronized", "synchronized", unenrollments=followed("unenrolled")),
    )
    scene = JourneyContext(cast("ApiClient", api), "http://derms")
    journey = next(one for one in JOURNEYS if one.key == "leave-keep")
    *_, last = run_journey(scene, journey, SOMEBODY, "2026-01", 60)
    assert [path for method, path in api.asked if method == "POST"] == [
        "/v1/program-enrollments",
        "/v1/program-unenrollments",
    ]
    assert [one["what"] for one in last["entries"]] == ["Request received", "— The customer asks to leave the program"]
    assert scene.workflow_links == {"Unenrollment": "http://ui/unr_1"}


def test_changes_to_the_derms_are_undone() -> None:
    done: list[str] = []
    scene = JourneyContext(
        cast("ApiClient", FakeApi()), "http://derms", undo=[lambda: done.append("first"), lambda: done.append("last")]
    )
    scene.undo_changes()
    scene.undo_changes()
    assert done == ["last", "first"]


def test_a_terminal_shows_live_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(display, "out", Console(file=screen, force_terminal=True, width=100))
    last = display.print_timeline([view("submitted"), view("enrolled", "synchronized")])
    assert get_end(last) == "synchronized"
    assert "Something follows." in screen.getvalue()


def test_a_pipe_gets_each_entry_once(capsys: pytest.CaptureFixture[str]) -> None:
    display.print_timeline([view("submitted"), view("submitted")])
    assert capsys.readouterr().out.count("Request received") == 1


def test_a_missing_stack_is_answered_with_the_start_command(tmp_path: Path) -> None:
    answer = CliRunner().invoke(app, ["demo", "--data-dir", str(tmp_path)])
    assert answer.exit_code == 1
    assert "make up" in answer.output


def test_an_unknown_scenario_is_answered_with_the_known_ones() -> None:
    answer = CliRunner().invoke(app, ["demo", "--only", "teleport"])
    assert answer.exit_code == 1
    assert "thermostat" in answer.output


def test_every_scenario_has_its_own_key() -> None:
    assert len({journey.key for journey in JOURNEYS}) == len(JOURNEYS)
