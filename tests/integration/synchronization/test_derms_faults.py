"""A failing DERMS delays an enrollment, and neither loses nor repeats it."""

from typing import Any

import pytest

from tests.integration.clients.running_stack import RunningStack


@pytest.mark.parametrize(
    "fault",
    [
        {"error_share": 0.5},
        {"lose_response_share": 0.6},
        {"refuse_connections_for_seconds": 1},
        {"latency_seconds": 0.3},
        {"reorder_acknowledgements": True},
    ],
    ids=lambda fault: next(iter(fault)),
)
def test_every_device_is_there_once(doors: RunningStack, fault: dict[str, Any]) -> None:
    doors.set_derms_faults(**fault)
    applications = [doors.build_application() for _ in range(4)]
    for enrollment in [doors.submit_accepted(application) for application in applications]:
        doors.wait_for_sync_request(enrollment, "synchronized")
    for application in applications:
        assert len(doors.search_derms(application["devices"][0]["serial_number"])) == 1


def test_lost_answers_are_asked_for(doors: RunningStack) -> None:
    doors.set_derms_faults(acknowledge="never")
    enrollment = doors.submit_accepted(doors.build_application())
    doors.wait_for_sync_request(enrollment, "awaiting_acknowledgement")
    doors.derms.delete("/faults").raise_for_status()
    doors.wait_for_sync_request(enrollment, "synchronized")
