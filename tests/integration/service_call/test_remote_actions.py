"""A service call's device is acted on through the head-end, whenever and however it answers.

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
def calling(doors: RunningStack) -> ServiceCallClient:
    return ServiceCallClient(doors)


@pytest.fixture
def cloud(doors: RunningStack) -> Iterator[HeadEndClient]:
    made = HeadEndClient(doors)
    yield made
    made.close()


@pytest.fixture(scope="module")
def thermostat(running: RunningStack) -> str:
    return running.enroll()


@pytest.fixture
def device(calling: ServiceCallClient, cloud: HeadEndClient, thermostat: str) -> Iterator[dict[str, Any]]:
    """The thermostat, online again after each test."""
    found = calling.get_subscription(thermostat)["devices"][0]
    yield found
    cloud.set_device_state(found, "online")


def acted(calling: ServiceCallClient, enrollment: str, command: str = "restart") -> str:
    return calling.submit_accepted(enrollment, action="remote_action", remote_command=command)


@pytest.mark.parametrize("answer", ["at_once", "callback"])
def test_it_is_closed_as_soon_as_the_device_did_it(
    calling: ServiceCallClient, cloud: HeadEndClient, thermostat: str, device: dict[str, Any], answer: str
) -> None:
    cloud.set_faults(answer=answer)
    cloud.set_device_state(device, "hung")
    call = calling.wait_for_state(acted(calling, thermostat), "closed")
    assert (call["outcome"], call["sync_requests"]) == ("remote_action_done", [])
    (asked,) = cloud.list_requests_since(device, since=call)
    assert (asked["asked"], asked["times_received"]) == ("restart", 1)
    (shown,) = call["head_end_requests"]
    assert (shown["id"], shown["kind"]) == (asked["request_id"], "restart")
    assert shown["next_step"] == "The device carried out the command."
    assert shown in calling.stack.get_enrollment(thermostat)["head_end_requests"]


def test_an_answer_that_comes_late_ends_it_and_the_first_stands(
    calling: ServiceCallClient, cloud: HeadEndClient, thermostat: str, device: dict[str, Any]
) -> None:
    cloud.set_faults(answer="never")
    call = acted(calling, thermostat, "ping")
    (asked,) = wait_for(lambda: cloud.list_requests_since(device, since=calling.get(call)))
    assert calling.get(call)["next_step"] == "The head-end is asked to act on the device."
    cloud.send_callback(asked, "ok")
    cloud.send_callback(asked, "failed")
    assert calling.wait_for_state(call, "closed")["outcome"] == "remote_action_done"


def test_what_the_device_cannot_do_is_told_and_another_choice_is_asked_under_another_key(
    calling: ServiceCallClient, cloud: HeadEndClient, thermostat: str, device: dict[str, Any]
) -> None:
    cloud.set_device_state(device, "offline")
    call = acted(calling, thermostat)
    wait_for(lambda: calling.get(call)["available_actions"] == ["action", "cancel"])
    assert calling.get(call)["reason"].startswith("The head-end cannot reach the device.")
    cloud.set_device_state(device, "online")
    calling.post(call, "action", action="remote_action", remote_command="reset").raise_for_status()
    assert calling.wait_for_state(call, "closed")["outcome"] == "remote_action_done"
    again, first = cloud.list_requests_since(device, since=calling.get(call))
    assert (again["asked"], first["asked"]) == ("reset", "restart")


def test_a_head_end_that_is_down_is_asked_again_under_the_same_key(
    calling: ServiceCallClient, cloud: HeadEndClient, thermostat: str, device: dict[str, Any]
) -> None:
    cloud.set_faults(lose_response_share=1)
    call = acted(calling, thermostat)
    wait_for(lambda: cloud.list_requests_since(device, since=calling.get(call)))
    cloud.set_faults(lose_response_share=0, refuse_connections_for_seconds=0.5)
    assert calling.wait_for_state(call, "closed")["outcome"] == "remote_action_done"
    assert len(cloud.list_requests_since(device, since=calling.get(call))) == 1


def test_an_answer_whose_callback_was_lost_is_asked_for(
    calling: ServiceCallClient, cloud: HeadEndClient, thermostat: str, device: dict[str, Any]
) -> None:
    cloud.set_faults(lost_answer_share=1)
    call = calling.wait_for_state(acted(calling, thermostat), "closed")
    (asked,) = cloud.list_requests_since(device, since=call)
    assert (call["outcome"], asked["callback"]) == ("remote_action_done", "lost")


def test_silence_calls_a_person_and_a_retry_asks_again_under_another_key(
    calling: ServiceCallClient, cloud: HeadEndClient, thermostat: str, device: dict[str, Any]
) -> None:
    cloud.set_device_state(device, "silent")
    call = acted(calling, thermostat)
    parked = calling.wait_for_state(call, "needs_attention")
    assert parked["reason"] == "The head-end did not act on the device: it was not answered for in time."
    assert (parked["available_actions"], parked["head_end_requests"][0]["state"]) == (
        ["action", "retry", "cancel"],
        "given_up",
    )
    calling.post(call, "retry").raise_for_status()
    again, _ = wait_for(lambda: len(found := cloud.list_requests_since(device, since=parked)) == 2 and found)
    cloud.send_callback(again, "ok")
    assert calling.wait_for_state(call, "closed")["outcome"] == "remote_action_done"


def test_an_answer_after_it_was_given_up_still_counts(
    calling: ServiceCallClient, cloud: HeadEndClient, thermostat: str, device: dict[str, Any]
) -> None:
    cloud.set_device_state(device, "silent")
    call = acted(calling, thermostat)
    calling.wait_for_state(call, "needs_attention")
    cloud.set_device_state(device, "online")
    assert calling.wait_for_state(call, "closed")["outcome"] == "remote_action_done"


def test_taken_back_it_does_not_wait_for_the_head_end(
    calling: ServiceCallClient, cloud: HeadEndClient, thermostat: str, device: dict[str, Any]
) -> None:
    cloud.set_device_state(device, "silent")
    call = acted(calling, thermostat)
    (asked,) = wait_for(lambda: cloud.list_requests_since(device, since=calling.get(call)))
    calling.post(call, "cancel", reason="It works again.").raise_for_status()
    calling.wait_for_workflow_end(call)
    cloud.send_callback(asked, "ok")
    assert calling.get(call)["state"] == "cancelled"


def test_taken_back_while_the_head_end_is_away_the_device_is_left_alone(
    calling: ServiceCallClient, cloud: HeadEndClient, thermostat: str, device: dict[str, Any]
) -> None:
    cloud.set_faults(refuse_connections_for_seconds=60)
    call = acted(calling, thermostat)
    wait_for(lambda: calling.get(call)["head_end_requests"])
    calling.post(call, "cancel", reason="It works again.").raise_for_status()
    calling.wait_for_workflow_end(call)
    assert cloud.list_requests_since(device, since=calling.get(call)) == []
