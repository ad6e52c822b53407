"""An unenrolled device may participate again: with its owner, or with the next customer at the place where it
stayed."""

from typing import Any

import pytest

from tests.integration.clients.cis_records import build_cis_record
from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.service_calls import ServiceCallClient
from tests.integration.clients.unenrollments import UnenrollmentClient


@pytest.fixture
def leaving(doors: RunningStack) -> UnenrollmentClient:
    return UnenrollmentClient(doors)


def _why(doors: RunningStack, application: dict[str, Any]) -> list[str]:
    """Return why the request was rejected, which it must be."""
    seen = doors.wait_for_enrollment(doors.submit_accepted(application), "rejected")
    return [one["reason"] for one in seen["decision"]["findings"] if one["verdict"] == "failed"]


def _again(doors: RunningStack, application: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**application, "transaction_id": doors.unique_name(), **changes}


def test_an_immediate_reenrollment_waits_for_the_derms(doors: RunningStack, leaving: UnenrollmentClient) -> None:
    """Enroll, unenroll and enroll again within one minute."""
    application = doors.build_application()
    first = doors.submit_accepted(application)
    doors.wait_for_sync_request(first, "synchronized")
    doors.set_derms_faults(acknowledge="never")
    unenrollment = leaving.submit_accepted(first)
    leaving.wait_for_state(unenrollment, "unenrolled")
    (why,) = _why(doors, _again(doors, application))
    assert why == "The device has left this or a conflicting program, but the DERMS has not let go of it yet."
    doors.derms.delete("/faults").raise_for_status()
    leaving.wait_for_end(unenrollment)
    again = doors.submit_accepted(_again(doors, application))
    doors.wait_for_sync_request(again, "synchronized")
    held = doors.search_derms(application["devices"][0]["serial_number"])
    here = leaving.get_subscription(again)["number"]
    assert [one["subscription"] for one in held if one["state"] == "enrolled"] == [here]


def test_a_new_customer_enrolls_the_existing_device_with_their_own_consent(
    doors: RunningStack, leaving: UnenrollmentClient
) -> None:
    """The cool-down applies to former participants, not to the place."""
    who, program = doors.customers.take(), doors.unique_name("COOL")
    doors.add_program(program, eligibility=[{"rule": "cool_down", "days": 90}])
    application = doors.build_application(who, program=program)
    first = doors.submit_accepted(application)
    doors.wait_for_sync_request(first, "synchronized")
    moves_in = {
        "cis_person_id": doors.unique_name("P"),
        "cis_account_id": doors.unique_name("A"),
        "name": "Who moves in",
    }
    told = build_cis_record(who, **moves_in)
    doors.api.put("/v1/customers", json={"customers": [told]}).raise_for_status()
    started = doors.api.get("/v1/program-unenrollments", params={"enrollment": first}).json()["items"]
    leaving.wait_for_end(started[0]["id"])
    theirs = _again(doors, application, account=moves_in["cis_account_id"])
    assert _why(doors, {**theirs, "transaction_id": doors.unique_name(), "terms": None}) == [
        "The terms were not accepted; version 2026-01 is in force."
    ]
    second = doors.submit_accepted(theirs)
    doors.wait_for_sync_request(second, "synchronized")
    assert leaving.list_device_ids(second) == leaving.list_device_ids(first)
    (held,) = [
        one for one in doors.search_derms(leaving.get_subscription(second)["number"]) if one["state"] == "enrolled"
    ]
    assert held["customer"] == {"account": moves_in["cis_account_id"], "name": "Who moves in"}


def test_a_participating_device_cannot_be_enrolled_by_another_customer(doors: RunningStack) -> None:
    application = doors.build_application()
    doors.wait_for_sync_request(doors.submit_accepted(application), "synchronized")
    assert _why(doors, doors.build_application(devices=application["devices"])) == [
        "A device with this serial number is registered to another customer."
    ]


def test_a_device_at_another_location_stays_with_its_owner(doors: RunningStack, leaving: UnenrollmentClient) -> None:
    application = doors.build_application()
    first = doors.submit_accepted(application)
    doors.wait_for_sync_request(first, "synchronized")
    leaving.unenroll(first)
    assert _why(doors, doors.build_application(devices=application["devices"])) == [
        "A device with this serial number is registered to another customer."
    ]


def test_a_device_out_of_service_is_not_enrolled_again(doors: RunningStack, leaving: UnenrollmentClient) -> None:
    calling = ServiceCallClient(doors)
    enrollment = calling.enroll_battery()
    call, order = calling.submit_with_visit(enrollment)
    calling.post_accepted_completion(
        order, "device_replaced", **calling.build_replacement(enrollment, "tesla-powerwall-3")
    )
    calling.wait_for_state(call, "closed")
    burnt = next(one for one in leaving.get_subscription(enrollment)["devices"] if one["registration"] == "removed")
    leaving.unenroll(enrollment)
    seen = doors.get_enrollment(enrollment)
    application = {
        **doors.build_application(),
        "account": seen["account"],
        "service_point": seen["service_point"],
        "program": "BATT-VPP",
        "answers": {"owner_consent": "yes"},
        "devices": [{"specification": "tesla-powerwall-3", "serial_number": burnt["serial_number"]}],
    }
    assert "A device with this serial number was taken out of service for good." in _why(doors, application)
