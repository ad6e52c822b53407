"""`gridenroll batch list` in a pipe."""

from typing import Any

import pytest

from cli.commands import batches

RAN = {
    "name": "reconciliation",
    "every_seconds": 86_400,
    "last_run": {
        "started_at": "2026-07-01T10:00:00Z",
        "state": "completed",
        "counts": {"subscriptions_compared": 1_200_000, "missing_in_derms": 0, "quantity_of_devices_differs": 12},
    },
}
NEVER = {"name": "initial-load", "every_seconds": 3600, "last_run": None}


class Answers:
    """Answers as the batches' API does."""

    def request(self, method: str, path: str) -> dict[str, Any]:
        assert (method, path) == ("GET", "/v1/batches")
        return {"items": [RAN, NEVER]}


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the lines that a pipe receives."""
    monkeypatch.setattr(batches, "connect_to_api", lambda data_dir: Answers())
    batches.list_batches()
    return capsys.readouterr().out.splitlines()


def test_each_batch_is_one_line(listed: list[str]) -> None:
    assert [line.split()[0] for line in listed] == ["batch", "reconciliation", "initial-load"]
    assert listed[1].rstrip().endswith("completed  1200000 subscriptions compared, 12 quantity of devices differs")


def test_a_batch_that_never_ran_says_so(listed: list[str]) -> None:
    assert " ".join(listed[2].split()) == "initial-load 1 hour never ran"
