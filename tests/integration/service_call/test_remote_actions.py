"""A service call acts on the device through its head-end, whenever and however it answers.

See docs/domain.md#service-call.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.clients.head_end import HeadEndClient
from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.service_calls import ServiceCallClient
from tests.waiting import wait_for


@pytest.fixture
def service_calls(stack: RunningStack) -> ServiceCallClient:
    return ServiceCallClient(stack)


@pytest.fixture
def head_end(stack: RunningStack) -> Iterator[HeadEndClient]:
    made = HeadEndClient(stack)
    yield made
    made.close()


@pytest.fixture(scope="module")
def thermostat(running: RunningStack) -> str:
    return running.enroll()


@pytest.fixture
def device(service_calls: ServiceCallClient, head_end: HeadEndClient, thermostat: str) -> Iterator[dict[str, Any]]:
    """The thermostat, which is online again after each test."""
    found = service_calls.get_subscription(thermostat)["devices"][0]
    yield found
    head_end.set_device_state(found, "online")


def acted(service_calls: ServiceCallClient, enrollment: str, command: str = "restart") -> str:
    return service_calls.submit_accepted(enrollment, action="remote_action", remote_command=command)


@pytest.mark.parametrize("response", ["at_once", "callback"])
def test_a_successful_remote_action_closes_the_call(
    service_calls: ServiceCallClient, head_end: HeadEndClient, thermostat: str, device: dict[str, Any], response: str
) -> None:
    head_end.set_faults(answer=response)
    head_end.set_device_state(device, "hung")
    call = service_calls.wait_for_state(acted(service_calls, thermostat), "closed")
    assert (call["outcome"], call["sync_requests"]) == ("remote_action_done", [])
    (asked,) = head_end.list_requests_since(device, since=call)
    assert (asked["asked"], asked["times_received"]) == ("restart", 1)
    (shown,) = call["head_end_requests"]
    assert (shown["id"], shown["kind"]) == (asked["request_id"], "restart")
    assert shown["next_step"] == "The device carried out the command."
    assert shown in service_calls.stack.get_enrollment(thermostat)["head_end_requests"]


def test_a_late_answer_closes_the_call_and_the_first_answer_counts(
    service_calls: ServiceCallClient, head_end: HeadEndClient, thermostat: str, device: dict[str, Any]
) -> None:
    head_end.set_faults(answer="never")
    call = acted(service_calls, thermostat, "ping")
    (asked,) = wait_for(lambda: head_end.list_requests_since(device, since=service_calls.get(call)))
    assert service_calls.get(call)["next_step"] == "The head-end is asked to act on the device."
    head_end.send_callback(asked, "ok")
    head_end.send_callback(asked, "failed")
    assert service_calls.wait_for_state(call, "closed")["outcome"] == "remote_action_done"


def test_a_failed_remote_action_is_shown_and_the_next_one_has_a_new_key(
    service_calls: ServiceCallClient, head_end: HeadEndClient, thermostat: str, device: dict[str, Any]
) -> None:
    head_end.set_device_state(device, "offline")
    call = acted(service_calls, thermostat)
    wait_for(lambda: service_calls.get(call)["available_actions"] == ["action", "cancel"])
    assert service_calls.get(call)["reason"].startswith("The head-end cannot reach the device.")
    head_end.set_device_state(device, "online")
    service_calls.post(call, "action", action="remote_action", remote_command="reset").raise_for_status()
    assert service_calls.wait_for_state(call, "closed")["outcome"] == "remote_action_done"
    again, first = head_end.list_requests_since(device, since=service_calls.get(call))
    assert (again["asked"], first["asked"]) == ("reset", "restart")


def test_an_unavailable_head_end_is_retried_under_the_same_key(
    service_calls: ServiceCallClient, head_end: HeadEndClient, thermostat: str, device: dict[str, Any]
) -> None:
    head_end.set_faults(lose_response_share=1)
    call = acted(service_calls, thermostat)
    wait_for(lambda: head_end.list_requests_since(device, since=service_calls.get(call)))
    head_end.set_faults(lose_response_share=0, refuse_connections_for_seconds=0.5)
    assert service_calls.wait_for_state(call, "closed")["outcome"] == "remote_action_done"
    assert len(head_end.list_requests_since(device, since=service_calls.get(call))) == 1


def test_an_answer_whose_callback_was_lost_is_queried(
    service_calls: ServiceCallClient, head_end: HeadEndClient, thermostat: str, device: dict[str, Any]
) -> None:
    head_end.set_faults(lost_answer_share=1)
    call = service_calls.wait_for_state(acted(service_calls, thermostat), "closed")
    (asked,) = head_end.list_requests_since(device, since=call)
    assert (call["outcome"], asked["callback"]) == ("remote_action_done", "lost")


def test_a_silent_device_parks_the_call_and_a_retry_has_a_new_key(
    service_calls: ServiceCallClient, head_end: HeadEndClient, thermostat: str, device: dict[str, Any]
) -> None:
    head_end.set_device_state(device, "silent")
    call = acted(service_calls, thermostat)
    parked = service_calls.wait_for_state(call, "needs_attention")
    assert parked["reason"] == "The head-end did not act on the device: it was not answered for in time."
    assert (parked["available_actions"], parked["head_end_requests"][0]["state"]) == (
        ["action", "retry", "cancel"],
        "given_up",
    )
    service_calls.post(call, "retry").raise_for_status()
    again, _ = wait_for(lambda: len(found := head_end.list_requests_since(device, since=parked)) == 2 and found)
    head_end.send_callback(again, "ok")
    assert service_calls.wait_for_state(call, "closed")["outcome"] == "remote_action_done"


def test_an_answer_after_the_deadline_still_counts(
    service_calls: ServiceCallClient, head_end: HeadEndClient, thermostat: str, device: dict[str, Any]
) -> None:
    head_end.set_device_state(device, "silent")
    call = acted(service_calls, thermostat)
    service_calls.wait_for_state(call, "needs_attention")
    head_end.set_device_state(device, "online")
    assert service_calls.wait_for_state(call, "closed")["outcome"] == "remote_action_done"


def test_a_cancelled_call_does_not_wait_for_the_head_end(
    service_calls: ServiceCallClient, head_end: HeadEndClient, thermostat: str, device: dict[str, Any]
) -> None:
    head_end.set_device_state(device, "silent")
    call = acted(service_calls, thermostat)
    (asked,) = wait_for(lambda: head_end.list_requests_since(device, since=service_calls.get(call)))
    service_calls.post(call, "cancel", reason="It works again.").raise_for_status()
    service_calls.wait_for_workflow_end(call)
    head_end.send_callback(asked, "ok")
    assert service_calls.get(call)["state"] == "cancelled"


def test_a_call_cancelled_during_a_head_end_outage_sends_nothing(
    service_calls: ServiceCallClient, head_end: HeadEndClient, thermostat: str, device: dict[str, Any]
) -> None:
    head_end.set_faults(refuse_connections_for_seconds=60)
    call = acted(service_calls, thermostat)
    wait_for(lambda: service_calls.get(call)["head_end_requests"])
    service_calls.post(call, "cancel", reason="It works again.").raise_for_status()
    service_calls.wait_for_workflow_end(call)
    assert head_end.list_requests_since(device, since=service_calls.get(call)) == []
