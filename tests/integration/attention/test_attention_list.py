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
def program(doors: RunningStack) -> str:
    code = doors.unique_name("ATT")
    doors.add_program(code)
    return code


@pytest.fixture
def refused(doors: RunningStack, program: str) -> str:
    doors.derms.put("/reference", json={**KNOWN, "feeders": ["NOWHERE-1"]}).raise_for_status()
    enrollment = doors.submit_accepted(doors.build_application(program=program))
    doors.wait_for_sync_request(enrollment, "error")
    doors.derms.put("/reference", json=KNOWN).raise_for_status()
    return enrollment


def attention(doors: RunningStack, **wanted: Any) -> list[dict[str, Any]]:
    return doors.api.get("/v1/attention", params=wanted).raise_for_status().json()["items"]


def done(doors: RunningStack, item: dict[str, Any], name: str) -> None:
    """Perform an action of the list, with a reason if it asks for one."""
    action = next(one for one in item["actions"] if one["action"] == name)
    doors.api.request(action["method"], action["href"], json=action["body"]).raise_for_status()


def test_a_sync_request_in_error_has_its_reason(doors: RunningStack, program: str, refused: str) -> None:
    (item,) = attention(doors, program=program)
    assert (item["kind"], item["enrollment"]) == ("sync_request_in_error", refused)
    assert item["why"].startswith("UNKNOWN_FEEDER: ")
    assert [action["action"] for action in item["actions"]] == ["retry", "cancel"]


def test_one_action_removes_it_from_the_list(doors: RunningStack, program: str, refused: str) -> None:
    (item,) = attention(doors, program=program)
    done(doors, item, "retry")
    doors.wait_for_sync_request(refused, "synchronized")
    assert attention(doors, program=program) == []


def test_a_cancelled_sync_request_shows_uncontrollable_devices(doors: RunningStack, program: str, refused: str) -> None:
    (item,) = attention(doors, program=program)
    done(doors, item, "cancel")
    (item,) = wait_for(lambda: attention(doors, program=program, kind="not_controllable"))
    assert item["id"] == doors.get_enrollment(refused)["subscription"]["id"]
    assert attention(doors, program=program, kind="sync_request_in_error") == []


def test_a_cancelled_sync_request_can_be_resent(doors: RunningStack, program: str, refused: str) -> None:
    (item,) = attention(doors, program=program)
    done(doors, item, "cancel")
    (item,) = wait_for(lambda: attention(doors, program=program, kind="not_controllable"))
    done(doors, item, "tell_again")
    doors.wait_for_sync_request(refused, "synchronized")
    (device,) = doors.get_enrollment(refused)["subscription"]["devices"]
    assert device["controllable"]
    assert attention(doors, program=program) == []
    again = doors.api.post("/v1/sync-requests", json={"subscription": "sub_00000000000000000000000000"})
    assert again.status_code == 404


def test_the_list_is_paged_longest_wait_first(doors: RunningStack, program: str, refused: str) -> None:
    doors.derms.put("/reference", json={**KNOWN, "feeders": ["NOWHERE-1"]}).raise_for_status()
    later = doors.submit_accepted(doors.build_application(program=program))
    doors.wait_for_sync_request(later, "error")
    seen, cursor = [], None
    for _ in range(2):
        params = {"program": program, "limit": 1} | ({"cursor": cursor} if cursor else {})
        page = doors.api.get("/v1/attention", params=params).raise_for_status().json()
        seen += [item["enrollment"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == ([refused, later], None)


def test_a_cursor_of_another_list_is_refused(doors: RunningStack) -> None:
    answer = doors.api.get("/v1/attention", params={"cursor": "c3luXzE"})
    assert (answer.status_code, answer.json()["type"].split("#")[1]) == (422, "invalid-cursor")


def test_the_list_is_filtered_by_the_start_of_the_wait(doors: RunningStack, program: str, refused: str) -> None:
    (item,) = attention(doors, program=program)
    assert attention(doors, program=program, since=item["since"]) == [item]
    assert attention(doors, program=program, since="2099-01-01T00:00:00Z") == []


def test_an_overdue_shipment_has_its_state_and_available_actions(doors: RunningStack) -> None:
    setup = DeviceSetupClient(doors)
    enrollment, shipment = setup.enroll_with_shipment()
    overdue = "UPDATE device_shipment SET escalated_at = now(), reminders = 2 WHERE id = $1"
    doors.database.execute(overdue, shipment)

    def listed() -> list[dict[str, Any]]:
        return [one for one in attention(doors, kind="shipment_escalated") if one["enrollment"] == enrollment]

    (item,) = listed()
    assert (item["id"], item["why"]) == (shipment, "No news after 2 reminder(s); the shipment is ordered.")
    assert [action["action"] for action in item["actions"]] == ["shipped", "delivered", "confirmed", "cancel"]
    done(doors, item, "shipped")
    assert listed() == []
    doors.database.execute(overdue, shipment)
    (item,) = listed()
    assert [action["action"] for action in item["actions"]][2:] == ["confirmed", "returned", "cancel"]
    done(doors, item, "cancel")
    assert (listed(), doors.get_enrollment(enrollment)["state"]) == ([], "cancelled")


def test_an_updated_shipment_is_no_longer_overdue(doors: RunningStack) -> None:
    setup = DeviceSetupClient(doors)
    enrollment, shipment = setup.enroll_with_shipment()
    doors.database.execute("UPDATE device_shipment SET escalated_at = now() WHERE id = $1", shipment)
    assert setup.get_shipment(shipment)["escalated"]
    setup.post(shipment, "confirmed", confirmed_by="customer", **setup.build_device()).raise_for_status()
    assert not setup.get_shipment(shipment)["escalated"]
    doors.wait_for_sync_request(enrollment, "synchronized")


def test_an_unenrollment_that_needs_approval_is_on_the_list(doors: RunningStack) -> None:
    leaving = UnenrollmentClient(doors)
    for decided, state in (("approve", "unenrolled"), ("refuse", "rejected")):
        enrollment = doors.enroll()
        unenrollment = leaving.submit_accepted(enrollment, reason="non_participation")
        leaving.wait_for_state(unenrollment, "awaiting_approval")
        (item,) = [one for one in attention(doors, kind="approval_awaited") if one["id"] == unenrollment]
        assert item["why"] == "The program asks for approval; the customer's reason is non_participation."
        assert [action["action"] for action in item["actions"]] == ["approve", "refuse", "cancel"]
        done(doors, item, decided)
        assert leaving.get(unenrollment)["state"] == state
        assert unenrollment not in [one["id"] for one in attention(doors, kind="approval_awaited")]


def test_a_failed_removal_is_on_the_list_once_with_its_actions(doors: RunningStack) -> None:
    leaving = UnenrollmentClient(doors)
    program = leaving.add_lending_program()
    unenrollment = leaving.submit_accepted(leaving.enroll_lent(program), reason="device_removed")
    for state in ("dispatched", "rescheduled", "rescheduled"):
        leaving.signal_completion(unenrollment, leaving.wait_for_order(unenrollment, state=state), "no_access")
    leaving.wait_for_state(unenrollment, "needs_attention")
    (item,) = attention(doors, program=program)
    assert (item["kind"], item["id"]) == ("unenrollment_parked", unenrollment)
    assert [action["action"] for action in item["actions"]] == ["cancel", "retry", "kept"]
    done(doors, item, "kept")
    assert leaving.get(unenrollment)["state"] == "unenrolled"
    assert attention(doors, program=program) == []


def test_an_overdue_visit_offers_the_actions_of_its_order(doors: RunningStack) -> None:
    field = InstallationClient(doors)
    program = field.add_program()
    _, order = field.enroll_with_order(program=program)
    doors.database.execute("UPDATE work_order SET escalated_at = now(), reminders = 2 WHERE id = $1", order)
    (item,) = attention(doors, program=program)
    assert [one["action"] for one in item["actions"]] == ["completion", "appointment", "progress", "cancel"]
    field.post(order, "progress", step="on_site")
    (item,) = attention(doors, program=program)
    assert [one["action"] for one in item["actions"]] == ["completion", "cancel"]
    done(doors, item, "cancel")
    assert attention(doors, program=program) == []


def test_metrics_count_the_list(doors: RunningStack, refused: str) -> None:
    assert 'gridenroll_needs_attention{kind="sync_request_in_error"}' in doors.api.get("/metrics").text
