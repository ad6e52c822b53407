"""Guided flows: filled in panel by panel, resumed by somebody else, finished exactly once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.doors import Doors
from tests.integration.guiding import FLOWS, TERMS, Guide, fill, somebody
from tests.patience import wait_for


@pytest.fixture
def person(doors: Doors) -> dict[str, str]:
    return somebody(doors)


@pytest.fixture
def enrolling(doors: Doors, person: dict[str, str]) -> Guide:
    return Guide(doors, type="enroll", customer=person["customer"], program="TSTAT-DR")


def test_an_enrolment_is_guided_to_its_end(enrolling: Guide, person: dict[str, str]) -> None:
    first = enrolling.answer.json()
    assert (first["current_panel"], first["next_panel"], first["complete"]) == ("program", "device", False)
    fill(enrolling, person)
    done = enrolling.seen()
    assert (done["current_panel"], done["complete"]) == ("summary", True)
    assert done["summary"]["program"] == "TSTAT-DR"
    answer = enrolling.do("finish")
    assert answer.status_code == 202, answer.text
    enrollment = enrolling.doors.api.get(answer.headers["Location"]).raise_for_status().json()
    assert enrollment["transaction_id"] == enrolling.id
    enrolling.doors.told(enrollment["id"], "synchronized")


def test_finish_many_times_at_once_submits_once(enrolling: Guide, person: dict[str, str]) -> None:
    fill(enrolling, person)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: enrolling.do("finish"), range(6)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["result"] for answer in answers}) == 1
    assert enrolling.seen()["state"] == "submitted"


def test_an_incomplete_flow_cannot_be_finished_and_says_what_is_missing(enrolling: Guide) -> None:
    answer = enrolling.do("finish")
    assert answer.status_code == 422
    assert "/device/devices" in [fault["pointer"] for fault in answer.json()["errors"]]
    assert enrolling.seen()["state"] == "draft"


def test_half_a_panel_is_kept_and_resumed_by_somebody_else(enrolling: Guide, person: dict[str, str]) -> None:
    refused = enrolling.save("device", {})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/values/devices")
    assert enrolling.save("device", {}, complete=False).status_code == 200
    assert enrolling.seen()["current_panel"] == "device"
    fill(enrolling, person)
    assert enrolling.seen()["complete"] is True


def test_two_people_do_not_overwrite_each_other(enrolling: Guide, person: dict[str, str]) -> None:
    tag = enrolling.answer.headers["ETag"]
    values = {"program": "TSTAT-DR", "service_point": person["cis_service_point_id"]}
    assert enrolling.save("program", values, **{"If-Match": tag}).status_code == 200
    assert enrolling.save("program", values, **{"If-Match": tag}).status_code == 412


@pytest.mark.parametrize(
    ("panel", "values", "pointer"),
    [
        ("program", {"program": "BATT-VPPP", "service_point": "SP-4000001"}, "/values/program"),
        ("program", {"program": "POOL-SHIFT"}, "/values/program"),
        ("program", {"program": "TSTAT-DR", "service_point": "SP-4000001"}, "/values/service_point"),
        ("device", {"devices": [{"specification": "x"}]}, "/values/devices/0/serial_number"),
        ("terms", {"terms": {**TERMS, "version": "1999"}}, "/values/terms"),
        ("terms", {"terms": {**TERMS, "accepted_at": "2999-01-01T00:00:00Z"}}, "/values/terms/accepted_at"),
        ("terms", {"terms": TERMS, "colour": "red"}, "/values/colour"),
        ("terms", {"terms": TERMS, "answers": {"hooves": "4"}}, "/values/answers/hooves"),
        ("terms", {"terms": TERMS, "answers": {"a/b": "4"}}, "/values/answers/a~1b"),
        ("terms", {"terms": TERMS, "start_date": "2020-01-01"}, "/values/start_date"),
        ("terms", {"terms": TERMS, "start_date": "2999-01-01"}, "/values/start_date"),
        ("device", {"devices": [{"serial_number": "1"}]}, "/values/devices/0/specification"),
    ],
)
def test_what_is_wrong_on_a_panel_is_pointed_at(
    enrolling: Guide, panel: str, values: dict[str, Any], pointer: str
) -> None:
    answer = enrolling.save(panel, values)
    assert answer.status_code == 422
    assert pointer in [fault["pointer"] for fault in answer.json()["errors"]]


def test_a_panel_that_is_not_there_is_not_found(enrolling: Guide) -> None:
    assert enrolling.save("colours", {}).status_code == 404


def test_a_cancelled_flow_stays_so(enrolling: Guide) -> None:
    for _ in range(2):
        assert enrolling.do("cancel", {"reason": "The customer hung up."}).json()["state"] == "cancelled"
    assert enrolling.save("device", {}, complete=False).status_code == 409
    assert enrolling.do("finish").status_code == 409


def test_a_flow_whose_days_are_over_is_expired(enrolling: Guide, doors: Doors) -> None:
    doors.database.execute("UPDATE process_flow SET expires_at = now() - interval '1 day' WHERE id = $1", enrolling.id)
    assert enrolling.seen()["state"] == "expired"
    assert enrolling.save("device", {}, complete=False).status_code == 409


def test_a_changed_configuration_says_what_to_enter_again(
    enrolling: Guide, person: dict[str, str], doors: Doors
) -> None:
    fill(enrolling, person)
    before = doors.api.get("/v1/catalog").json()["catalog"]
    changed = doors.api.get("/v1/catalog").json()["catalog"]
    next(one for one in changed["programs"] if one["code"] == "TSTAT-DR")["terms"]["version"] = "2027-01"
    doors.api.put("/v1/catalog", json=changed).raise_for_status()
    try:
        answer = enrolling.do("finish")
        assert (answer.status_code, answer.json()["type"].rpartition("#")[2]) == (409, "configuration-changed")
        assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/terms/terms"]
        assert enrolling.do("renew").json()["complete"] is False
        enrolling.saved("terms", {"terms": {**TERMS, "version": "2027-01"}})
        assert enrolling.do("finish").status_code == 202
    finally:
        doors.api.put("/v1/catalog", json=before).raise_for_status()


@pytest.mark.parametrize(
    ("start", "pointer"),
    [
        ({"type": "enroll", "customer": "cus_00000000000000000000000000"}, "/customer"),
        ({"type": "unenroll"}, "/subscription"),
        ({"type": "enroll"}, "/service_task_type"),
        ({"type": "enroll", "program": "NOPE"}, "/program"),
    ],
)
def test_a_flow_about_nothing_is_not_begun(
    doors: Doors, person: dict[str, str], start: dict[str, str], pointer: str
) -> None:
    answer = doors.api.post(FLOWS, json={"customer": person["customer"], **start})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


@pytest.fixture
def shipping(doors: Doors) -> tuple[Guide, dict[str, str]]:
    person = somebody(doors, premise_type="single_family")
    return Guide(doors, type="enroll", customer=person["customer"], program="TSTAT-KIT"), person


def test_a_device_by_parcel_is_guided(shipping: tuple[Guide, dict[str, str]]) -> None:
    guide, person = shipping
    fields = {field["code"]: field for field in guide.answer.json()["panels"][0]["fields"]}
    assert [one["value"] for one in fields["method"]["choices"]] == ["bring_your_own", "self_installation"]
    here = {"program": "TSTAT-KIT", "service_point": person["cis_service_point_id"]}
    assert guide.saved("program", here)["current_panel"] == "terms"
    guide.saved("terms", {"terms": TERMS})
    assert guide.seen()["summary"]["asset_ownership"] == "utility_owned"
    enrollment = guide.do("finish").json()["result"]
    (shipment,) = wait_for(lambda: guide.doors.enrollment(enrollment)["shipments"])
    assert (shipment["state"], shipment["next_step"]) == ("ordered", "The warehouse sends the device.")
    guide.doors.api.post(f"/v1/program-enrollments/{enrollment}/cancel", json={"reason": "tested"}).raise_for_status()


def test_the_only_program_there_is_counts_before_it_is_entered(doors: Doors, person: dict[str, str]) -> None:
    guide = Guide(doors, type="enroll", customer=person["customer"], service_task_type="enroll-shipped-device")
    refused = guide.save("terms", {"terms": {**TERMS, "version": "1999-01"}})
    assert refused.status_code == 422
    assert "version 2026-01 is in force" in refused.json()["errors"][0]["detail"]


def test_questions_and_devices_are_judged_by_the_program(doors: Doors, person: dict[str, str]) -> None:
    guide = Guide(doors, type="enroll", customer=person["customer"], program="EV-MANAGED")
    told = guide.faults("device", {"devices": [{"specification": "ecobee-premium", "serial_number": "X-1"}] * 3})
    assert told["/values/devices/0/specification"].startswith("is none of: ")
    assert told["/values/devices"] == "the number of devices is above 2"
    told = guide.faults("terms", {"answers": {"vehicle_kind": "horse", "hooves": "4"}, "terms": TERMS})
    assert told["/values/answers/hooves"] == "the program has no such question"
    assert told["/values/answers/vehicle_kind"].startswith("is none of: ")


def test_the_same_program_with_the_customers_own_device_asks_for_it(shipping: tuple[Guide, dict[str, str]]) -> None:
    guide, person = shipping
    here = {"program": "TSTAT-KIT", "service_point": person["cis_service_point_id"], "method": "bring_your_own"}
    assert guide.saved("program", here)["current_panel"] == "device"
    assert guide.seen()["summary"]["asset_ownership"] == "customer_owned"
    refused = guide.save("program", {**here, "ownership": "utility_owned"})
    assert refused.json()["errors"][0]["pointer"] == "/values/ownership"


def test_another_method_drops_what_was_entered_for_the_first(shipping: tuple[Guide, dict[str, str]]) -> None:
    guide, person = shipping
    here = {"program": "TSTAT-KIT", "service_point": person["cis_service_point_id"]}
    guide.saved("program", {**here, "method": "bring_your_own"})
    guide.saved("device", {"devices": [{"specification": "sensi-lite", "serial_number": guide.doors.name("SN")}]})
    guide.saved("terms", {"terms": TERMS})
    guide.saved("program", {**here, "method": "self_installation"})
    assert "devices" not in guide.seen()["summary"]
    enrollment = guide.doors.enrollment(guide.do("finish").json()["result"])
    assert (enrollment["installation_method"], enrollment["asset_ownership"]) == ("self_installation", "utility_owned")
    wait_for(lambda: guide.doors.enrollment(enrollment["id"])["shipments"])
    cancel = f"/v1/program-enrollments/{enrollment['id']}/cancel"
    guide.doors.api.post(cancel, json={"reason": "tested"}).raise_for_status()


def test_a_subscription_left_meanwhile_is_told_at_the_end_and_the_draft_stays(
    doors: Doors, person: dict[str, str]
) -> None:
    enrollment = doors.enrolled(account=person["cis_account_id"], service_point=person["cis_service_point_id"])
    subscription = doors.enrollment(enrollment)["subscription"]["id"]
    one, other = (
        Guide(doors, type="unenroll", customer=person["customer"], subscription=subscription) for _ in range(2)
    )
    for guide in (one, other):
        guide.saved("leaving", {"reason": "device_removed"})
    assert one.do("finish").status_code == 202
    assert (other.do("finish").status_code, other.seen()["state"]) == (409, "draft")


def test_leaving_is_guided(doors: Doors, person: dict[str, str]) -> None:
    enrollment = doors.enrolled(account=person["cis_account_id"], service_point=person["cis_service_point_id"])
    subscription = doors.enrollment(enrollment)["subscription"]["id"]
    guide = Guide(doors, type="unenroll", customer=person["customer"], subscription=subscription)
    choices = guide.answer.json()["panels"][0]["fields"][0]["choices"]
    assert "move_out" in [choice["value"] for choice in choices]
    guide.saved("leaving", {"reason": "move_out"})
    left = guide.do("finish")
    assert left.status_code == 202, left.text
    wait_for(lambda: doors.api.get(left.headers["Location"]).json()["state"] == "unenrolled")


def test_help_is_guided(doors: Doors, person: dict[str, str]) -> None:
    enrollment = doors.enrolled(account=person["cis_account_id"], service_point=person["cis_service_point_id"])
    subscription = doors.enrollment(enrollment)["subscription"]
    guide = Guide(doors, type="service_call", customer=person["customer"], subscription=subscription["id"])
    guide.saved("problem", {"problem": "offline"})
    guide.saved("action", {"action": "work_request", "contact_phone": "555-0100"})
    refused = guide.do("finish")
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/action/action"]
    guide.saved("action", {"action": "advice"})
    helped = guide.do("finish")
    assert helped.status_code == 202, helped.text
    wait_for(lambda: doors.api.get(helped.headers["Location"]).json()["state"] == "closed")
    doors.api.post("/v1/program-unenrollments", json={"subscription": subscription["id"], "reason": "move_out"})
    doors.told(enrollment, "synchronized")
    kept = guide.seen()
    assert (kept["complete"], kept["summary"]["device"]) == (True, subscription["devices"][0]["id"])


def test_drafts_are_listed_by_customer_and_state(enrolling: Guide, person: dict[str, str], doors: Doors) -> None:
    found = doors.api.get(FLOWS, params={"customer": person["customer"], "state": "draft"}).json()["items"]
    assert [one["id"] for one in found] == [enrolling.id]
