"""An unenrolled device may participate again: with its owner, or with the next customer at the place where it
stayed."""

from typing import Any

import pytest

from tests.integration.clients.cis_records import build_cis_record
from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.service_calls import ServiceCallClient
from tests.integration.clients.unenrollments import UnenrollmentClient


@pytest.fixture
def unenrollments(stack: RunningStack) -> UnenrollmentClient:
    return UnenrollmentClient(stack)


def _why(stack: RunningStack, application: dict[str, Any]) -> list[str]:
    """Return why the request was rejected, which it must be."""
    view = stack.wait_for_enrollment(stack.submit_accepted(application), "rejected")
    return [one["reason"] for one in view["decision"]["findings"] if one["verdict"] == "failed"]


def _again(stack: RunningStack, application: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**application, "transaction_id": stack.unique_name(), **changes}


def test_an_immediate_reenrollment_waits_for_the_derms(stack: RunningStack, unenrollments: UnenrollmentClient) -> None:
    """Enroll, unenroll and enroll again within one minute."""
    application = stack.build_application()
    first = stack.submit_accepted(application)
    stack.wait_for_sync_request(first, "synchronized")
    stack.set_derms_faults(acknowledge="never")
    unenrollment = unenrollments.submit_accepted(first)
    unenrollments.wait_for_state(unenrollment, "unenrolled")
    (why,) = _why(stack, _again(stack, application))
    assert why == "The device has left this or a conflicting program, but the DERMS has not let go of it yet."
    stack.derms.delete("/faults").raise_for_status()
    unenrollments.wait_for_end(unenrollment)
    again = stack.submit_accepted(_again(stack, application))
    stack.wait_for_sync_request(again, "synchronized")
    held = stack.search_derms(application["devices"][0]["serial_number"])
    here = unenrollments.get_subscription(again)["number"]
    assert [one["subscription"] for one in held if one["state"] == "enrolled"] == [here]


def test_a_new_customer_enrolls_the_existing_device_with_their_own_consent(
    stack: RunningStack, unenrollments: UnenrollmentClient
) -> None:
    """The cool-down applies to former participants, not to the place."""
    customer, program = stack.customers.take(), stack.unique_name("COOL")
    stack.add_program(program, eligibility=[{"rule": "cool_down", "days": 90}])
    application = stack.build_application(customer, program=program)
    first = stack.submit_accepted(application)
    stack.wait_for_sync_request(first, "synchronized")
    moves_in = {
        "cis_person_id": stack.unique_name("P"),
        "cis_account_id": stack.unique_name("A"),
        "name": "Who moves in",
    }
    texts = build_cis_record(customer, **moves_in)
    stack.api.put("/v1/customers", json={"customers": [texts]}).raise_for_status()
    started = stack.api.get("/v1/program-unenrollments", params={"enrollment": first}).json()["items"]
    unenrollments.wait_for_end(started[0]["id"])
    theirs = _again(stack, application, account=moves_in["cis_account_id"])
    assert _why(stack, {**theirs, "transaction_id": stack.unique_name(), "terms": None}) == [
        "The terms were not accepted; version 2026-01 is in force."
    ]
    second = stack.submit_accepted(theirs)
    stack.wait_for_sync_request(second, "synchronized")
    assert unenrollments.list_device_ids(second) == unenrollments.list_device_ids(first)
    (held,) = [
        one
        for one in stack.search_derms(unenrollments.get_subscription(second)["number"])
        if one["state"] == "enrolled"
    ]
    assert held["customer"] == {"account": moves_in["cis_account_id"], "name": "Who moves in"}


def test_a_participating_device_cannot_be_enrolled_by_another_customer(stack: RunningStack) -> None:
    application = stack.build_application()
    stack.wait_for_sync_request(stack.submit_accepted(application), "synchronized")
    assert _why(stack, stack.build_application(devices=application["devices"])) == [
        "A device with this serial number is registered to another customer."
    ]


def test_a_device_at_another_location_stays_with_its_owner(
    stack: RunningStack, unenrollments: UnenrollmentClient
) -> None:
    application = stack.build_application()
    first = stack.submit_accepted(application)
    stack.wait_for_sync_request(first, "synchronized")
    unenrollments.unenroll(first)
    assert _why(stack, stack.build_application(devices=application["devices"])) == [
        "A device with this serial number is registered to another customer."
    ]


def test_a_device_out_of_service_is_not_enrolled_again(stack: RunningStack, unenrollments: UnenrollmentClient) -> None:
    service_calls = ServiceCallClient(stack)
    enrollment = service_calls.enroll_battery()
    call, order = service_calls.submit_with_visit(enrollment)
    service_calls.post_accepted_completion(
        order, "device_replaced", **service_calls.build_replacement(enrollment, "tesla-powerwall-3")
    )
    service_calls.wait_for_state(call, "closed")
    burnt = next(
        one for one in unenrollments.get_subscription(enrollment)["devices"] if one["registration"] == "removed"
    )
    unenrollments.unenroll(enrollment)
    view = stack.get_enrollment(enrollment)
    application = {
        **stack.build_application(),
        "account": view["account"],
        "service_point": view["service_point"],
        "program": "BATT-VPP",
        "answers": {"owner_consent": "yes"},
        "devices": [{"specification": "tesla-powerwall-3", "serial_number": burnt["serial_number"]}],
    }
    assert "A device with this serial number was taken out of service for good." in _why(stack, application)
