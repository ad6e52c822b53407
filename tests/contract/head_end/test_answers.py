"""The outcome of a request depends on the device's state, comes immediately or by callback, once for each key."""

import pytest

from tests.waiting import wait_for


def test_a_device_is_online_unless_it_was_set_otherwise(head_end, request_of):
    asked = request_of()
    response = head_end.ask(asked)
    assert (response.status_code, response.json()) == (202, {"status": "received", "request_id": asked["request_id"]})
    assert head_end.first_answer(asked)["outcome"] == "ok"


@pytest.mark.parametrize(
    ("state", "outcome"),
    [("online", "ok"), ("offline", "offline"), ("hung", "offline"), ("broken", "failed"), ("unknown", "unknown")],
)
def test_a_status_check_returns_the_state_of_the_device(head_end, request_of, state, outcome):
    head_end.faults(answer="at_once")
    asked = request_of()
    head_end.device(asked, state)
    response = head_end.ask(asked)
    assert (response.status_code, response.json()["outcome"]) == (200, outcome)


@pytest.mark.parametrize(
    ("state", "action", "outcome", "afterwards"),
    [
        ("hung", "ping", "offline", "offline"),
        ("hung", "restart", "ok", "ok"),
        ("broken", "restart", "failed", "failed"),
        ("broken", "reset", "ok", "ok"),
        ("offline", "reset", "offline", "offline"),
    ],
)
def test_an_action_may_repair_the_device(head_end, request_of, state, action, outcome, afterwards):
    head_end.faults(answer="at_once")
    acted = request_of(action=action)
    head_end.device(acted, state)
    assert head_end.ask(acted).json()["outcome"] == outcome
    assert head_end.ask(request_of(serial_number=acted["serial_number"])).json()["outcome"] == afterwards


def test_a_repeated_request_is_applied_once_and_different_content_under_its_key_is_refused(head_end, request_of):
    asked = request_of()
    head_end.faults(answer="at_once")
    first = head_end.ask(asked).json()
    assert head_end.ask(asked).json() == first
    assert head_end.ask({**asked, "manufacturer": "Other"}).status_code == 409


@pytest.mark.parametrize("named", [{}, {"action": "restart"}])
def test_the_outcome_of_a_request_can_be_queried(head_end, request_of, named):
    head_end.faults(answer="never")
    asked = request_of(**named)
    assert head_end.status(asked).status_code == 404
    head_end.ask(asked)
    assert head_end.status(asked).json() == {"request_id": asked["request_id"], "status": "received"}
    head_end.faults(answer="callback")
    assert head_end.first_answer(asked) == head_end.status(asked).json()["answer"]


def test_a_silent_device_is_answered_for_once_it_is_back_online(head_end, request_of):
    asked, other = request_of(), request_of()
    head_end.device(asked, "silent")
    assert head_end.ask(asked).status_code == 202
    head_end.ask(other)
    head_end.first_answer(other)
    assert not head_end.answers(asked)
    head_end.device(asked, "online")
    assert head_end.first_answer(asked)["outcome"] == "ok"


def test_an_answer_can_be_dictated(head_end, request_of):
    head_end.faults(answer="never")
    asked = request_of()
    head_end.ask(asked)
    head_end.http.post(f"/requests/{asked['request_id']}/answer", json={"outcome": "failed", "text": "on fire"})
    assert head_end.first_answer(asked)["text"] == "on fire"


def test_callbacks_are_retried_until_accepted_and_survive_a_kill(head_end, request_of, receiver):
    receiver.status = 503
    asked = request_of()
    head_end.ask(asked)
    wait_for(lambda: head_end.answers(asked))
    head_end.kill()
    receiver.status = 202
    before = len(head_end.answers(asked))
    head_end.start()
    wait_for(lambda: len(head_end.answers(asked)) > before)
