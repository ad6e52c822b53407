"""The outcome of a request depends on the device's state, comes immediately or by callback, once for each key."""

import pytest

from tests.waiting import wait_for


def test_a_device_is_online_unless_it_was_set_otherwise(cloud, request_of):
    asked = request_of()
    answer = cloud.ask(asked)
    assert (answer.status_code, answer.json()) == (202, {"status": "received", "request_id": asked["request_id"]})
    assert cloud.first_answer(asked)["outcome"] == "ok"


@pytest.mark.parametrize(
    ("state", "outcome"),
    [("online", "ok"), ("offline", "offline"), ("hung", "offline"), ("broken", "failed"), ("unknown", "unknown")],
)
def test_a_status_check_returns_the_state_of_the_device(cloud, request_of, state, outcome):
    cloud.faults(answer="at_once")
    asked = request_of()
    cloud.device(asked, state)
    answer = cloud.ask(asked)
    assert (answer.status_code, answer.json()["outcome"]) == (200, outcome)


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
def test_an_action_may_repair_the_device(cloud, request_of, state, action, outcome, afterwards):
    cloud.faults(answer="at_once")
    acted = request_of(action=action)
    cloud.device(acted, state)
    assert cloud.ask(acted).json()["outcome"] == outcome
    assert cloud.ask(request_of(serial_number=acted["serial_number"])).json()["outcome"] == afterwards


def test_a_repeated_request_is_applied_once_and_different_content_under_its_key_is_refused(cloud, request_of):
    asked = request_of()
    cloud.faults(answer="at_once")
    first = cloud.ask(asked).json()
    assert cloud.ask(asked).json() == first
    assert cloud.ask({**asked, "manufacturer": "Other"}).status_code == 409


@pytest.mark.parametrize("named", [{}, {"action": "restart"}])
def test_the_outcome_of_a_request_can_be_queried(cloud, request_of, named):
    cloud.faults(answer="never")
    asked = request_of(**named)
    assert cloud.status(asked).status_code == 404
    cloud.ask(asked)
    assert cloud.status(asked).json() == {"request_id": asked["request_id"], "status": "received"}
    cloud.faults(answer="callback")
    assert cloud.first_answer(asked) == cloud.status(asked).json()["answer"]


def test_a_silent_device_is_answered_for_once_it_is_back_online(cloud, request_of):
    asked, other = request_of(), request_of()
    cloud.device(asked, "silent")
    assert cloud.ask(asked).status_code == 202
    cloud.ask(other)
    cloud.first_answer(other)
    assert not cloud.answers(asked)
    cloud.device(asked, "online")
    assert cloud.first_answer(asked)["outcome"] == "ok"


def test_an_answer_can_be_dictated(cloud, request_of):
    cloud.faults(answer="never")
    asked = request_of()
    cloud.ask(asked)
    cloud.http.post(f"/requests/{asked['request_id']}/answer", json={"outcome": "failed", "text": "on fire"})
    assert cloud.first_answer(asked)["text"] == "on fire"


def test_callbacks_are_retried_until_accepted_and_survive_a_kill(cloud, request_of, receiver):
    receiver.status = 503
    asked = request_of()
    cloud.ask(asked)
    wait_for(lambda: cloud.answers(asked))
    cloud.kill()
    receiver.status = 202
    before = len(cloud.answers(asked))
    cloud.start()
    wait_for(lambda: len(cloud.answers(asked)) > before)
