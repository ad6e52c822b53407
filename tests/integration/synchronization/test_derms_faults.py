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
def test_every_device_is_there_once(stack: RunningStack, fault: dict[str, Any]) -> None:
    stack.set_derms_faults(**fault)
    applications = [stack.build_application() for _ in range(4)]
    for enrollment in [stack.submit_accepted(application) for application in applications]:
        stack.wait_for_sync_request(enrollment, "synchronized")
    for application in applications:
        assert len(stack.search_derms(application["devices"][0]["serial_number"])) == 1


def test_lost_answers_are_asked_for(stack: RunningStack) -> None:
    stack.set_derms_faults(acknowledge="never")
    enrollment = stack.submit_accepted(stack.build_application())
    stack.wait_for_sync_request(enrollment, "awaiting_acknowledgement")
    stack.derms.delete("/faults").raise_for_status()
    stack.wait_for_sync_request(enrollment, "synchronized")
