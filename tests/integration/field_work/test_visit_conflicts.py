"""Concurrent reports, cancellations and orders have one outcome (docs/domain.md#edge-cases)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for


@pytest.fixture
def field(doors: RunningStack) -> InstallationClient:
    return InstallationClient(doors)


def _cancel(field: InstallationClient, enrollment: str) -> None:
    door = f"/v1/program-enrollments/{enrollment}/cancel"
    field.stack.api.post(door, json={"reason": "changed their mind"}).raise_for_status()


def test_cancelling_cancels_the_order_and_releases_capacity(field: InstallationClient) -> None:
    program = field.add_program()
    enrollment, order = field.enroll_with_order(program=program)
    assert field.get_capacity_in_use(program)[0] == 1
    _cancel(field, enrollment)
    ended = field.wait_for_workflow_end(enrollment)
    assert (ended["state"], ended["subscription"]["state"]) == ("cancelled", "cancelled")
    assert (field.get_order(order)["state"], field.get_capacity_in_use(program)) == ("cancelled", (0, 0, 0))


def test_a_report_of_a_cancelled_enrollment_is_kept_and_changes_nothing(field: InstallationClient) -> None:
    enrollment, order = field.enroll_with_order()
    _cancel(field, enrollment)
    report = field.post_accepted_completion(order)
    (kept,) = field.get_order(order)["completions"]
    assert (kept["completion_id"], kept["verdict"]) == (report["completion_id"], "ignored: changed their mind")
    assert field.wait_for_workflow_end(enrollment)["state"] == "cancelled"


def test_cancelling_during_a_visit_leaves_the_order_open(field: InstallationClient) -> None:
    enrollment, order = field.enroll_with_order()
    field.post(order, "progress", step="on_site")
    _cancel(field, enrollment)
    assert field.wait_for_workflow_end(enrollment)["state"] == "cancelled"
    assert field.get_order(order)["state"] == "on_site"
    field.post_accepted_completion(order)
    seen = field.get_order(order)
    assert (seen["state"], seen["completions"][0]["verdict"]) == ("incomplete", "ignored: changed their mind")


def test_a_duplicate_report_is_accepted_once(field: InstallationClient) -> None:
    enrollment, order = field.enroll_with_order()
    report = field.post_accepted_completion(order)
    assert field.post(order, "completion", **report).status_code == 202
    field.stack.wait_for_sync_request(enrollment, "synchronized")
    assert field.post(order, "completion", **report).status_code == 202
    assert len(field.get_order(order)["completions"]) == 1


def test_a_report_id_with_other_content_is_refused(field: InstallationClient) -> None:
    _, order = field.enroll_with_order()
    report = field.post_accepted_completion(order, "no_access")
    answer = field.post(order, "completion", **{**report, "outcome": "parts_missing"})
    assert (answer.status_code, answer.json()["type"].rpartition("#")[2]) == (409, "content-mismatch")


def test_a_second_report_of_completed_work_is_refused(field: InstallationClient) -> None:
    enrollment, order = field.enroll_with_order()
    field.post_accepted_completion(order)
    field.stack.wait_for_enrollment(enrollment, "enrolled")
    assert field.post(order, "completion", **field.build_completion()).status_code == 409


def test_a_signaled_report_is_accepted_like_a_posted_one(field: InstallationClient) -> None:
    enrollment, order = field.enroll_with_order()
    report = field.build_completion()
    message = {"work_order_id": order, "completion_id": report["completion_id"], "completion": report}
    field.signal_by_command_line(enrollment, "site_visit_completed", message)
    field.stack.wait_for_sync_request(enrollment, "synchronized")
    assert field.wait_for_verdict(order, report["completion_id"]) == "taken"


@pytest.mark.parametrize(
    "completion",
    [
        {"outcome": "done", "technician": "Crew 7", "finished_at": "2026-06-03T09:40:00Z"},
        {"outcome": "no_fault_found", "technician": "Crew 7", "finished_at": "2026-06-03T09:40:00Z"},
        {},
    ],
)
def test_an_unusable_signaled_report_is_sent_back(field: InstallationClient, completion: dict[str, str]) -> None:
    enrollment, order = field.enroll_with_order()
    message = {"work_order_id": order, "completion_id": field.stack.unique_name("visit"), "completion": completion}
    field.signal(enrollment, "site_visit_completed", message)
    wait_for(lambda: field.get_order(order)["sent_back"])
    field.post_accepted_completion(order)
    field.stack.wait_for_enrollment(enrollment, "enrolled")


@pytest.mark.parametrize(
    "message", ["nonsense", {"completion_id": "x"}, {"work_order_id": "wo_other", "completion_id": "x"}]
)
def test_a_meaningless_signal_changes_nothing(field: InstallationClient, message: object) -> None:
    enrollment, order = field.enroll_with_order()
    field.signal(enrollment, "site_visit_completed", message)
    field.post_accepted_completion(order)
    field.stack.wait_for_sync_request(enrollment, "synchronized")


def test_a_cancelled_order_parks_the_enrollment_until_a_new_one_is_ordered(field: InstallationClient) -> None:
    enrollment, order = field.enroll_with_order()
    field.post(order, "cancel", reason="entered twice").raise_for_status()
    field.stack.wait_for_enrollment(enrollment, "needs_attention")
    field.stack.api.post(f"/v1/program-enrollments/{enrollment}/retry").raise_for_status()
    again = field.wait_for_order(enrollment)
    assert again["id"] != order
    field.post_accepted_completion(again["id"])
    field.stack.wait_for_sync_request(enrollment, "synchronized")


def test_an_order_on_site_cannot_be_cancelled(field: InstallationClient) -> None:
    _, order = field.enroll_with_order()
    field.post(order, "progress", step="on_site")
    assert field.post(order, "cancel", reason="too late").status_code == 409


def test_own_devices_and_installations_compete_for_the_same_capacity(field: InstallationClient) -> None:
    offers = [
        {"installation_method": "utility_installation", "asset_ownership": "utility_owned"},
        {"installation_method": "bring_your_own", "asset_ownership": "customer_owned"},
    ]
    program = field.add_program(capacity={"kw": 18}, offers=offers)

    def own() -> dict[str, object]:
        device = {**field.build_completion()["device_installed"]}
        way = {"installation_method": "bring_your_own", "asset_ownership": "customer_owned"}
        return field.build_application(program=program, devices=[device], **way)

    asked = [field.build_application(program=program) if even else own() for even in (0, 1) * 5]
    with ThreadPoolExecutor(len(asked)) as senders:
        made = list(senders.map(field.stack.submit_accepted, asked))
    rested = ("enrolled", "awaiting_site_visit", "rejected")
    for one in made:
        wait_for(lambda one=one: field.stack.get_enrollment(one)["state"] in rested)
    states = [field.stack.get_enrollment(one)["state"] for one in made]
    assert states.count("rejected") == 6
    assert field.get_capacity_in_use(program) == (4, 4, 18)
