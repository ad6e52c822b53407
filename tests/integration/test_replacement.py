"""A device makes way for another at the same location (docs/domain.md#replace-a-device)."""

from typing import Any

import pytest

from tests.integration.calling import Calling
from tests.integration.doors import Doors
from tests.patience import wait_for


@pytest.fixture
def calling(doors: Doors) -> Calling:
    return Calling(doors)


@pytest.fixture(scope="module")
def enrollment(running: Doors) -> str:
    return Calling(running).battery()


@pytest.fixture(scope="module")
def replaced(running: Doors, enrollment: str) -> dict[str, Any]:
    """A call whose technician has brought another battery."""
    calling = Calling(running)
    call, order = calling.visited(enrollment)
    calling.reported(order, "device_replaced", **calling.swap(enrollment, "franklinwh-apower-2"))
    calling.flow(call)
    return calling.seen(call)


def test_the_call_is_closed_with_the_device_that_came(replaced: dict[str, Any]) -> None:
    assert (replaced["state"], replaced["outcome"]) == ("closed", "device_replaced")
    assert replaced["replaced_by"] in [device["id"] for device in replaced["devices"]]


def test_the_subscription_stays_and_the_new_device_is_controllable(
    calling: Calling, enrollment: str, replaced: dict[str, Any]
) -> None:
    subscription = calling.subscription(enrollment)
    devices = {device["id"]: device["registration"] for device in subscription["devices"]}
    assert subscription["state"] == "active"
    assert devices == {replaced["device"]: "removed", replaced["replaced_by"]: "registered"}


def test_one_message_told_the_derms_of_both(calling: Calling, replaced: dict[str, Any]) -> None:
    (request,) = replaced["sync_requests"]
    assert (request["kind"], request["state"]) == ("replace_device", "synchronized")
    sent = calling.doors.api.get(f"/v1/sync-requests/{request['id']}").json()["snapshot"]["devices"]
    told = {one["device_id"]: (one["state"], one["replaced_by"]) for one in sent}
    new = replaced["replaced_by"]
    assert told == {replaced["device"]: ("replaced", new), new: ("enrolled", None)}


def test_the_derms_holds_the_new_device_alone(calling: Calling, enrollment: str, replaced: dict[str, Any]) -> None:
    held = calling.doors.held(calling.subscription(enrollment)["number"])
    enrolled = [der["device"]["device_id"] for der in held if der["state"] == "enrolled"]
    assert enrolled == [replaced["replaced_by"]]


def test_the_new_device_hangs_where_the_old_one_hung(doors: Doors, replaced: dict[str, Any]) -> None:
    rows = doors.database.rows(
        "SELECT device_id, location_id, removed_at FROM device_installation WHERE device_id = ANY($1)",
        [replaced["device"], replaced["replaced_by"]],
    )
    assert len({row["location_id"] for row in rows}) == 1
    assert {row["device_id"]: row["removed_at"] is None for row in rows} == {
        replaced["device"]: False,
        replaced["replaced_by"]: True,
    }


def test_the_customers_burnt_device_is_retired(doors: Doors, replaced: dict[str, Any]) -> None:
    assert doors.database.value("SELECT state FROM device WHERE id = $1", replaced["device"]) == "retired"


def test_capacity_counts_the_power_that_hangs_there(doors: Doors, calling: Calling) -> None:
    code = doors.name("KW")
    doors.offer(code, like="BATT-VPP")
    enrollment = calling.battery(program=code)
    call, order = calling.visited(enrollment)
    calling.reported(order, "device_replaced", **calling.swap(enrollment, "generac-pwrcell-m3"))
    calling.reaches(call, "closed")
    rows = doors.database.rows("SELECT customers, devices, kw FROM program_capacity WHERE program = $1", code)
    assert [(row["customers"], row["devices"], float(row["kw"])) for row in rows] == [(1, 1, 3.4)]


def test_a_device_with_more_power_than_is_left_waits_for_a_person_who_adds_places(
    doors: Doors, calling: Calling
) -> None:
    code = doors.name("KW")
    doors.offer(code, like="BATT-VPP", capacity={"kw": 10})
    old = [{"specification": "tesla-powerwall-2", "serial_number": doors.name("SN")}]
    enrollment = calling.battery(program=code, devices=old)
    call, order = calling.visited(enrollment)
    calling.reported(order, "device_replaced", **calling.swap(enrollment, "tesla-powerwall-3"))
    assert "more power than is left" in calling.reaches(call, "needs_attention")["reason"]
    catalog = doors.catalog()
    next(one for one in catalog["programs"] if one["code"] == code)["capacity"]["kw"] = 12
    doors.api.put("/v1/catalog", json=catalog).raise_for_status()
    calling.do(call, "retry").raise_for_status()
    calling.reaches(call, "closed")
    assert float(doors.database.value("SELECT kw FROM program_capacity WHERE program = $1", code)) == 11.5


def test_a_specification_that_the_program_does_not_accept_is_refused_on_site(calling: Calling) -> None:
    enrollment = calling.battery()
    _, order = calling.visited(enrollment)
    refused = calling.report(order, "device_replaced", **calling.swap(enrollment, "ecobee-premium"))
    assert refused.status_code == 422
    fault = refused.json()["errors"][0]
    assert fault["pointer"] == "/device_installed/specification"
    assert "does not accept ecobee-premium" in fault["detail"]


def test_a_refused_device_can_be_repaired_and_the_old_one_is_known_until_then(calling: Calling, doors: Doors) -> None:
    enrollment = calling.battery()
    old = calling.subscription(enrollment)["devices"][0]["id"]
    number = calling.subscription(enrollment)["number"]
    call, order = calling.visited(enrollment)
    doors.derms.put("/reference", json={"head_ends": ["tesla-cloud"]})
    calling.reported(order, "device_replaced", **calling.swap(enrollment, "franklinwh-apower-2"))
    calling.reaches(call, "replaced")
    request = doors.told(enrollment, "error")
    assert [der["device"]["device_id"] for der in doors.held(number) if der["state"] == "enrolled"] == [old]
    doors.derms.put("/reference", json={})
    doors.api.post(f"/v1/sync-requests/{request['id']}/retry").raise_for_status()
    new = calling.reaches(call, "closed")["replaced_by"]
    assert [der["device"]["device_id"] for der in doors.held(number) if der["state"] == "enrolled"] == [new]


def test_where_the_program_removes_first_the_old_one_has_left_before_the_new_one_is_told(calling: Calling) -> None:
    enrollment = calling.charger()
    call, order = calling.visited(enrollment)
    calling.reported(order, "device_replaced", **calling.swap(enrollment, "wallbox-pulsar-plus-48"))
    closed = calling.reaches(call, "closed")
    sent = [calling.doors.api.get(f"/v1/sync-requests/{one['id']}").json() for one in closed["sync_requests"]]
    told = [(one["kind"], {d["device_id"]: d["state"] for d in one["snapshot"]["devices"]}) for one in sent]
    assert told == [
        ("unenroll", {closed["device"]: "removed"}),
        ("enroll", {closed["replaced_by"]: "enrolled"}),
    ]


def test_a_device_about_to_join_keeps_a_refused_enrolment_from_being_given_up(calling: Calling, doors: Doors) -> None:
    """The first message of the pair holds only the old device, yet somebody still takes part."""
    doors.derms.put("/reference", json={"head_ends": []}).raise_for_status()
    enrollment = calling.charger(told="error")
    request = doors.told(enrollment, "error")["id"]
    call, order = calling.visited(enrollment)
    calling.reported(order, "device_replaced", **calling.swap(enrollment, "wallbox-pulsar-plus-48"))
    calling.reaches(call, "replaced")

    def leaving() -> dict[str, Any]:
        (only,) = calling.seen(call)["sync_requests"]
        return doors.api.get(f"/v1/sync-requests/{only['id']}").raise_for_status().json()

    wait_for(lambda: leaving()["note"])
    assert (leaving()["state"], leaving()["waits_for"].split(",")[0]) == ("pending", request)
    doors.derms.put("/reference", json={}).raise_for_status()
    doors.api.post(f"/v1/sync-requests/{request}/retry").raise_for_status()
    new = calling.reaches(call, "closed")["replaced_by"]
    held = doors.held(calling.subscription(enrollment)["number"])
    assert [der["device"]["device_id"] for der in held if der["state"] == "enrolled"] == [new]


def test_the_same_device_reported_by_hand_is_sent_back_with_the_reason(calling: Calling) -> None:
    enrollment = calling.battery()
    call, order = calling.visited(enrollment)
    report = {
        "outcome": "device_replaced",
        "technician": "Crew 7",
        "finished_at": "2026-06-03T09:40:00Z",
        **calling.swap(enrollment, "ecobee-premium"),
    }
    calling.signal(
        call, {"work_order_id": order["id"], "completion_id": calling.doors.name("hand"), "completion": report}
    )
    sent_back = wait_for(lambda: calling.seen(call)["work_orders"][-1]["sent_back"])
    assert "does not accept ecobee-premium" in sent_back
    calling.reported(order, "device_replaced", **calling.swap(enrollment, "franklinwh-apower-2"))
    calling.reaches(call, "closed")
