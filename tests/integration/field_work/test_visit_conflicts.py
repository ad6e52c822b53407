"""Concurrent reports, cancellations and orders have one outcome (docs/domain.md#edge-cases)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for


@pytest.fixture
def installations(stack: RunningStack) -> InstallationClient:
    return InstallationClient(stack)


def _cancel(installations: InstallationClient, enrollment: str) -> None:
    path = f"/v1/program-enrollments/{enrollment}/cancel"
    installations.stack.api.post(path, json={"reason": "changed their mind"}).raise_for_status()


def test_cancelling_cancels_the_order_and_releases_capacity(installations: InstallationClient) -> None:
    program = installations.add_program()
    enrollment, order = installations.enroll_with_order(program=program)
    assert installations.get_capacity_in_use(program)[0] == 1
    _cancel(installations, enrollment)
    ended = installations.wait_for_workflow_end(enrollment)
    assert (ended["state"], ended["subscription"]["state"]) == ("cancelled", "cancelled")
    assert (installations.get_order(order)["state"], installations.get_capacity_in_use(program)) == (
        "cancelled",
        (0, 0, 0),
    )


def test_a_report_of_a_cancelled_enrollment_is_kept_and_changes_nothing(installations: InstallationClient) -> None:
    enrollment, order = installations.enroll_with_order()
    _cancel(installations, enrollment)
    report = installations.post_accepted_completion(order)
    (kept,) = installations.get_order(order)["completions"]
    assert (kept["completion_id"], kept["verdict"]) == (report["completion_id"], "ignored: changed their mind")
    assert installations.wait_for_workflow_end(enrollment)["state"] == "cancelled"


def test_cancelling_during_a_visit_leaves_the_order_open(installations: InstallationClient) -> None:
    enrollment, order = installations.enroll_with_order()
    installations.post(order, "progress", step="on_site")
    _cancel(installations, enrollment)
    assert installations.wait_for_workflow_end(enrollment)["state"] == "cancelled"
    assert installations.get_order(order)["state"] == "on_site"
    installations.post_accepted_completion(order)
    view = installations.get_order(order)
    assert (view["state"], view["completions"][0]["verdict"]) == ("incomplete", "ignored: changed their mind")


def test_a_duplicate_report_is_accepted_once(installations: InstallationClient) -> None:
    enrollment, order = installations.enroll_with_order()
    report = installations.post_accepted_completion(order)
    assert installations.post(order, "completion", **report).status_code == 202
    installations.stack.wait_for_sync_request(enrollment, "synchronized")
    assert installations.post(order, "completion", **report).status_code == 202
    assert len(installations.get_order(order)["completions"]) == 1


def test_a_report_id_with_other_content_is_refused(installations: InstallationClient) -> None:
    _, order = installations.enroll_with_order()
    report = installations.post_accepted_completion(order, "no_access")
    response = installations.post(order, "completion", **{**report, "outcome": "parts_missing"})
    assert (response.status_code, response.json()["type"].rpartition("#")[2]) == (409, "content-mismatch")


def test_a_second_report_of_completed_work_is_refused(installations: InstallationClient) -> None:
    enrollment, order = installations.enroll_with_order()
    installations.post_accepted_completion(order)
    installations.stack.wait_for_enrollment(enrollment, "enrolled")
    assert installations.post(order, "completion", **installations.build_completion()).status_code == 409


def test_a_signaled_report_is_accepted_like_a_posted_one(installations: InstallationClient) -> None:
    enrollment, order = installations.enroll_with_order()
    report = installations.build_completion()
    message = {"work_order_id": order, "completion_id": report["completion_id"], "completion": report}
    installations.signal_by_command_line(enrollment, "site_visit_completed", message)
    installations.stack.wait_for_sync_request(enrollment, "synchronized")
    assert installations.wait_for_verdict(order, report["completion_id"]) == "taken"


@pytest.mark.parametrize(
    "completion",
    [
        {"outcome": "done", "technician": "Crew 7", "finished_at": "2026-06-03T09:40:00Z"},
        {"outcome": "no_fault_found", "technician": "Crew 7", "finished_at": "2026-06-03T09:40:00Z"},
        {},
    ],
)
def test_an_unusable_signaled_report_is_sent_back(
    installations: InstallationClient, completion: dict[str, str]
) -> None:
    enrollment, order = installations.enroll_with_order()
    message = {
        "work_order_id": order,
        "completion_id": installations.stack.unique_name("visit"),
        "completion": completion,
    }
    installations.signal(enrollment, "site_visit_completed", message)
    wait_for(lambda: installations.get_order(order)["sent_back"])
    installations.post_accepted_completion(order)
    installations.stack.wait_for_enrollment(enrollment, "enrolled")


@pytest.mark.parametrize(
    "message", ["nonsense", {"completion_id": "x"}, {"work_order_id": "wo_other", "completion_id": "x"}]
)
def test_a_meaningless_signal_changes_nothing(installations: InstallationClient, message: object) -> None:
    enrollment, order = installations.enroll_with_order()
    installations.signal(enrollment, "site_visit_completed", message)
    installations.post_accepted_completion(order)
    installations.stack.wait_for_sync_request(enrollment, "synchronized")


def test_a_cancelled_order_parks_the_enrollment_until_a_new_one_is_ordered(installations: InstallationClient) -> None:
    enrollment, order = installations.enroll_with_order()
    installations.post(order, "cancel", reason="entered twice").raise_for_status()
    installations.stack.wait_for_enrollment(enrollment, "needs_attention")
    installations.stack.api.post(f"/v1/program-enrollments/{enrollment}/retry").raise_for_status()
    again = installations.wait_for_order(enrollment)
    assert again["id"] != order
    installations.post_accepted_completion(again["id"])
    installations.stack.wait_for_sync_request(enrollment, "synchronized")


def test_an_order_on_site_cannot_be_cancelled(installations: InstallationClient) -> None:
    _, order = installations.enroll_with_order()
    installations.post(order, "progress", step="on_site")
    assert installations.post(order, "cancel", reason="too late").status_code == 409


def test_own_devices_and_installations_compete_for_the_same_capacity(installations: InstallationClient) -> None:
    offers = [
        {"installation_method": "utility_installation", "asset_ownership": "utility_owned"},
        {"installation_method": "bring_your_own", "asset_ownership": "customer_owned"},
    ]
    program = installations.add_program(capacity={"kw": 18}, offers=offers)

    def own() -> dict[str, object]:
        device = {**installations.build_completion()["device_installed"]}
        way = {"installation_method": "bring_your_own", "asset_ownership": "customer_owned"}
        return installations.build_application(program=program, devices=[device], **way)

    asked = [installations.build_application(program=program) if even else own() for even in (0, 1) * 5]
    with ThreadPoolExecutor(len(asked)) as senders:
        made = list(senders.map(installations.stack.submit_accepted, asked))
    rested = ("enrolled", "awaiting_site_visit", "rejected")
    for one in made:
        wait_for(lambda one=one: installations.stack.get_enrollment(one)["state"] in rested)
    states = [installations.stack.get_enrollment(one)["state"] for one in made]
    assert states.count("rejected") == 6
    assert installations.get_capacity_in_use(program) == (4, 4, 18)
