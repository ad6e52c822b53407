"""What the DERMS models, what it refuses, and what it reports about each device."""

import jsonschema_rs
import orjson
import pytest


def answered(derms, sent):
    response = derms.send(sent)
    assert response.status_code == 200
    return response.json()


def registrations(acknowledgement):
    return [device["registration"] for device in acknowledgement["devices"]]


def test_a_positive_acknowledgement_matches_the_contract(at_once, message, request):
    sent = message()
    acknowledgement = answered(at_once, sent)
    contract = orjson.loads((request.config.rootpath / "docs/contracts/derms.schema.json").read_bytes())
    for name, document in (("Acknowledgement", acknowledgement), ("MessageStatus", at_once.status(sent))):
        jsonschema_rs.validate({"$defs": contract["$defs"], "$ref": f"#/$defs/{name}"}, document)
    assert (acknowledgement["result"], acknowledgement["version"]) == ("positive", 1)
    (der,) = at_once.ders(sent["subscription"]["number"])
    assert acknowledgement["references"] == {"resource": der["id"], sent["devices"][0]["device_id"]: der["id"]}


@pytest.mark.parametrize(
    ("known", "code"),
    [
        ({"head_ends": ["OTHER"]}, "UNKNOWN_HEAD_END"),
        ({"programs": ["OTHER"]}, "UNKNOWN_PROGRAM"),
        ({"feeders": []}, "UNKNOWN_FEEDER"),
    ],
)
def test_names_missing_from_the_reference_data_are_unknown(at_once, message, known, code):
    at_once.reference(**known)
    sent = message()
    acknowledgement = answered(at_once, sent)
    assert (acknowledgement["result"], acknowledgement["code"]) == ("negative", code)
    assert registrations(acknowledgement) == ["failed"]
    assert at_once.ders(sent["subscription"]["number"]) == []
    assert at_once.record(sent)["applied"] == 0


def test_names_in_the_reference_data_are_known(at_once, message):
    known = {"head_ends": ["ACME-CLOUD"], "programs": ["COOL-SUMMER"], "feeders": ["F-12"]}
    at_once.reference(**known)
    assert at_once.http.get("/reference").json() == known
    assert answered(at_once, message())["result"] == "positive"


def test_a_service_point_without_feeder_cannot_be_modeled(at_once, message):
    assert answered(at_once, message(feeder=None))["code"] == "FEEDER_MISSING"


def test_a_device_is_modeled_under_one_subscription_only(at_once, message, device):
    answered(at_once, message(devices=[device("twin", serial_number="ab-12 34", manufacturer="ACME")]))
    again = message(devices=[device("twin2", serial_number="AB1234"), device("single")])
    acknowledgement = answered(at_once, again)
    assert (acknowledgement["result"], acknowledgement["code"]) == ("negative", "DEVICE_ALREADY_MODELLED")
    assert registrations(acknowledgement) == ["failed", "registered"]
    assert [der["device"]["device_id"] for der in at_once.ders(again["subscription"]["number"])] == ["dev_single"]


def test_an_older_snapshot_does_not_undo_a_newer_one(at_once, message):
    newer = message(sequence=3, version=2)
    answered(at_once, newer)
    same = {"subscription": newer["subscription"], "devices": newer["devices"]}
    assert answered(at_once, message(sequence=2, version=9, **same))["code"] == "STALE_SEQUENCE"
    assert answered(at_once, message(sequence=3, version=1, **same))["code"] == "STALE_SEQUENCE"
    assert answered(at_once, message(sequence=3, version=3, **same))["result"] == "positive"


def test_a_corrected_message_repairs_the_device_that_failed(at_once, message):
    wrong = message(feeder=None)
    answered(at_once, wrong)
    right = {**message(subscription=wrong["subscription"], devices=wrong["devices"]), "version": 2}
    assert registrations(answered(at_once, right)) == ["registered"]


def test_a_replacement_ends_one_resource_and_makes_another(at_once, message, device):
    first = message()
    answered(at_once, first)
    old, new = first["devices"][0], device("new")
    swapped = [{**old, "state": "replaced", "replaced_by": new["device_id"]}, new]
    swap = message(kind="replace_device", sequence=2, subscription=first["subscription"], devices=swapped)
    assert registrations(answered(at_once, swap)) == ["deregistered", "registered"]
    states = {der["device"]["device_id"]: der["state"] for der in at_once.ders(first["subscription"]["number"])}
    assert states == {old["device_id"]: "removed", new["device_id"]: "enrolled"}


def test_a_device_stays_modeled_while_its_replacement_is_refused(at_once, message, device):
    first = message()
    answered(at_once, first)
    old, new = first["devices"][0], device("refused", head_end="OTHER")
    at_once.reference(head_ends=["ACME-CLOUD"])
    swapped = [{**old, "state": "replaced", "replaced_by": new["device_id"]}, new]
    swap = message(kind="replace_device", sequence=2, subscription=first["subscription"], devices=swapped)
    acknowledgement = answered(at_once, swap)
    assert (acknowledgement["code"], registrations(acknowledgement)) == ("UNKNOWN_HEAD_END", ["failed", "failed"])
    (der,) = at_once.ders(first["subscription"]["number"])
    assert (der["device"]["device_id"], der["state"]) == (old["device_id"], "enrolled")


def test_an_unenrolled_device_needs_no_feeder_and_can_join_another_subscription(at_once, message):
    first = message()
    answered(at_once, first)
    gone = [{**first["devices"][0], "state": "removed"}]
    leave = message(kind="unenroll", sequence=2, subscription=first["subscription"], devices=gone, feeder=None)
    assert registrations(answered(at_once, leave)) == ["deregistered"]
    again = message(devices=first["devices"])
    assert registrations(answered(at_once, again)) == ["registered"]
    (der,) = at_once.ders(again["subscription"]["number"])
    history = at_once.http.get(f"/ders/{der['id']}").json()["history"]
    assert [(event["message_id"], event["state"]) for event in history] == [
        (first["message_id"], "enrolled"),
        (leave["message_id"], "removed"),
        (again["message_id"], "enrolled"),
    ]


def test_a_device_that_was_never_modeled_can_be_deregistered(at_once, message, device):
    sent = message(kind="unenroll", devices=[device("stranger", state="removed")])
    acknowledgement = answered(at_once, sent)
    assert (registrations(acknowledgement), acknowledgement["references"]) == (["deregistered"], {})
