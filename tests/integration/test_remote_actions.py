"""A service call's device is acted on through the head-end, whenever and however it answers.

See docs/domain.md#service-call.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.calling import Calling
from tests.integration.doors import Doors
from tests.integration.head_end import HeadEnd
from tests.patience import wait_for


@pytest.fixture
def calling(doors: Doors) -> Calling:
    return Calling(doors)


@pytest.fixture
def cloud(doors: Doors) -> Iterator[HeadEnd]:
    made = HeadEnd(doors)
    yield made
    made.close()


@pytest.fixture(scope="module")
def thermostat(running: Doors) -> str:
    return running.enrolled()


@pytest.fixture
def device(calling: Calling, cloud: HeadEnd, thermostat: str) -> Iterator[dict[str, Any]]:
    """The thermostat, online again after each test."""
    found = calling.subscription(thermostat)["devices"][0]
    yield found
    cloud.tell(found, "online")


def acted(calling: Calling, enrollment: str, command: str = "restart") -> str:
    return calling.opened(enrollment, action="remote_action", remote_command=command)


@pytest.mark.parametrize("answer", ["at_once", "callback"])
def test_it_is_closed_as_soon_as_the_device_did_it(
    calling: Calling, cloud: HeadEnd, thermostat: str, device: dict[str, Any], answer: str
) -> None:
    cloud.faults(answer=answer)
    cloud.tell(device, "hung")
    call = calling.reaches(acted(calling, thermostat), "closed")
    assert (call["outcome"], call["sync_requests"]) == ("remote_action_done", [])
    (asked,) = cloud.asked(device, since=call)
    assert (asked["asked"], asked["times_received"]) == ("restart", 1)
    (shown,) = call["head_end_requests"]
    assert (shown["id"], shown["kind"]) == (asked["request_id"], "restart")
    assert shown["next_step"] == "The device did as it was told."
    assert shown in calling.doors.enrollment(thermostat)["head_end_requests"]


def test_an_answer_that_comes_late_ends_it_and_the_first_stands(
    calling: Calling, cloud: HeadEnd, thermostat: str, device: dict[str, Any]
) -> None:
    cloud.faults(answer="never")
    call = acted(calling, thermostat, "ping")
    (asked,) = wait_for(lambda: cloud.asked(device, since=calling.seen(call)))
    assert calling.seen(call)["next_step"] == "The head-end is asked to act on the device."
    cloud.answer(asked, "ok")
    cloud.answer(asked, "failed")
    assert calling.reaches(call, "closed")["outcome"] == "remote_action_done"


def test_what_the_device_cannot_do_is_told_and_another_choice_is_asked_under_another_key(
    calling: Calling, cloud: HeadEnd, thermostat: str, device: dict[str, Any]
) -> None:
    cloud.tell(device, "offline")
    call = acted(calling, thermostat)
    wait_for(lambda: calling.seen(call)["available_actions"] == ["action", "cancel"])
    assert calling.seen(call)["reason"].startswith("The head-end cannot reach the device.")
    cloud.tell(device, "online")
    calling.do(call, "action", action="remote_action", remote_command="reset").raise_for_status()
    assert calling.reaches(call, "closed")["outcome"] == "remote_action_done"
    again, first = cloud.asked(device, since=calling.seen(call))
    assert (again["asked"], first["asked"]) == ("reset", "restart")


def test_a_head_end_that_is_down_is_asked_again_under_the_same_key(
    calling: Calling, cloud: HeadEnd, thermostat: str, device: dict[str, Any]
) -> None:
    cloud.faults(lose_response_share=1)
    call = acted(calling, thermostat)
    wait_for(lambda: cloud.asked(device, since=calling.seen(call)))
    cloud.faults(lose_response_share=0, refuse_connections_for_seconds=0.5)
    assert calling.reaches(call, "closed")["outcome"] == "remote_action_done"
    assert len(cloud.asked(device, since=calling.seen(call))) == 1


def test_an_answer_whose_callback_was_lost_is_asked_for(
    calling: Calling, cloud: HeadEnd, thermostat: str, device: dict[str, Any]
) -> None:
    cloud.faults(lost_answer_share=1)
    call = calling.reaches(acted(calling, thermostat), "closed")
    (asked,) = cloud.asked(device, since=call)
    assert (call["outcome"], asked["callback"]) == ("remote_action_done", "lost")


def test_silence_calls_a_person_and_a_retry_asks_again_under_another_key(
    calling: Calling, cloud: HeadEnd, thermostat: str, device: dict[str, Any]
) -> None:
    cloud.tell(device, "silent")
    call = acted(calling, thermostat)
    parked = calling.reaches(call, "needs_attention")
    assert parked["reason"] == "The head-end did not act on the device: it was not answered for in time."
    assert (parked["available_actions"], parked["head_end_requests"][0]["state"]) == (
        ["action", "retry", "cancel"],
        "given_up",
    )
    calling.do(call, "retry").raise_for_status()
    again, _ = wait_for(lambda: len(found := cloud.asked(device, since=parked)) == 2 and found)
    cloud.answer(again, "ok")
    assert calling.reaches(call, "closed")["outcome"] == "remote_action_done"


def test_an_answer_after_it_was_given_up_still_counts(
    calling: Calling, cloud: HeadEnd, thermostat: str, device: dict[str, Any]
) -> None:
    cloud.tell(device, "silent")
    call = acted(calling, thermostat)
    calling.reaches(call, "needs_attention")
    cloud.tell(device, "online")
    assert calling.reaches(call, "closed")["outcome"] == "remote_action_done"


def test_taken_back_it_does_not_wait_for_the_head_end(
    calling: Calling, cloud: HeadEnd, thermostat: str, device: dict[str, Any]
) -> None:
    cloud.tell(device, "silent")
    call = acted(calling, thermostat)
    (asked,) = wait_for(lambda: cloud.asked(device, since=calling.seen(call)))
    calling.do(call, "cancel", reason="It works again.").raise_for_status()
    calling.flow(call)
    cloud.answer(asked, "ok")
    assert calling.seen(call)["state"] == "cancelled"


def test_taken_back_while_the_head_end_is_away_the_device_is_left_alone(
    calling: Calling, cloud: HeadEnd, thermostat: str, device: dict[str, Any]
) -> None:
    cloud.faults(refuse_connections_for_seconds=60)
    call = acted(calling, thermostat)
    wait_for(lambda: calling.seen(call)["head_end_requests"])
    calling.do(call, "cancel", reason="It works again.").raise_for_status()
    calling.flow(call)
    assert cloud.asked(device, since=calling.seen(call)) == []
