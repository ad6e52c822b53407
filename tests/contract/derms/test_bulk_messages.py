"""Many messages in one call are treated like single messages."""

import httpx
import pytest


def statuses(response):
    assert response.status_code == 200, response.text
    return [one["status"] for one in response.json()["results"]]


def test_each_message_is_accepted_and_acknowledged_later(derms, message, receiver, wait_for):
    sent = [message() for _ in range(3)]
    assert statuses(derms.send_in_bulk(*sent)) == ["received"] * 3
    wait_for(lambda: all(receiver.acknowledgements(one["message_id"]) for one in sent))


def test_each_message_is_acknowledged_immediately(at_once, message):
    sent = [message(), message()]
    response = at_once.send_in_bulk(*sent)
    assert statuses(response) == ["acknowledged"] * 2
    answers = [one["acknowledgement"] for one in response.json()["results"]]
    assert answers == [at_once.status(one)["acknowledgement"] for one in sent]


def test_messages_sent_twice_are_applied_once(at_once, message):
    sent = [message(), message()]
    first, second = at_once.send_in_bulk(*sent), at_once.send_in_bulk(*reversed(sent))
    assert first.json()["results"] == second.json()["results"][::-1]
    assert [at_once.record(one)["applied"] for one in sent] == [1, 1]


def test_a_message_sent_in_bulk_equals_the_message_sent_alone(at_once, message):
    sent = message()
    (result,) = at_once.send_in_bulk(sent).json()["results"]
    assert at_once.send(sent).json() == result["acknowledgement"]
    assert at_once.record(sent)["applied"] == 1


def test_a_conflicting_key_delays_no_other_message(at_once, message):
    known, new = message(), message()
    at_once.send(known)
    assert statuses(at_once.send_in_bulk({**known, "kind": "update"}, new)) == ["conflict", "acknowledged"]


def test_an_invalid_message_delays_no_other_message(at_once, message):
    flawed, sound = message(version=0), message()
    assert statuses(at_once.send_in_bulk(flawed, sound)) == ["refused", "acknowledged"]
    assert at_once.http.get(f"/sync-messages/{flawed['message_id']}").status_code == 404


@pytest.mark.parametrize("body", ["[]", "{}", '{"messages": []}', '{"messages": [1]}', '{"messages": [{}]}', "{"])
def test_an_invalid_bulk_document_is_refused(derms, body):
    assert derms.http.post("/sync-message-batches", content=body).status_code == 400


def test_more_than_a_hundred_are_refused(derms, message):
    assert derms.send_in_bulk(*[message()] * 101).status_code == 400


def test_a_derms_may_lack_the_bulk_endpoint(derms, message):
    derms.faults(no_batches=True)
    assert derms.send_in_bulk(message()).status_code == 404


def test_a_lost_response_loses_no_message(derms, message):
    sent = message()
    derms.faults(lose_response_share=1)
    with pytest.raises(httpx.TransportError):
        derms.send_in_bulk(sent)
    assert derms.record(sent)["times_received"] == 1


def test_each_call_is_logged_with_its_messages(derms, message):
    sent = [message() for _ in range(3)]
    derms.send_in_bulk(*sent[:2])
    derms.send(sent[2])
    keys = [one["message_id"] for one in sent]
    assert derms.http.get("/deliveries").json()["items"][-2:] == [keys[:2], keys[2:]]
