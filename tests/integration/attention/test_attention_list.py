"""What needs a person is on one list: what, since when, why, and the doors that help."""

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
    """Does as the list says, with a reason where one is asked for."""
    action = next(one for one in item["actions"] if one["action"] == name)
    doors.api.request(action["method"], action["href"], json=action["body"]).raise_for_status()


def test_a_sync_request_in_error_says_why(doors: RunningStack, program: str, refused: str) -> None:
    (item,) = attention(doors, program=program)
    assert (item["kind"], item["enrollment"]) == ("sync_request_in_error", refused)
    assert item["why"].startswith("UNKNOWN_FEEDER: ")
    assert [action["action"] for action in item["actions"]] == ["retry", "cancel"]


def test_done_in_one_call_it_is_off_the_list(doors: RunningStack, program: str, refused: str) -> None:
    (item,) = attention(doors, program=program)
    done(doors, item, "retry")
    doors.wait_for_sync_request(refused, "synchronized")
    assert attention(doors, program=program) == []


def test_given_up_it_shows_that_the_devices_are_not_controllable(
    doors: RunningStack, program: str, refused: str
) -> None:
    (item,) = attention(doors, program=program)
    done(doors, item, "cancel")
    (item,) = wait_for(lambda: attention(doors, program=program, kind="not_controllable"))
    assert item["id"] == doors.get_enrollment(refused)["subscription"]["id"]
    assert attention(doors, program=program, kind="sync_request_in_error") == []


def test_what_was_given_up_can_be_told_after_all(doors: RunningStack, program: str, refused: str) -> None:
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


def test_what_waits_longest_comes_first_page_by_page(doors: RunningStack, program: str, refused: str) -> None:
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


def test_only_what_began_to_wait_since_then(doors: RunningStack, program: str, refused: str) -> None:
    (item,) = attention(doors, program=program)
    assert attention(doors, program=program, since=item["since"]) == [item]
    assert attention(doors, program=program, since="2099-01-01T00:00:00Z") == []


def test_a_shipment_of_which_nothing_is_heard_says_how_far_it_is_and_what_helps(doors: RunningStack) -> None:
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


def test_a_shipment_of_which_something_is_heard_at_last_is_not_overdue_any_more(doors: RunningStack) -> None:
    setup = DeviceSetupClient(doors)
    enrollment, shipment = setup.enroll_with_shipment()
    doors.database.execute("UPDATE device_shipment SET escalated_at = now() WHERE id = $1", shipment)
    assert setup.get_shipment(shipment)["escalated"]
    setup.post(shipment, "confirmed", confirmed_by="customer", **setup.build_device()).raise_for_status()
    assert not setup.get_shipment(shipment)["escalated"]
    doors.wait_for_sync_request(enrollment, "synchronized")


def test_who_leaves_with_approval_waits_on_the_list_for_a_yes_or_no(doors: RunningStack) -> None:
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


def test_a_device_that_could_not_be_fetched_is_once_on_the_list_with_what_can_be_done(doors: RunningStack) -> None:
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


def test_a_visit_that_is_overdue_offers_what_its_order_offers(doors: RunningStack) -> None:
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


def test_metrics_count_it(doors: RunningStack, refused: str) -> None:
    assert 'gridenroll_needs_attention{kind="sync_request_in_error"}' in doors.api.get("/metrics").text
