"""A device is replaced by another at the same location (docs/domain.md#replace-a-device)."""

from typing import Any

import pytest

from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.service_calls import ServiceCallClient
from tests.waiting import wait_for


@pytest.fixture
def service_calls(stack: RunningStack) -> ServiceCallClient:
    return ServiceCallClient(stack)


@pytest.fixture(scope="module")
def enrollment(running: RunningStack) -> str:
    return ServiceCallClient(running).enroll_battery()


@pytest.fixture(scope="module")
def replaced(running: RunningStack, enrollment: str) -> dict[str, Any]:
    """A call whose technician has replaced the battery."""
    service_calls = ServiceCallClient(running)
    call, order = service_calls.submit_with_visit(enrollment)
    service_calls.post_accepted_completion(
        order, "device_replaced", **service_calls.build_replacement(enrollment, "franklinwh-apower-2")
    )
    service_calls.wait_for_workflow_end(call)
    return service_calls.get(call)


def test_the_call_closes_with_the_new_device(replaced: dict[str, Any]) -> None:
    assert (replaced["state"], replaced["outcome"]) == ("closed", "device_replaced")
    assert replaced["replaced_by"] in [device["id"] for device in replaced["devices"]]


def test_the_subscription_stays_and_the_new_device_is_controllable(
    service_calls: ServiceCallClient, enrollment: str, replaced: dict[str, Any]
) -> None:
    subscription = service_calls.get_subscription(enrollment)
    devices = {device["id"]: device["registration"] for device in subscription["devices"]}
    assert subscription["state"] == "active"
    assert devices == {replaced["device"]: "removed", replaced["replaced_by"]: "registered"}


def test_one_message_names_both_devices(service_calls: ServiceCallClient, replaced: dict[str, Any]) -> None:
    (request,) = replaced["sync_requests"]
    assert (request["kind"], request["state"]) == ("replace_device", "synchronized")
    sent = service_calls.stack.api.get(f"/v1/sync-requests/{request['id']}").json()["snapshot"]["devices"]
    texts = {one["device_id"]: (one["state"], one["replaced_by"]) for one in sent}
    new = replaced["replaced_by"]
    assert texts == {replaced["device"]: ("replaced", new), new: ("enrolled", None)}


def test_the_derms_holds_the_new_device_alone(
    service_calls: ServiceCallClient, enrollment: str, replaced: dict[str, Any]
) -> None:
    held = service_calls.stack.search_derms(service_calls.get_subscription(enrollment)["number"])
    enrolled = [der["device"]["device_id"] for der in held if der["state"] == "enrolled"]
    assert enrolled == [replaced["replaced_by"]]


def test_the_new_device_has_the_old_location(stack: RunningStack, replaced: dict[str, Any]) -> None:
    rows = stack.database.rows(
        "SELECT device_id, location_id, removed_at FROM device_installation WHERE device_id = ANY($1)",
        [replaced["device"], replaced["replaced_by"]],
    )
    assert len({row["location_id"] for row in rows}) == 1
    assert {row["device_id"]: row["removed_at"] is None for row in rows} == {
        replaced["device"]: False,
        replaced["replaced_by"]: True,
    }


def test_the_customers_broken_device_is_retired(stack: RunningStack, replaced: dict[str, Any]) -> None:
    assert stack.database.value("SELECT state FROM device WHERE id = $1", replaced["device"]) == "retired"


def test_capacity_counts_the_installed_power(stack: RunningStack, service_calls: ServiceCallClient) -> None:
    code = stack.unique_name("KW")
    stack.add_program(code, like="BATT-VPP")
    enrollment = service_calls.enroll_battery(program=code)
    call, order = service_calls.submit_with_visit(enrollment)
    service_calls.post_accepted_completion(
        order, "device_replaced", **service_calls.build_replacement(enrollment, "generac-pwrcell-m3")
    )
    service_calls.wait_for_state(call, "closed")
    rows = stack.database.rows("SELECT customers, devices, kw FROM program_capacity WHERE program = $1", code)
    assert [(row["customers"], row["devices"], float(row["kw"])) for row in rows] == [(1, 1, 3.4)]


def test_a_device_beyond_the_capacity_is_parked_until_capacity_is_added(
    stack: RunningStack, service_calls: ServiceCallClient
) -> None:
    code = stack.unique_name("KW")
    stack.add_program(code, like="BATT-VPP", capacity={"kw": 10})
    old = [{"specification": "tesla-powerwall-2", "serial_number": stack.unique_name("SN")}]
    enrollment = service_calls.enroll_battery(program=code, devices=old)
    call, order = service_calls.submit_with_visit(enrollment)
    service_calls.post_accepted_completion(
        order, "device_replaced", **service_calls.build_replacement(enrollment, "tesla-powerwall-3")
    )
    assert "more power than is left" in service_calls.wait_for_state(call, "needs_attention")["reason"]
    catalog = stack.get_catalog()
    next(one for one in catalog["programs"] if one["code"] == code)["capacity"]["kw"] = 12
    stack.api.put("/v1/catalog", json=catalog).raise_for_status()
    service_calls.post(call, "retry").raise_for_status()
    service_calls.wait_for_state(call, "closed")
    assert float(stack.database.value("SELECT kw FROM program_capacity WHERE program = $1", code)) == 11.5


def test_a_specification_that_the_program_does_not_accept_is_refused_on_site(service_calls: ServiceCallClient) -> None:
    enrollment = service_calls.enroll_battery()
    _, order = service_calls.submit_with_visit(enrollment)
    refused = service_calls.post_completion(
        order, "device_replaced", **service_calls.build_replacement(enrollment, "ecobee-premium")
    )
    assert refused.status_code == 422
    fault = refused.json()["errors"][0]
    assert fault["pointer"] == "/device_installed/specification"
    assert "does not accept ecobee-premium" in fault["detail"]


def test_a_refused_replacement_can_be_repaired_and_the_old_device_stays_until_then(
    service_calls: ServiceCallClient, stack: RunningStack
) -> None:
    enrollment = service_calls.enroll_battery()
    old = service_calls.get_subscription(enrollment)["devices"][0]["id"]
    number = service_calls.get_subscription(enrollment)["number"]
    call, order = service_calls.submit_with_visit(enrollment)
    stack.derms.put("/reference", json={"head_ends": ["tesla-cloud"]})
    service_calls.post_accepted_completion(
        order, "device_replaced", **service_calls.build_replacement(enrollment, "franklinwh-apower-2")
    )
    service_calls.wait_for_state(call, "replaced")
    request = stack.wait_for_sync_request(enrollment, "error")
    assert [der["device"]["device_id"] for der in stack.search_derms(number) if der["state"] == "enrolled"] == [old]
    stack.derms.put("/reference", json={})
    stack.api.post(f"/v1/sync-requests/{request['id']}/retry").raise_for_status()
    new = service_calls.wait_for_state(call, "closed")["replaced_by"]
    assert [der["device"]["device_id"] for der in stack.search_derms(number) if der["state"] == "enrolled"] == [new]


def test_the_old_device_is_removed_before_the_new_one_is_sent_if_the_program_says_so(
    service_calls: ServiceCallClient,
) -> None:
    enrollment = service_calls.enroll_charger()
    call, order = service_calls.submit_with_visit(enrollment)
    service_calls.post_accepted_completion(
        order, "device_replaced", **service_calls.build_replacement(enrollment, "wallbox-pulsar-plus-48")
    )
    closed = service_calls.wait_for_state(call, "closed")
    sent = [service_calls.stack.api.get(f"/v1/sync-requests/{one['id']}").json() for one in closed["sync_requests"]]
    texts = [(one["kind"], {d["device_id"]: d["state"] for d in one["snapshot"]["devices"]}) for one in sent]
    assert texts == [
        ("unenroll", {closed["device"]: "removed"}),
        ("enroll", {closed["replaced_by"]: "enrolled"}),
    ]


def test_a_pending_new_device_keeps_a_refused_enrollment_open(
    service_calls: ServiceCallClient, stack: RunningStack
) -> None:
    """The first message of the pair contains only the old device, yet somebody still participates."""
    stack.derms.put("/reference", json={"head_ends": []}).raise_for_status()
    enrollment = service_calls.enroll_charger(sync_state="error")
    request = stack.wait_for_sync_request(enrollment, "error")["id"]
    call, order = service_calls.submit_with_visit(enrollment)
    service_calls.post_accepted_completion(
        order, "device_replaced", **service_calls.build_replacement(enrollment, "wallbox-pulsar-plus-48")
    )
    service_calls.wait_for_state(call, "replaced")

    def unenrollments() -> dict[str, Any]:
        (only,) = service_calls.get(call)["sync_requests"]
        return stack.api.get(f"/v1/sync-requests/{only['id']}").raise_for_status().json()

    wait_for(lambda: unenrollments()["note"])
    assert (unenrollments()["state"], unenrollments()["waits_for"].split(",")[0]) == ("pending", request)
    stack.derms.put("/reference", json={}).raise_for_status()
    stack.api.post(f"/v1/sync-requests/{request}/retry").raise_for_status()
    new = service_calls.wait_for_state(call, "closed")["replaced_by"]
    held = stack.search_derms(service_calls.get_subscription(enrollment)["number"])
    assert [der["device"]["device_id"] for der in held if der["state"] == "enrolled"] == [new]


def test_a_signaled_report_of_the_same_device_is_sent_back_with_the_reason(service_calls: ServiceCallClient) -> None:
    enrollment = service_calls.enroll_battery()
    call, order = service_calls.submit_with_visit(enrollment)
    report = {
        "outcome": "device_replaced",
        "technician": "Crew 7",
        "finished_at": "2026-06-03T09:40:00Z",
        **service_calls.build_replacement(enrollment, "ecobee-premium"),
    }
    service_calls.signal_completion(
        call,
        {"work_order_id": order["id"], "completion_id": service_calls.stack.unique_name("hand"), "completion": report},
    )
    sent_back = wait_for(lambda: service_calls.get(call)["work_orders"][-1]["sent_back"])
    assert "does not accept ecobee-premium" in sent_back
    service_calls.post_accepted_completion(
        order, "device_replaced", **service_calls.build_replacement(enrollment, "franklinwh-apower-2")
    )
    service_calls.wait_for_state(call, "closed")
