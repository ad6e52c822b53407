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

PATH = "/v1/derms/acknowledgements"


def _acknowledgement(stack: RunningStack, request: str, **changes: Any) -> dict[str, Any]:
    return {
        "message_id": stack.unique_name("ack"),
        "sync_request_id": request,
        "result": "positive",
        "devices": [],
        **changes,
    }


def _post(stack: RunningStack, *acknowledgements: dict[str, Any]) -> httpx.Response:
    return stack.api.post(PATH, json={"acknowledgements": acknowledgements})


def _outcome(stack: RunningStack, message: str) -> str | None:
    return stack.database.value("SELECT outcome FROM inbox_message WHERE message_id = $1", message)


def test_an_unknown_acknowledgement_is_kept_and_changes_nothing(stack: RunningStack) -> None:
    acknowledgement = _acknowledgement(stack, "syn_00000000000000000000000000")
    assert _post(stack, acknowledgement).json() == {"received": 1, "new": 1}
    assert _outcome(stack, acknowledgement["message_id"]) == "ignored: no such sync request"


def test_a_repeated_acknowledgement_is_a_duplicate(stack: RunningStack) -> None:
    acknowledgement = _acknowledgement(stack, "syn_00000000000000000000000000")
    assert _post(stack, acknowledgement, acknowledgement).json()["new"] == 1
    assert (_post(stack, acknowledgement).status_code, _post(stack, acknowledgement).json()["new"]) == (202, 0)


def test_an_acknowledgement_received_twice_is_applied_once(stack: RunningStack) -> None:
    stack.set_derms_faults(duplicate_acknowledgements=True)
    enrollment = stack.submit_accepted(stack.build_application())
    request = stack.wait_for_sync_request(enrollment, "synchronized")
    moves = "SELECT count(*) FROM audit_entry WHERE subject = $1 AND after = 'synchronized'"
    sent = "SELECT count(*) FROM inbox_message WHERE sync_request_id = $1"
    assert stack.database.value(sent, request["id"]) == 1
    assert stack.database.value(moves, request["id"]) == 1


def test_an_acknowledgement_after_the_end_changes_nothing(stack: RunningStack) -> None:
    (request,) = stack.get_enrollment(stack.enroll())["sync_requests"]
    late = _acknowledgement(stack, request["id"], result="negative", code="LATE")
    assert _post(stack, late).status_code == 202
    again = stack.api.get(f"/v1/sync-requests/{request['id']}").json()
    assert (again["state"], again["error_code"]) == ("synchronized", None)
    assert _outcome(stack, late["message_id"]) == "ignored: the sync request is synchronized"


@pytest.mark.parametrize("mode", ["at_once", "callback"])
def test_an_acknowledgement_before_the_send_returns_is_not_lost(stack: RunningStack, mode: str) -> None:
    stack.set_derms_faults(acknowledge=mode, acknowledge_after_seconds=0)
    enrollments = [stack.submit_accepted(stack.build_application()) for _ in range(5)]
    for enrollment in enrollments:
        assert stack.wait_for_sync_request(enrollment, "synchronized")["attempts"] == 1


def test_an_acknowledgement_that_overtakes_the_response_ends_the_wait(stack: RunningStack) -> None:
    stack.set_derms_faults(acknowledge="never")
    enrollment = stack.submit_accepted(stack.build_application())
    request = stack.wait_for_sync_request(enrollment, "awaiting_acknowledgement")
    (device,) = stack.get_enrollment(enrollment)["subscription"]["devices"]
    response = _acknowledgement(
        stack, request["id"], devices=[{"device_id": device["id"], "registration": "registered"}]
    )
    assert _post(stack, response).status_code == 202
    stack.wait_for_sync_request(enrollment, "synchronized")
    assert wait_for(lambda: _outcome(stack, response["message_id"])) == "applied: positive"


def _pair(stack: RunningStack) -> tuple[str, str, str, str]:
    """Enroll two devices that the DERMS does not acknowledge; return the enrollment, its sync request and the
    devices."""
    program = stack.unique_name("PAIR")
    stack.add_program(program)
    stack.set_derms_faults(acknowledge="never")
    pair = [{"specification": "ecobee-premium", "serial_number": stack.unique_name("SN")} for _ in range(2)]
    enrollment = stack.submit_accepted(stack.build_application(program=program, devices=pair))
    request = stack.wait_for_sync_request(enrollment, "awaiting_acknowledgement")["id"]
    first, second = (one["id"] for one in stack.get_enrollment(enrollment)["subscription"]["devices"])
    return enrollment, request, first, second


def test_a_partial_acknowledgement_leaves_the_other_devices_open(stack: RunningStack) -> None:
    enrollment, request, first, second = _pair(stack)
    for device, rest in ((first, "registering"), (second, "registered")):
        named = [{"device_id": device, "registration": "registered"}]
        response = _acknowledgement(stack, request, devices=named)
        _post(stack, response).raise_for_status()
        wait_for(lambda response=response: _outcome(stack, response["message_id"]))
        devices = {
            one["id"]: one["registration"] for one in stack.get_enrollment(enrollment)["subscription"]["devices"]
        }
        assert devices == {first: "registered", second: rest}
    stack.wait_for_sync_request(enrollment, "synchronized")


@pytest.mark.parametrize("result", ["positive", "negative"])
def test_a_contradictory_acknowledgement_is_applied_per_device(stack: RunningStack, result: str) -> None:
    """Negative for a registered device and positive for a failed one: in error both times, device by device."""
    enrollment, request, first, second = _pair(stack)
    said = {first: "registered", second: "failed"}
    named = [{"device_id": device, "registration": word} for device, word in said.items()]
    invented = {"device_id": "dev_unheard_of", "registration": "registered"}
    response = _acknowledgement(stack, request, result=result, devices=[*named, invented])
    _post(stack, response).raise_for_status()
    view = stack.wait_for_sync_request(enrollment, "error")
    assert "dev_unheard_of" in str(view["acknowledgement"])
    devices = {one["id"]: one["registration"] for one in stack.get_enrollment(enrollment)["subscription"]["devices"]}
    assert devices == {first: "registered", second: "registration_failed"}


def test_an_acknowledgement_of_another_version_changes_nothing(stack: RunningStack) -> None:
    stack.set_derms_faults(acknowledge="never")
    enrollment = stack.submit_accepted(stack.build_application())
    request = stack.wait_for_sync_request(enrollment, "awaiting_acknowledgement")
    stale = _acknowledgement(stack, request["id"], version=7)
    _post(stack, stale).raise_for_status()
    assert wait_for(lambda: _outcome(stack, stale["message_id"])).startswith("ignored: it answers version 7")
    stack.derms.post(f"/sync-messages/{request['id']}/acknowledge").raise_for_status()
    stack.wait_for_sync_request(enrollment, "synchronized")


def _signed(
    stack: RunningStack, folder: Path, *, age: timedelta = timedelta(0), body: bytes, signs: bytes
) -> httpx.Response:
    secret = json.loads((folder / "secrets.json").read_text())["derms_secret"]
    headers = build_signature_headers(secret, stack.unique_name("cbk"), datetime.now(UTC) - age, signs)
    return httpx.post(
        stack.description["api_url"] + PATH,
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
    stack: RunningStack, data_dir: Path, age: timedelta, signs: str, status: int
) -> None:
    acknowledgement = _acknowledgement(stack, "syn_00000000000000000000000000")
    body = json.dumps({"acknowledgements": [acknowledgement]}).encode()
    signed = body if signs == "body" else signs.encode()
    assert _signed(stack, data_dir, age=age, body=body, signs=signed).status_code == status
    stored = stack.database.value(
        "SELECT count(*) FROM inbox_message WHERE message_id = $1", acknowledgement["message_id"]
    )
    assert stored == (status == 202)
