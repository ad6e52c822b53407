"""Guided process flows: filled in panel by panel, resumed by another person, finished exactly once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.clients.guided_flows import (
    PROCESS_FLOWS,
    TERMS,
    GuidedFlowClient,
    fill_enrollment_panels,
    take_customer,
)
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for


@pytest.fixture
def person(stack: RunningStack) -> dict[str, str]:
    return take_customer(stack)


@pytest.fixture
def enrolling(stack: RunningStack, person: dict[str, str]) -> GuidedFlowClient:
    return GuidedFlowClient(stack, type="enroll", customer=person["customer"], program="TSTAT-DR")


def test_a_guided_enrollment_is_submitted(enrolling: GuidedFlowClient, person: dict[str, str]) -> None:
    first = enrolling.response.json()
    assert (first["current_panel"], first["next_panel"], first["complete"]) == ("program", "device", False)
    fill_enrollment_panels(enrolling, person)
    done = enrolling.get()
    assert (done["current_panel"], done["complete"]) == ("summary", True)
    assert done["summary"]["program"] == "TSTAT-DR"
    response = enrolling.post("finish")
    assert response.status_code == 202, response.text
    enrollment = enrolling.stack.api.get(response.headers["Location"]).raise_for_status().json()
    assert enrollment["transaction_id"] == enrolling.id
    enrolling.stack.wait_for_sync_request(enrollment["id"], "synchronized")


def test_simultaneous_finishes_submit_once(enrolling: GuidedFlowClient, person: dict[str, str]) -> None:
    fill_enrollment_panels(enrolling, person)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: enrolling.post("finish"), range(6)))
    assert {response.status_code for response in answers} == {202}
    assert len({response.json()["result"] for response in answers}) == 1
    assert enrolling.get()["state"] == "submitted"


def test_an_incomplete_process_flow_cannot_be_finished_and_names_what_is_missing(enrolling: GuidedFlowClient) -> None:
    response = enrolling.post("finish")
    assert response.status_code == 422
    assert "/device/devices" in [fault["pointer"] for fault in response.json()["errors"]]
    assert enrolling.get()["state"] == "draft"


def test_an_incomplete_panel_is_kept_and_resumed_by_another_person(
    enrolling: GuidedFlowClient, person: dict[str, str]
) -> None:
    refused = enrolling.save_panel("device", {})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/values/devices")
    assert enrolling.save_panel("device", {}, complete=False).status_code == 200
    assert enrolling.get()["current_panel"] == "device"
    fill_enrollment_panels(enrolling, person)
    assert enrolling.get()["complete"] is True


def test_two_people_do_not_overwrite_each_other(enrolling: GuidedFlowClient, person: dict[str, str]) -> None:
    tag = enrolling.response.headers["ETag"]
    values = {"program": "TSTAT-DR", "service_point": person["cis_service_point_id"]}
    assert enrolling.save_panel("program", values, **{"If-Match": tag}).status_code == 200
    assert enrolling.save_panel("program", values, **{"If-Match": tag}).status_code == 412


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
def test_panel_errors_are_reported_by_pointer(
    enrolling: GuidedFlowClient, panel: str, values: dict[str, Any], pointer: str
) -> None:
    response = enrolling.save_panel(panel, values)
    assert response.status_code == 422
    assert pointer in [fault["pointer"] for fault in response.json()["errors"]]


def test_an_unknown_panel_is_not_found(enrolling: GuidedFlowClient) -> None:
    assert enrolling.save_panel("colours", {}).status_code == 404


def test_a_cancelled_process_flow_stays_cancelled(enrolling: GuidedFlowClient) -> None:
    for _ in range(2):
        assert enrolling.post("cancel", {"reason": "The customer hung up."}).json()["state"] == "cancelled"
    assert enrolling.save_panel("device", {}, complete=False).status_code == 409
    assert enrolling.post("finish").status_code == 409


def test_an_old_process_flow_expires(enrolling: GuidedFlowClient, stack: RunningStack) -> None:
    stack.database.execute("UPDATE process_flow SET expires_at = now() - interval '1 day' WHERE id = $1", enrolling.id)
    assert enrolling.get()["state"] == "expired"
    assert enrolling.save_panel("device", {}, complete=False).status_code == 409


def test_a_changed_catalog_names_the_values_to_reenter(
    enrolling: GuidedFlowClient, person: dict[str, str], stack: RunningStack
) -> None:
    fill_enrollment_panels(enrolling, person)
    before = stack.api.get("/v1/catalog").json()["catalog"]
    changed = stack.api.get("/v1/catalog").json()["catalog"]
    next(one for one in changed["programs"] if one["code"] == "TSTAT-DR")["terms"]["version"] = "2027-01"
    stack.api.put("/v1/catalog", json=changed).raise_for_status()
    try:
        response = enrolling.post("finish")
        assert (response.status_code, response.json()["type"].rpartition("#")[2]) == (409, "configuration-changed")
        assert [fault["pointer"] for fault in response.json()["errors"]] == ["/terms/terms"]
        assert enrolling.post("renew").json()["complete"] is False
        enrolling.save_valid_panel("terms", {"terms": {**TERMS, "version": "2027-01"}})
        assert enrolling.post("finish").status_code == 202
    finally:
        stack.api.put("/v1/catalog", json=before).raise_for_status()


@pytest.mark.parametrize(
    ("start", "pointer"),
    [
        ({"type": "enroll", "customer": "cus_00000000000000000000000000"}, "/customer"),
        ({"type": "unenroll"}, "/subscription"),
        ({"type": "enroll"}, "/service_task_type"),
        ({"type": "enroll", "program": "NOPE"}, "/program"),
    ],
)
def test_a_process_flow_without_a_subject_is_refused(
    stack: RunningStack, person: dict[str, str], start: dict[str, str], pointer: str
) -> None:
    response = stack.api.post(PROCESS_FLOWS, json={"customer": person["customer"], **start})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, pointer)


@pytest.fixture
def shipping(stack: RunningStack) -> tuple[GuidedFlowClient, dict[str, str]]:
    person = take_customer(stack, premise_type="single_family")
    return GuidedFlowClient(stack, type="enroll", customer=person["customer"], program="TSTAT-KIT"), person


def test_a_shipped_device_is_guided(shipping: tuple[GuidedFlowClient, dict[str, str]]) -> None:
    guide, person = shipping
    fields = {field["code"]: field for field in guide.response.json()["panels"][0]["fields"]}
    assert [one["value"] for one in fields["method"]["choices"]] == ["bring_your_own", "self_installation"]
    here = {"program": "TSTAT-KIT", "service_point": person["cis_service_point_id"]}
    assert guide.save_valid_panel("program", here)["current_panel"] == "terms"
    guide.save_valid_panel("terms", {"terms": TERMS})
    assert guide.get()["summary"]["asset_ownership"] == "utility_owned"
    enrollment = guide.post("finish").json()["result"]
    (shipment,) = wait_for(lambda: guide.stack.get_enrollment(enrollment)["shipments"])
    assert (shipment["state"], shipment["next_step"]) == ("ordered", "The warehouse sends the device.")
    guide.stack.api.post(f"/v1/program-enrollments/{enrollment}/cancel", json={"reason": "tested"}).raise_for_status()


def test_the_only_program_applies_before_it_is_entered(stack: RunningStack, person: dict[str, str]) -> None:
    guide = GuidedFlowClient(
        stack, type="enroll", customer=person["customer"], service_task_type="enroll-shipped-device"
    )
    refused = guide.save_panel("terms", {"terms": {**TERMS, "version": "1999-01"}})
    assert refused.status_code == 422
    assert "version 2026-01 is in force" in refused.json()["errors"][0]["detail"]


def test_questions_and_devices_are_judged_by_the_program(stack: RunningStack, person: dict[str, str]) -> None:
    guide = GuidedFlowClient(stack, type="enroll", customer=person["customer"], program="EV-MANAGED")
    texts = guide.save_invalid_panel(
        "device", {"devices": [{"specification": "ecobee-premium", "serial_number": "X-1"}] * 3}
    )
    assert texts["/values/devices/0/specification"].startswith("is none of: ")
    assert texts["/values/devices"] == "the number of devices is above 2"
    texts = guide.save_invalid_panel("terms", {"answers": {"vehicle_kind": "horse", "hooves": "4"}, "terms": TERMS})
    assert texts["/values/answers/hooves"] == "the program has no such question"
    assert texts["/values/answers/vehicle_kind"].startswith("is none of: ")


def test_the_same_program_with_the_customers_own_device_asks_for_it(
    shipping: tuple[GuidedFlowClient, dict[str, str]],
) -> None:
    guide, person = shipping
    here = {"program": "TSTAT-KIT", "service_point": person["cis_service_point_id"], "method": "bring_your_own"}
    assert guide.save_valid_panel("program", here)["current_panel"] == "device"
    assert guide.get()["summary"]["asset_ownership"] == "customer_owned"
    refused = guide.save_panel("program", {**here, "ownership": "utility_owned"})
    assert refused.json()["errors"][0]["pointer"] == "/values/ownership"


def test_another_method_drops_what_was_entered_for_the_first(shipping: tuple[GuidedFlowClient, dict[str, str]]) -> None:
    guide, person = shipping
    here = {"program": "TSTAT-KIT", "service_point": person["cis_service_point_id"]}
    guide.save_valid_panel("program", {**here, "method": "bring_your_own"})
    guide.save_valid_panel(
        "device", {"devices": [{"specification": "sensi-lite", "serial_number": guide.stack.unique_name("SN")}]}
    )
    guide.save_valid_panel("terms", {"terms": TERMS})
    guide.save_valid_panel("program", {**here, "method": "self_installation"})
    assert "devices" not in guide.get()["summary"]
    enrollment = guide.stack.get_enrollment(guide.post("finish").json()["result"])
    assert (enrollment["installation_method"], enrollment["asset_ownership"]) == ("self_installation", "utility_owned")
    wait_for(lambda: guide.stack.get_enrollment(enrollment["id"])["shipments"])
    cancel = f"/v1/program-enrollments/{enrollment['id']}/cancel"
    guide.stack.api.post(cancel, json={"reason": "tested"}).raise_for_status()


def test_a_subscription_ended_meanwhile_is_reported_at_finish_and_the_draft_stays(
    stack: RunningStack, person: dict[str, str]
) -> None:
    enrollment = stack.enroll(account=person["cis_account_id"], service_point=person["cis_service_point_id"])
    subscription = stack.get_enrollment(enrollment)["subscription"]["id"]
    one, other = (
        GuidedFlowClient(stack, type="unenroll", customer=person["customer"], subscription=subscription)
        for _ in range(2)
    )
    for guide in (one, other):
        guide.save_valid_panel("leaving", {"reason": "device_removed"})
    assert one.post("finish").status_code == 202
    assert (other.post("finish").status_code, other.get()["state"]) == (409, "draft")


def test_a_guided_unenrollment_is_submitted(stack: RunningStack, person: dict[str, str]) -> None:
    enrollment = stack.enroll(account=person["cis_account_id"], service_point=person["cis_service_point_id"])
    subscription = stack.get_enrollment(enrollment)["subscription"]["id"]
    guide = GuidedFlowClient(stack, type="unenroll", customer=person["customer"], subscription=subscription)
    choices = guide.response.json()["panels"][0]["fields"][0]["choices"]
    assert "move_out" in [choice["value"] for choice in choices]
    guide.save_valid_panel("leaving", {"reason": "move_out"})
    left = guide.post("finish")
    assert left.status_code == 202, left.text
    wait_for(lambda: stack.api.get(left.headers["Location"]).json()["state"] == "unenrolled")


def test_a_guided_service_call_is_submitted(stack: RunningStack, person: dict[str, str]) -> None:
    enrollment = stack.enroll(account=person["cis_account_id"], service_point=person["cis_service_point_id"])
    subscription = stack.get_enrollment(enrollment)["subscription"]
    guide = GuidedFlowClient(stack, type="service_call", customer=person["customer"], subscription=subscription["id"])
    guide.save_valid_panel("problem", {"problem": "offline"})
    guide.save_valid_panel("action", {"action": "work_request", "contact_phone": "555-0100"})
    refused = guide.post("finish")
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/action/action"]
    guide.save_valid_panel("action", {"action": "advice"})
    helped = guide.post("finish")
    assert helped.status_code == 202, helped.text
    wait_for(lambda: stack.api.get(helped.headers["Location"]).json()["state"] == "closed")
    stack.api.post("/v1/program-unenrollments", json={"subscription": subscription["id"], "reason": "move_out"})
    stack.wait_for_sync_request(enrollment, "synchronized")
    kept = guide.get()
    assert (kept["complete"], kept["summary"]["device"]) == (True, subscription["devices"][0]["id"])


def test_drafts_are_listed_by_customer_and_state(
    enrolling: GuidedFlowClient, person: dict[str, str], stack: RunningStack
) -> None:
    found = stack.api.get(PROCESS_FLOWS, params={"customer": person["customer"], "state": "draft"}).json()["items"]
    assert [one["id"] for one in found] == [enrolling.id]
