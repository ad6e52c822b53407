"""One list shows everything that needs a person: what, since when, why, and the available actions."""

from typing import Any

import pytest

from tests.integration.clients.device_setup import DeviceSetupClient
from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.unenrollments import UnenrollmentClient
from tests.waiting import wait_for

KNOWN = {"head_ends": "*", "programs": "*", "feeders": "*"}


@pytest.fixture
def program(stack: RunningStack) -> str:
    code = stack.unique_name("ATT")
    stack.add_program(code)
    return code


@pytest.fixture
def refused(stack: RunningStack, program: str) -> str:
    stack.derms.put("/reference", json={**KNOWN, "feeders": ["NOWHERE-1"]}).raise_for_status()
    enrollment = stack.submit_accepted(stack.build_application(program=program))
    stack.wait_for_sync_request(enrollment, "error")
    stack.derms.put("/reference", json=KNOWN).raise_for_status()
    return enrollment


def attention(stack: RunningStack, **wanted: Any) -> list[dict[str, Any]]:
    return stack.api.get("/v1/attention", params=wanted).raise_for_status().json()["items"]


def done(stack: RunningStack, item: dict[str, Any], name: str) -> None:
    """Perform an action of the list, with a reason if it asks for one."""
    action = next(one for one in item["actions"] if one["action"] == name)
    stack.api.request(action["method"], action["href"], json=action["body"]).raise_for_status()


def test_a_sync_request_in_error_has_its_reason(stack: RunningStack, program: str, refused: str) -> None:
    (item,) = attention(stack, program=program)
    assert (item["kind"], item["enrollment"]) == ("sync_request_in_error", refused)
    assert item["why"].startswith("UNKNOWN_FEEDER: ")
    assert [action["action"] for action in item["actions"]] == ["retry", "cancel"]


def test_one_action_removes_it_from_the_list(stack: RunningStack, program: str, refused: str) -> None:
    (item,) = attention(stack, program=program)
    done(stack, item, "retry")
    stack.wait_for_sync_request(refused, "synchronized")
    assert attention(stack, program=program) == []


def test_a_cancelled_sync_request_shows_uncontrollable_devices(stack: RunningStack, program: str, refused: str) -> None:
    (item,) = attention(stack, program=program)
    done(stack, item, "cancel")
    (item,) = wait_for(lambda: attention(stack, program=program, kind="not_controllable"))
    assert item["id"] == stack.get_enrollment(refused)["subscription"]["id"]
    assert attention(stack, program=program, kind="sync_request_in_error") == []


def test_a_cancelled_sync_request_can_be_resent(stack: RunningStack, program: str, refused: str) -> None:
    (item,) = attention(stack, program=program)
    done(stack, item, "cancel")
    (item,) = wait_for(lambda: attention(stack, program=program, kind="not_controllable"))
    done(stack, item, "tell_again")
    stack.wait_for_sync_request(refused, "synchronized")
    (device,) = stack.get_enrollment(refused)["subscription"]["devices"]
    assert device["controllable"]
    assert attention(stack, program=program) == []
    again = stack.api.post("/v1/sync-requests", json={"subscription": "sub_00000000000000000000000000"})
    assert again.status_code == 404


def test_the_list_is_paged_longest_wait_first(stack: RunningStack, program: str, refused: str) -> None:
    stack.derms.put("/reference", json={**KNOWN, "feeders": ["NOWHERE-1"]}).raise_for_status()
    later = stack.submit_accepted(stack.build_application(program=program))
    stack.wait_for_sync_request(later, "error")
    view, cursor = [], None
    for _ in range(2):
        params = {"program": program, "limit": 1} | ({"cursor": cursor} if cursor else {})
        page = stack.api.get("/v1/attention", params=params).raise_for_status().json()
        view += [item["enrollment"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert (view, cursor) == ([refused, later], None)


def test_a_cursor_of_another_list_is_refused(stack: RunningStack) -> None:
    response = stack.api.get("/v1/attention", params={"cursor": "c3luXzE"})
    assert (response.status_code, response.json()["type"].split("#")[1]) == (422, "invalid-cursor")


def test_the_list_is_filtered_by_the_start_of_the_wait(stack: RunningStack, program: str, refused: str) -> None:
    (item,) = attention(stack, program=program)
    assert attention(stack, program=program, since=item["since"]) == [item]
    assert attention(stack, program=program, since="2099-01-01T00:00:00Z") == []


def test_an_overdue_shipment_has_its_state_and_available_actions(stack: RunningStack) -> None:
    setup = DeviceSetupClient(stack)
    enrollment, shipment = setup.enroll_with_shipment()
    overdue = "UPDATE device_shipment SET escalated_at = now(), reminders = 2 WHERE id = $1"
    stack.database.execute(overdue, shipment)

    def listed() -> list[dict[str, Any]]:
        return [one for one in attention(stack, kind="shipment_escalated") if one["enrollment"] == enrollment]

    (item,) = listed()
    assert (item["id"], item["why"]) == (shipment, "No news after 2 reminder(s); the shipment is ordered.")
    assert [action["action"] for action in item["actions"]] == ["shipped", "delivered", "confirmed", "cancel"]
    done(stack, item, "shipped")
    assert listed() == []
    stack.database.execute(overdue, shipment)
    (item,) = listed()
    assert [action["action"] for action in item["actions"]][2:] == ["confirmed", "returned", "cancel"]
    done(stack, item, "cancel")
    assert (listed(), stack.get_enrollment(enrollment)["state"]) == ([], "cancelled")


def test_an_updated_shipment_is_no_longer_overdue(stack: RunningStack) -> None:
    setup = DeviceSetupClient(stack)
    enrollment, shipment = setup.enroll_with_shipment()
    stack.database.execute("UPDATE device_shipment SET escalated_at = now() WHERE id = $1", shipment)
    assert setup.get_shipment(shipment)["escalated"]
    setup.post(shipment, "confirmed", confirmed_by="customer", **setup.build_device()).raise_for_status()
    assert not setup.get_shipment(shipment)["escalated"]
    stack.wait_for_sync_request(enrollment, "synchronized")


def test_an_unenrollment_that_needs_approval_is_on_the_list(stack: RunningStack) -> None:
    unenrollments = UnenrollmentClient(stack)
    for decided, state in (("approve", "unenrolled"), ("refuse", "rejected")):
        enrollment = stack.enroll()
        unenrollment = unenrollments.submit_accepted(enrollment, reason="non_participation")
        unenrollments.wait_for_state(unenrollment, "awaiting_approval")
        (item,) = [one for one in attention(stack, kind="approval_awaited") if one["id"] == unenrollment]
        assert item["why"] == "The program asks for approval; the customer's reason is non_participation."
        assert [action["action"] for action in item["actions"]] == ["approve", "refuse", "cancel"]
        done(stack, item, decided)
        assert unenrollments.get(unenrollment)["state"] == state
        assert unenrollment not in [one["id"] for one in attention(stack, kind="approval_awaited")]


def test_a_failed_removal_is_on_the_list_once_with_its_actions(stack: RunningStack) -> None:
    unenrollments = UnenrollmentClient(stack)
    program = unenrollments.add_lending_program()
    unenrollment = unenrollments.submit_accepted(unenrollments.enroll_lent(program), reason="device_removed")
    for state in ("dispatched", "rescheduled", "rescheduled"):
        unenrollments.signal_completion(
            unenrollment, unenrollments.wait_for_order(unenrollment, state=state), "no_access"
        )
    unenrollments.wait_for_state(unenrollment, "needs_attention")
    (item,) = attention(stack, program=program)
    assert (item["kind"], item["id"]) == ("unenrollment_parked", unenrollment)
    assert [action["action"] for action in item["actions"]] == ["cancel", "retry", "kept"]
    done(stack, item, "kept")
    assert unenrollments.get(unenrollment)["state"] == "unenrolled"
    assert attention(stack, program=program) == []


def test_an_overdue_visit_offers_the_actions_of_its_order(stack: RunningStack) -> None:
    installations = InstallationClient(stack)
    program = installations.add_program()
    _, order = installations.enroll_with_order(program=program)
    stack.database.execute("UPDATE work_order SET escalated_at = now(), reminders = 2 WHERE id = $1", order)
    (item,) = attention(stack, program=program)
    assert [one["action"] for one in item["actions"]] == ["completion", "appointment", "progress", "cancel"]
    installations.post(order, "progress", step="on_site")
    (item,) = attention(stack, program=program)
    assert [one["action"] for one in item["actions"]] == ["completion", "cancel"]
    done(stack, item, "cancel")
    assert attention(stack, program=program) == []


def test_metrics_count_the_list(stack: RunningStack, refused: str) -> None:
    assert 'gridenroll_needs_attention{kind="sync_request_in_error"}' in stack.api.get("/metrics").text
