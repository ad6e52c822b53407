"""What is asked while Temporal is away is taken, and carried through when it is back."""

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager

from tests.integration.doors import Doors
from tests.integration.installing import Installing
from tests.patience import wait_for


@contextmanager
def _away(doors: Doors) -> Generator[None]:
    temporal = doors.stack["pids"]["temporal"]
    os.kill(temporal, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(temporal, signal.SIGCONT)


def test_a_request_taken_without_temporal_starts_when_it_is_back(doors: Doors) -> None:
    application = doors.application()
    with _away(doors):
        enrollment = doors.accepted(application)
        left = "SELECT count(*) FROM outbox_message WHERE workflow_id = $1 AND attempts > 0"
        wait_for(lambda: doors.database.value(left, f"enroll/{enrollment}"))
        assert doors.enrollment(enrollment)["state"] == "submitted"
        assert doors.api.get("/readyz").json()["status"] == "degraded"
    doors.told(enrollment, "synchronized")


def test_work_reported_as_done_is_not_reported_otherwise_before_that_was_looked_at(doors: Doors) -> None:
    field = Installing(doors)
    enrollment, order = field.ordered()
    with _away(doors):
        report = field.reported(order)
        assert field.do(order, "completion", **report).status_code == 202
        other = field.do(order, "completion", **field.report())
        assert (other.status_code, other.json()["type"].rpartition("#")[2]) == (409, "illegal-transition")
    doors.told(enrollment, "synchronized")
    assert [one["verdict"] for one in field.order(order)["completions"]] == ["taken"]
