"""Acknowledgements reach the callback address: signed, retried until accepted, and through a kill -9."""

import base64
import hashlib
import hmac
import time

import jsonschema_rs
import orjson
import pytest

SECRET = "a secret for both"


def signature(headers, body):
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(SECRET.encode(), content, hashlib.sha256)).decode()


def test_an_acknowledgement_arrives_by_callback(derms, message, receiver, wait_for, request):
    sent = message()
    derms.send(sent)
    wait_for(lambda: derms.record(sent)["callback"] == "delivered")
    (acknowledgement,) = receiver.acknowledgements(sent["sync_request_id"])
    assert acknowledgement == derms.status(sent)["acknowledgement"]
    assert derms.record(sent)["callbacks_sent"] == 1
    contract = orjson.loads((request.config.rootpath / "docs/contracts/derms.schema.json").read_bytes())
    part = {"$defs": contract["$defs"], "$ref": "#/$defs/Acknowledgements"}
    jsonschema_rs.validate(part, orjson.loads(receiver.posts[-1][1]))


def test_a_callback_is_retried_until_it_is_accepted(derms, message, receiver, wait_for):
    receiver.status = 503
    sent = message()
    derms.send(sent)
    wait_for(lambda: len(receiver.acknowledgements(sent["sync_request_id"])) >= 2)
    assert derms.record(sent)["callback"] == "waiting"
    receiver.status = 202
    wait_for(lambda: derms.record(sent)["callback"] == "delivered")
    assert len({one["message_id"] for one in receiver.acknowledgements(sent["sync_request_id"])}) == 1


def test_a_permanently_refused_callback_is_undeliverable(derms, message, receiver, wait_for):
    receiver.status = 422
    sent = message()
    derms.send(sent)
    wait_for(lambda: derms.record(sent)["callback"] == "undeliverable")
    receiver.status = 202
    derms.force(sent)
    wait_for(lambda: derms.record(sent)["callback"] == "delivered")


def test_with_a_secret_both_directions_are_signed(launch, message, receiver, wait_for):
    derms = launch(secret=SECRET)
    sent = message()
    assert derms.send(sent).status_code == 401
    body = orjson.dumps(sent)
    headers = {"webhook-id": sent["message_id"], "webhook-timestamp": str(int(time.time()))}
    headers["Idempotency-Key"] = sent["message_id"]
    headers["webhook-signature"] = f"v1,old {signature(headers, body)}"
    stale = {**headers, "webhook-timestamp": str(int(time.time()) - 301)}
    stale["webhook-signature"] = signature(stale, body)
    assert derms.http.post("/sync-messages", content=body, headers=stale).status_code == 401
    assert derms.http.post("/sync-messages", content=body + b" ", headers=headers).status_code == 401
    assert derms.http.post("/sync-messages", content=body, headers=headers).status_code == 202
    wait_for(lambda: receiver.acknowledgements(sent["sync_request_id"]))
    signed, posted = receiver.posts[-1]
    assert signed["webhook-signature"] == signature(signed, posted)
    assert abs(int(signed["webhook-timestamp"]) - time.time()) < 3600


@pytest.mark.parametrize("mode", ["callback", "never"], ids=["decided", "undecided"])
def test_a_kill_loses_no_acknowledgement(launch, message, receiver, wait_for, mode):
    derms = launch()
    derms.faults(acknowledge=mode)
    receiver.status = 503
    sent = [message() for _ in range(20)]
    for one in sent:
        assert derms.send(one).status_code == 202
    wait_for(lambda: all(one["acknowledged"] == (mode == "callback") for one in derms.records().values()))
    derms.kill()
    receiver.status = 202
    derms.start()
    wait_for(lambda: all(one["callback"] == "delivered" for one in derms.records().values()))
    assert [one["applied"] for one in derms.records().values()] == [1] * len(sent)
    assert all(len(derms.ders(one["subscription"]["number"])) == 1 for one in sent)


def test_it_stops_cleanly_with_an_undelivered_callback(launch, message):
    derms = launch(callback_url="http://127.0.0.1:9/nobody")
    derms.send(message())
    assert derms.stop() == 0
