"""A DERMS that stumbles delays an enrolment and neither loses nor repeats it."""

from typing import Any

import pytest

from tests.integration.doors import Doors


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
def test_every_device_is_there_once(doors: Doors, fault: dict[str, Any]) -> None:
    doors.faults(**fault)
    applications = [doors.application() for _ in range(4)]
    for enrollment in [doors.accepted(application) for application in applications]:
        doors.told(enrollment, "synchronized")
    for application in applications:
        assert len(doors.held(application["devices"][0]["serial_number"])) == 1


def test_lost_answers_are_asked_for(doors: Doors) -> None:
    doors.faults(acknowledge="never")
    enrollment = doors.accepted(doors.application())
    doors.told(enrollment, "awaiting_acknowledgement")
    doors.derms.delete("/faults").raise_for_status()
    doors.told(enrollment, "synchronized")
