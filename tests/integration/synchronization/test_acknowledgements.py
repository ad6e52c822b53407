"""Acknowledgements of the DERMS: once, repeated, late, early, forged, or for nothing that we sent.

See docs/domain.md#acknowledgements.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.standard_webhooks import build_signature_headers
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for

DOOR = "/v1/derms/acknowledgements"


def _acknowledgement(doors: RunningStack, request: str, **changes: Any) -> dict[str, Any]:
    return {
        "message_id": doors.unique_name("ack"),
        "sync_request_id": request,
        "result": "positive",
        "devices": [],
        **changes,
    }


def _tell(doors: RunningStack, *acknowledgements: dict[str, Any]) -> httpx.Response:
    return doors.api.post(DOOR, json={"acknowledgements": acknowledgements})


def _outcome(doors: RunningStack, message: str) -> str | None:
    return doors.database.value("SELECT outcome FROM inbox_message WHERE message_id = $1", message)


def test_an_unknown_acknowledgement_is_kept_and_changes_nothing(doors: RunningStack) -> None:
    stray = _acknowledgement(doors, "syn_00000000000000000000000000")
    assert _tell(doors, stray).json() == {"received": 1, "new": 1}
    assert _outcome(doors, stray["message_id"]) == "ignored: no such sync request"


def test_a_repeated_acknowledgement_is_a_duplicate(doors: RunningStack) -> None:
    stray = _acknowledgement(doors, "syn_00000000000000000000000000")
    assert _tell(doors, stray, stray).json()["new"] == 1
    assert (_tell(doors, stray).status_code, _tell(doors, stray).json()["new"]) == (202, 0)


def test_an_acknowledgement_received_twice_is_applied_once(doors: RunningStack) -> None:
    doors.set_derms_faults(duplicate_acknowledgements=True)
    enrollment = doors.submit_accepted(doors.build_application())
    request = doors.wait_for_sync_request(enrollment, "synchronized")
    moves = "SELECT count(*) FROM audit_entry WHERE subject = $1 AND after = 'synchronized'"
    sent = "SELECT count(*) FROM inbox_message WHERE sync_request_id = $1"
    assert doors.database.value(sent, request["id"]) == 1
    assert doors.database.value(moves, request["id"]) == 1


def test_an_acknowledgement_after_the_end_changes_nothing(doors: RunningStack) -> None:
    (request,) = doors.get_enrollment(doors.enroll())["sync_requests"]
    late = _acknowledgement(doors, request["id"], result="negative", code="LATE")
    assert _tell(doors, late).status_code == 202
    again = doors.api.get(f"/v1/sync-requests/{request['id']}").json()
    assert (again["state"], again["error_code"]) == ("synchronized", None)
    assert _outcome(doors, late["message_id"]) == "ignored: the sync request is synchronized"


@pytest.mark.parametrize("mode", ["at_once", "callback"])
def test_an_acknowledgement_before_the_send_returns_is_not_lost(doors: RunningStack, mode: str) -> None:
    doors.set_derms_faults(acknowledge=mode, acknowledge_after_seconds=0)
    enrollments = [doors.submit_accepted(doors.build_application()) for _ in range(5)]
    for enrollment in enrollments:
        assert doors.wait_for_sync_request(enrollment, "synchronized")["attempts"] == 1


def test_an_acknowledgement_that_overtakes_the_response_ends_the_wait(doors: RunningStack) -> None:
    doors.set_derms_faults(acknowledge="never")
    enrollment = doors.submit_accepted(doors.build_application())
    request = doors.wait_for_sync_request(enrollment, "awaiting_acknowledgement")
    (device,) = doors.get_enrollment(enrollment)["subscription"]["devices"]
    answer = _acknowledgement(doors, request["id"], devices=[{"device_id": device["id"], "registration": "registered"}])
    assert _tell(doors, answer).status_code == 202
    doors.wait_for_sync_request(enrollment, "synchronized")
    assert wait_for(lambda: _outcome(doors, answer["message_id"])) == "applied: positive"


def _pair(doors: RunningStack) -> tuple[str, str, str, str]:
    """Enroll two devices that the DERMS does not acknowledge; return the enrollment, its sync request and the
    devices."""
    program = doors.unique_name("PAIR")
    doors.add_program(program)
    doors.set_derms_faults(acknowledge="never")
    pair = [{"specification": "ecobee-premium", "serial_number": doors.unique_name("SN")} for _ in range(2)]
    enrollment = doors.submit_accepted(doors.build_application(program=program, devices=pair))
    request = doors.wait_for_sync_request(enrollment, "awaiting_acknowledgement")["id"]
    first, second = (one["id"] for one in doors.get_enrollment(enrollment)["subscription"]["devices"])
    return enrollment, request, first, second


def test_a_partial_acknowledgement_leaves_the_other_devices_open(doors: RunningStack) -> None:
    enrollment, request, first, second = _pair(doors)
    for device, rest in ((first, "registering"), (second, "registered")):
        named = [{"device_id": device, "registration": "registered"}]
        answer = _acknowledgement(doors, request, devices=named)
        _tell(doors, answer).raise_for_status()
        wait_for(lambda answer=answer: _outcome(doors, answer["message_id"]))
        devices = {
            one["id"]: one["registration"] for one in doors.get_enrollment(enrollment)["subscription"]["devices"]
        }
        assert devices == {first: "registered", second: rest}
    doors.wait_for_sync_request(enrollment, "synchronized")


@pytest.mark.parametrize("result", ["positive", "negative"])
def test_a_contradictory_acknowledgement_is_applied_per_device(doors: RunningStack, result: str) -> None:
    """Negative for a registered device and positive for a failed one: in error both times, device by device."""
    enrollment, request, first, second = _pair(doors)
    said = {first: "registered", second: "failed"}
    named = [{"device_id": device, "registration": word} for device, word in said.items()]
    invented = {"device_id": "dev_unheard_of", "registration": "registered"}
    answer = _acknowledgement(doors, request, result=result, devices=[*named, invented])
    _tell(doors, answer).raise_for_status()
    seen = doors.wait_for_sync_request(enrollment, "error")
    assert "dev_unheard_of" in str(seen["acknowledgement"])
    devices = {one["id"]: one["registration"] for one in doors.get_enrollment(enrollment)["subscription"]["devices"]}
    assert devices == {first: "registered", second: "registration_failed"}


def test_an_acknowledgement_of_another_version_changes_nothing(doors: RunningStack) -> None:
    doors.set_derms_faults(acknowledge="never")
    enrollment = doors.submit_accepted(doors.build_application())
    request = doors.wait_for_sync_request(enrollment, "awaiting_acknowledgement")
    stale = _acknowledgement(doors, request["id"], version=7)
    _tell(doors, stale).raise_for_status()
    assert wait_for(lambda: _outcome(doors, stale["message_id"])).startswith("ignored: it answers version 7")
    doors.derms.post(f"/sync-messages/{request['id']}/acknowledge").raise_for_status()
    doors.wait_for_sync_request(enrollment, "synchronized")


def _signed(
    doors: RunningStack, folder: Path, *, age: timedelta = timedelta(0), body: bytes, signs: bytes
) -> httpx.Response:
    secret = json.loads((folder / "secrets.json").read_text())["derms_secret"]
    headers = build_signature_headers(secret, doors.unique_name("cbk"), datetime.now(UTC) - age, signs)
    return httpx.post(
        doors.description["api_url"] + DOOR,
        content=body,
        headers={"content-type": "application/json", **headers},
        trust_env=False,
    )


@pytest.mark.parametrize(
    ("age", "signs", "status"),
    [
        (timedelta(0), "body", 202),
        (timedelta(minutes=4), "body", 202),
        (timedelta(minutes=6), "body", 401),
        (timedelta(minutes=-6), "body", 401),
        (timedelta(0), "another body", 401),
    ],
)
def test_only_recently_signed_acknowledgements_are_accepted(
    doors: RunningStack, data_dir: Path, age: timedelta, signs: str, status: int
) -> None:
    stray = _acknowledgement(doors, "syn_00000000000000000000000000")
    body = json.dumps({"acknowledgements": [stray]}).encode()
    signed = body if signs == "body" else signs.encode()
    assert _signed(doors, data_dir, age=age, body=body, signs=signed).status_code == status
    kept = doors.database.value("SELECT count(*) FROM inbox_message WHERE message_id = $1", stray["message_id"])
    assert kept == (status == 202)
