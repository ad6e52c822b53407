"""A request is taken while Temporal is away, and carried through when it is back."""

import os
import signal

from tests.integration.doors import Doors, wait_for


def test_a_request_taken_without_temporal_starts_when_it_is_back(doors: Doors) -> None:
    application, temporal = doors.application(), doors.stack["pids"]["temporal"]
    os.kill(temporal, signal.SIGSTOP)
    try:
        enrollment = doors.accepted(application)
        left = "SELECT count(*) FROM outbox_message WHERE workflow_id = $1 AND attempts > 0"
        wait_for(lambda: doors.database.value(left, f"enroll/{enrollment}"), 30)
        assert doors.enrollment(enrollment)["state"] == "submitted"
        assert doors.api.get("/readyz").json()["status"] == "degraded"
    finally:
        os.kill(temporal, signal.SIGCONT)
    doors.told(enrollment, "synchronized", 40)
