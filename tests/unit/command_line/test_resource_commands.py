"""The list, show and action commands of every kind of record send what they say, and print what comes back."""

from typing import Any

import pytest
from typer.testing import CliRunner

from cli import resource
from cli.main import app


class StandInApi:
    """Records the requests, and returns the same document to each."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self.requests: list[tuple[str, str, Any]] = []

    def request(self, method: str, path: str, *, params: Any = None, body: Any = None) -> dict[str, Any]:
        self.requests.append((method, path, params if body is None else body))
        return self._document


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> StandInApi:
    stand_in = StandInApi({"items": [], "next_cursor": None, "id": "enr_1", "state": "submitted"})
    monkeypatch.setattr(resource, "connect_to_api", lambda _: stand_in)
    return stand_in


def run(*words: str) -> str:
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_an_option_sends_the_query_parameter_of_its_filter(api: StandInApi) -> None:
    assert run("enrollments", "list", "--takes-part", "active", "--limit", "5") == "There are no such enrollments.\n"
    assert api.requests == [("GET", "/v1/program-enrollments", {"subscription_state": "active", "limit": 5})]


def test_a_filter_may_have_a_default(api: StandInApi) -> None:
    run("outbox-messages", "list")
    assert api.requests == [("GET", "/v1/outbox-messages", {"state": "undeliverable", "limit": 50})]


def test_an_action_sends_its_reason_and_prints_the_state(api: StandInApi) -> None:
    output = run("enrollments", "cancel", "enr_1", "--reason", "moved")
    assert api.requests == [("POST", "/v1/program-enrollments/enr_1/cancel", {"reason": "moved"})]
    assert output == "enr_1  submitted\nSee its progress: gridenroll enrollments show enr_1\n"


def test_an_action_without_a_reason_sends_no_body(api: StandInApi) -> None:
    run("shipments", "delivered", "shp_1")
    assert api.requests == [("POST", "/v1/shipments/shp_1/delivered", None)]


@pytest.mark.parametrize("words", [("enrollments", "cancel", "enr_1"), ("enrollments", "list", "--state", "gone")])
def test_a_missing_reason_and_an_unknown_state_are_usage_errors(api: StandInApi, words: tuple[str, ...]) -> None:
    assert CliRunner().invoke(app, words).exit_code == 2
    assert api.requests == []
