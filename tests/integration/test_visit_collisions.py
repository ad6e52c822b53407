"""Reports, cancellations and orders that cross each other have one answer each (docs/domain.md#edge-cases)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.doors import Doors
from tests.integration.installing import Installing
from tests.patience import wait_for


@pytest.fixture
def field(doors: Doors) -> Installing:
    return Installing(doors)


def _cancel(field: Installing, enrollment: str) -> None:
    door = f"/v1/program-enrollments/{enrollment}/cancel"
    field.doors.api.post(door, json={"reason": "changed their mind"}).raise_for_status()


def test_cancelling_calls_the_order_off_and_gives_the_place_back(field: Installing) -> None:
    program = field.offer()
    enrollment, order = field.ordered(program=program)
    assert field.held(program)[0] == 1
    _cancel(field, enrollment)
    ended = field.over(enrollment)
    assert (ended["state"], ended["subscription"]["state"]) == ("cancelled", "cancelled")
    assert (field.order(order)["state"], field.held(program)) == ("cancelled", (0, 0, 0))


def test_a_report_of_a_cancelled_enrolment_is_kept_and_changes_nothing(field: Installing) -> None:
    enrollment, order = field.ordered()
    _cancel(field, enrollment)
    report = field.reported(order)
    (kept,) = field.order(order)["completions"]
    assert (kept["completion_id"], kept["verdict"]) == (report["completion_id"], "ignored: changed their mind")
    assert field.over(enrollment)["state"] == "cancelled"


def test_cancelling_while_the_technician_is_there_leaves_the_order_to_them(field: Installing) -> None:
    enrollment, order = field.ordered()
    field.do(order, "progress", step="on_site")
    _cancel(field, enrollment)
    assert field.over(enrollment)["state"] == "cancelled"
    assert field.order(order)["state"] == "on_site"
    field.reported(order)
    seen = field.order(order)
    assert (seen["state"], seen["completions"][0]["verdict"]) == ("incomplete", "ignored: changed their mind")


def test_the_same_report_twice_is_one(field: Installing) -> None:
    enrollment, order = field.ordered()
    report = field.reported(order)
    assert field.do(order, "completion", **report).status_code == 202
    field.doors.told(enrollment, "synchronized")
    assert field.do(order, "completion", **report).status_code == 202
    assert len(field.order(order)["completions"]) == 1


def test_a_report_id_with_other_content_is_refused(field: Installing) -> None:
    _, order = field.ordered()
    report = field.reported(order, "no_access")
    answer = field.do(order, "completion", **{**report, "outcome": "parts_missing"})
    assert (answer.status_code, answer.json()["type"].rpartition("#")[2]) == (409, "content-mismatch")


def test_a_second_report_of_work_that_is_done_is_refused(field: Installing) -> None:
    enrollment, order = field.ordered()
    field.reported(order)
    field.doors.reaches(enrollment, "enrolled")
    assert field.do(order, "completion", **field.report()).status_code == 409


def test_a_report_by_hand_is_taken_like_one_through_the_door(field: Installing) -> None:
    enrollment, order = field.ordered()
    report = field.report()
    message = {"work_order_id": order, "completion_id": report["completion_id"], "completion": report}
    field.command_line(enrollment, "site_visit_completed", message)
    field.doors.told(enrollment, "synchronized")
    assert field.looked_at(order, report["completion_id"]) == "taken"


@pytest.mark.parametrize(
    "completion",
    [
        {"outcome": "done", "technician": "Crew 7", "finished_at": "2026-06-03T09:40:00Z"},
        {"outcome": "no_fault_found", "technician": "Crew 7", "finished_at": "2026-06-03T09:40:00Z"},
        {},
    ],
)
def test_a_report_by_hand_that_cannot_be_used_is_sent_back(field: Installing, completion: dict[str, str]) -> None:
    enrollment, order = field.ordered()
    message = {"work_order_id": order, "completion_id": field.doors.name("visit"), "completion": completion}
    field.signal(enrollment, "site_visit_completed", message)
    wait_for(lambda: field.order(order)["sent_back"])
    field.reported(order)
    field.doors.reaches(enrollment, "enrolled")


@pytest.mark.parametrize(
    "message", ["nonsense", {"completion_id": "x"}, {"work_order_id": "wo_other", "completion_id": "x"}]
)
def test_a_signal_that_means_nothing_changes_nothing(field: Installing, message: object) -> None:
    enrollment, order = field.ordered()
    field.signal(enrollment, "site_visit_completed", message)
    field.reported(order)
    field.doors.told(enrollment, "synchronized")


def test_an_order_called_off_by_itself_waits_for_a_person_who_has_a_new_one_made(field: Installing) -> None:
    enrollment, order = field.ordered()
    field.do(order, "cancel", reason="entered twice").raise_for_status()
    field.doors.reaches(enrollment, "needs_attention")
    field.doors.api.post(f"/v1/program-enrollments/{enrollment}/retry").raise_for_status()
    again = field.order_of(enrollment)
    assert again["id"] != order
    field.reported(again["id"])
    field.doors.told(enrollment, "synchronized")


def test_an_order_on_site_cannot_be_called_off(field: Installing) -> None:
    _, order = field.ordered()
    field.do(order, "progress", step="on_site")
    assert field.do(order, "cancel", reason="too late").status_code == 409


def test_own_devices_and_installations_race_for_the_same_places(field: Installing) -> None:
    offers = [
        {"installation_method": "utility_installation", "asset_ownership": "utility_owned"},
        {"installation_method": "bring_your_own", "asset_ownership": "customer_owned"},
    ]
    program = field.offer(capacity={"kw": 18}, offers=offers)

    def own() -> dict[str, object]:
        device = {**field.report()["device_installed"]}
        way = {"installation_method": "bring_your_own", "asset_ownership": "customer_owned"}
        return field.application(program=program, devices=[device], **way)

    asked = [field.application(program=program) if even else own() for even in (0, 1) * 5]
    with ThreadPoolExecutor(len(asked)) as senders:
        made = list(senders.map(field.doors.accepted, asked))
    rested = ("enrolled", "awaiting_site_visit", "rejected")
    for one in made:
        wait_for(lambda one=one: field.doors.enrollment(one)["state"] in rested)
    states = [field.doors.enrollment(one)["state"] for one in made]
    assert states.count("rejected") == 6
    assert field.held(program) == (4, 4, 18)
