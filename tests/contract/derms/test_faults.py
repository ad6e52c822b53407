"""Each configurable fault does what its name says."""

import httpx
import pytest


def test_faults_change_by_name_and_reset_to_the_settings(derms):
    before = derms.http.get("/faults").json()
    derms.faults(latency_seconds=0.01, error_share=1)
    assert derms.http.get("/faults").json() == {**before, "latency_seconds": 0.01, "error_share": 1}
    assert derms.http.delete("/faults").json() == before


@pytest.mark.parametrize("body", ['{"unknown":1}', '{"error_share":2}', '{"acknowledge":"maybe"}', "[]", "{"])
def test_unknown_faults_are_refused(derms, body):
    before = derms.http.get("/faults").json()
    assert derms.http.put("/faults", content=body).status_code == 400
    assert derms.http.get("/faults").json() == before


def test_refused_connections_store_nothing_while_the_other_endpoints_work(derms, message):
    sent = message()
    derms.faults(refuse_connections_for_seconds=60)
    with pytest.raises(httpx.TransportError):
        derms.send(sent)
    with pytest.raises(httpx.TransportError):
        derms.status(sent)
    assert derms.http.get("/healthz").json() == {"status": "ok"}
    assert 59 < derms.http.get("/faults").json()["refuse_connections_for_seconds"] <= 60
    derms.http.delete("/faults")
    assert derms.http.get(f"/sync-messages/{sent['message_id']}").status_code == 404
    assert derms.send(sent).status_code == 202


def test_connections_are_accepted_again_after_the_configured_time(derms, message, wait_for):
    derms.faults(refuse_connections_for_seconds=0.1)
    wait_for(lambda: derms.http.get("/faults").json()["refuse_connections_for_seconds"] == 0)
    assert derms.send(message()).status_code == 202


def test_an_error_stores_nothing(derms, message):
    sent = message()
    derms.faults(error_share=1)
    assert derms.send(sent).status_code == 500
    derms.faults(error_share=0)
    assert derms.http.get(f"/sync-messages/{sent['message_id']}").status_code == 404


def test_latency_delays_messages_and_still_stores_them(derms, message, wait_for):
    sent = message()
    derms.faults(latency_seconds=0.3)
    with pytest.raises(httpx.ReadTimeout):
        derms.http.post("/sync-messages", json=sent, headers={"Idempotency-Key": sent["message_id"]}, timeout=0.05)
    derms.http.delete("/faults")
    wait_for(lambda: derms.http.get(f"/sync-messages/{sent['message_id']}").status_code == 200)


def test_a_lost_response_keeps_the_message(at_once, message):
    sent = message()
    at_once.faults(lose_response_share=1)
    with pytest.raises(httpx.TransportError):
        at_once.send(sent)
    at_once.faults(lose_response_share=0)
    assert at_once.status(sent)["status"] == "acknowledged"
    assert at_once.send(sent).status_code == 200
    assert at_once.record(sent)["applied"] == 1


def test_a_lost_acknowledgement_can_be_queried(derms, message, receiver, wait_for):
    lost, found = message(), message()
    derms.faults(lost_acknowledgement_share=1)
    derms.send(lost)
    wait_for(lambda: derms.status(lost)["status"] == "acknowledged")
    derms.faults(lost_acknowledgement_share=0)
    derms.send(found)
    wait_for(lambda: receiver.acknowledgements(found["sync_request_id"]))
    assert receiver.acknowledgements(lost["sync_request_id"]) == []
    assert derms.record(lost)["callback"] == "lost"


def test_a_duplicate_acknowledgement_is_sent_twice_unchanged(derms, message, receiver, wait_for):
    sent = message()
    derms.faults(duplicate_acknowledgements=True)
    derms.send(sent)
    wait_for(lambda: derms.record(sent)["callbacks_sent"] == 2)
    first, second = receiver.acknowledgements(sent["sync_request_id"])
    assert first == second


def test_reordered_acknowledgements_arrive_newest_first(derms, message, receiver, wait_for):
    first, second = message(), message()
    derms.faults(reorder_acknowledgements=True, acknowledge="never")
    derms.send(first)
    derms.send(second)
    derms.faults(acknowledge="callback")
    wait_for(lambda: derms.record(first)["callback"] == derms.record(second)["callback"] == "delivered")
    acknowledged = [one["sync_request_id"] for one in receiver.acknowledgements_in_order()]
    assert acknowledged.index(second["sync_request_id"]) < acknowledged.index(first["sync_request_id"])


def test_never_withholds_the_decision_until_it_is_forced(derms, message, receiver, wait_for):
    sent = message()
    derms.faults(acknowledge="never")
    assert derms.send(sent).status_code == 202
    assert derms.status(sent) == {"message_id": sent["message_id"], "status": "received"}
    forced = derms.force(sent).json()
    assert forced["result"] == "positive"
    wait_for(lambda: receiver.acknowledgements(sent["sync_request_id"]) == [forced])
    assert derms.status(sent)["acknowledgement"] == forced


def test_never_ends_when_the_mode_changes(derms, message, receiver, wait_for):
    sent = message()
    derms.faults(acknowledge="never")
    derms.send(sent)
    derms.faults(acknowledge="callback")
    wait_for(lambda: receiver.acknowledgements(sent["sync_request_id"]))


def test_a_result_can_be_dictated_and_contradicted(derms, message, receiver, wait_for):
    sent = message()
    derms.faults(acknowledge="never")
    derms.send(sent)
    negative = derms.force(sent, result="negative", code="ON_HOLD", text="Not today.").json()
    assert (negative["result"], negative["code"], negative["text"]) == ("negative", "ON_HOLD", "Not today.")
    assert derms.ders(sent["subscription"]["number"]) == []
    positive = derms.force(sent, result="positive").json()
    again = derms.force(sent, result="positive").json()
    assert len({negative["message_id"], positive["message_id"], again["message_id"]}) == 3
    assert derms.record(sent)["applied"] == 1
    wait_for(lambda: again in receiver.acknowledgements(sent["sync_request_id"]))


def test_a_forced_result_must_be_valid(derms, message):
    sent = message()
    derms.send(sent)
    assert derms.force(sent, result="perhaps").status_code == 400
    assert derms.force(message()).status_code == 404
