"""A valid message is accepted once, and an invalid one not at all."""

import json

import orjson
import pytest


def pointers(response):
    assert response.headers["content-type"] == "application/problem+json"
    return {error["pointer"] for error in response.json()["errors"]}


def test_the_same_key_with_the_same_content_is_the_same_message(at_once, message):
    sent = message()
    first, second = at_once.send(sent), at_once.send(dict(reversed(sent.items())))
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert (at_once.record(sent)["times_received"], at_once.record(sent)["applied"]) == (2, 1)
    assert len(at_once.ders(sent["subscription"]["number"])) == 1


def test_the_same_key_with_other_content_is_refused(at_once, message):
    sent = message()
    at_once.send(sent)
    refused = at_once.send({**sent, "kind": "update"})
    assert (refused.status_code, refused.json()["title"]) == (409, "Content mismatch")
    assert at_once.record(sent)["times_received"] == 1


def test_a_resend_returns_the_current_status_of_the_message(derms, message, wait_for):
    sent = message()
    receipt = derms.send(sent)
    assert (receipt.status_code, receipt.json()) == (202, {"status": "received", "message_id": sent["message_id"]})
    wait_for(lambda: derms.status(sent)["status"] == "acknowledged")
    again = derms.send(sent)
    assert (again.status_code, again.json()) == (200, derms.status(sent)["acknowledgement"])


def test_schema_violations_are_reported_by_pointer(derms, message, device):
    sent = message(version=0, sent_at="yesterday", devices=[device("x"), {**device("y"), "a/b": 1}])
    del sent["devices"][0]["rated_kw"], sent["customer"]
    refused = derms.send(sent)
    assert refused.status_code == 400
    assert pointers(refused) == {"/version", "/sent_at", "/customer", "/devices/0/rated_kw", "/devices/1/a~1b"}
    assert "yesterday" not in refused.text


@pytest.mark.parametrize(
    ("named", "pointer"),
    [({"version": 1_000_001}, "/version"), ({"sequence": 2**64 - 1}, "/sequence"), ({"sequence": 1e30}, "/sequence")],
)
def test_unanswerable_or_unstorable_content_is_refused(derms, message, named, pointer):
    assert pointers(derms.send(message(**named))) == {pointer}


def test_a_device_id_that_no_acknowledgement_can_repeat_is_refused(derms, message, device):
    sent = message(devices=[device("x"), device("long", device_id="d" * 65)])
    assert pointers(derms.send(sent)) == {"/devices/1/device_id"}


@pytest.mark.parametrize("body", ["", "{", "\xff", "[" * 3000])
def test_a_body_that_is_not_json_is_refused(derms, body):
    assert derms.http.post("/sync-messages", content=body.encode("latin-1")).status_code == 400


@pytest.mark.parametrize("body", ["[]", "null", '"text"', "1"])
def test_json_that_is_not_a_message_is_refused(derms, body):
    refused = derms.http.post("/sync-messages", content=body)
    assert (refused.status_code, pointers(refused)) == (400, {""})


def test_an_oversized_message_is_refused(derms):
    assert derms.http.post("/sync-messages", content=b" " * 1_100_000).status_code == 413


def test_the_key_must_be_the_message_id(derms, message):
    sent = message()
    assert derms.http.post("/sync-messages", content=json.dumps(sent)).status_code == 400
    assert derms.send(sent, **{"Idempotency-Key": "another"}).status_code == 400
    assert derms.http.get(f"/sync-messages/{sent['message_id']}").status_code == 404


def test_names_in_any_script_are_kept(at_once, message):
    sent = message()
    sent["customer"]["name"] = "Zoë 東京 \u202eעברית 🙂 " + "x" * 2000
    at_once.http.post("/sync-messages", content=orjson.dumps(sent), headers={"Idempotency-Key": sent["message_id"]})
    (der,) = at_once.ders(f"東京 {sent['subscription']['number']}")
    assert der["customer"]["name"] == sent["customer"]["name"]
