"""A device that has left a program may take part again: with its owner, or with who moved in where it was left."""

from typing import Any

import pytest

from tests.integration.calling import Calling
from tests.integration.doors import Doors
from tests.integration.leaving import Leaving
from tests.integration.moving import cis_record


@pytest.fixture
def leaving(doors: Doors) -> Leaving:
    return Leaving(doors)


def _why(doors: Doors, application: dict[str, Any]) -> list[str]:
    """Why a request is turned down, which it must be."""
    seen = doors.reaches(doors.accepted(application), "rejected")
    return [one["reason"] for one in seen["decision"]["findings"] if one["verdict"] == "failed"]


def _again(doors: Doors, application: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**application, "transaction_id": doors.name(), **changes}


def test_who_leaves_and_comes_back_at_once_is_told_to_wait_for_the_derms(doors: Doors, leaving: Leaving) -> None:
    """Enrol, unenrol, enrol in one minute."""
    application = doors.application()
    first = doors.accepted(application)
    doors.told(first, "synchronized")
    doors.faults(acknowledge="never")
    unenrollment = leaving.asked(first)
    leaving.reaches(unenrollment, "unenrolled")
    (why,) = _why(doors, _again(doors, application))
    assert why == "The device has left this or a conflicting program, but the DERMS has not let go of it yet."
    doors.derms.delete("/faults").raise_for_status()
    leaving.over(unenrollment)
    again = doors.accepted(_again(doors, application))
    doors.told(again, "synchronized")
    held = doors.held(application["devices"][0]["serial_number"])
    here = leaving.subscription(again)["number"]
    assert [one["subscription"] for one in held if one["state"] == "enrolled"] == [here]


def test_who_moves_in_enrols_what_hangs_there_with_a_consent_of_their_own(doors: Doors, leaving: Leaving) -> None:
    """The cool-down is of those who left, not of the place."""
    who, program = doors.customers.take(), doors.name("COOL")
    doors.offer(program, eligibility=[{"rule": "cool_down", "days": 90}])
    application = doors.application(who, program=program)
    first = doors.accepted(application)
    doors.told(first, "synchronized")
    moves_in = {"cis_person_id": doors.name("P"), "cis_account_id": doors.name("A"), "name": "Who moves in"}
    told = cis_record(who, **moves_in)
    doors.api.put("/v1/customers", json={"customers": [told]}).raise_for_status()
    started = doors.api.get("/v1/program-unenrollments", params={"enrollment": first}).json()["items"]
    leaving.over(started[0]["id"])
    theirs = _again(doors, application, account=moves_in["cis_account_id"])
    assert _why(doors, {**theirs, "transaction_id": doors.name(), "terms": None}) == [
        "The terms were not accepted; version 2026-01 is in force."
    ]
    second = doors.accepted(theirs)
    doors.told(second, "synchronized")
    assert leaving.devices(second) == leaving.devices(first)
    (held,) = [one for one in doors.held(leaving.subscription(second)["number"]) if one["state"] == "enrolled"]
    assert held["customer"] == {"account": moves_in["cis_account_id"], "name": "Who moves in"}


def test_while_it_takes_part_nobody_else_has_it(doors: Doors) -> None:
    application = doors.application()
    doors.told(doors.accepted(application), "synchronized")
    assert _why(doors, doors.application(devices=application["devices"])) == [
        "A device with this serial number is registered to another customer."
    ]


def test_what_hangs_elsewhere_stays_its_owners(doors: Doors, leaving: Leaving) -> None:
    application = doors.application()
    first = doors.accepted(application)
    doors.told(first, "synchronized")
    leaving.left(first)
    assert _why(doors, doors.application(devices=application["devices"])) == [
        "A device with this serial number is registered to another customer."
    ]


def test_a_device_out_of_service_is_not_enrolled_again(doors: Doors, leaving: Leaving) -> None:
    calling = Calling(doors)
    enrollment = calling.battery()
    call, order = calling.visited(enrollment)
    calling.reported(order, "device_replaced", **calling.swap(enrollment, "tesla-powerwall-3"))
    calling.reaches(call, "closed")
    burnt = next(one for one in leaving.subscription(enrollment)["devices"] if one["registration"] == "removed")
    leaving.left(enrollment)
    seen = doors.enrollment(enrollment)
    application = {
        **doors.application(),
        "account": seen["account"],
        "service_point": seen["service_point"],
        "program": "BATT-VPP",
        "answers": {"owner_consent": "yes"},
        "devices": [{"specification": "tesla-powerwall-3", "serial_number": burnt["serial_number"]}],
    }
    assert "A device with this serial number was taken out of service for good." in _why(doors, application)
