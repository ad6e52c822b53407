"""A worker called a person and was killed before Temporal heard of it; the next one, told the news meanwhile, goes on
without: nothing is to be decided any more, and the mark is lifted."""

from collections.abc import Awaitable, Callable
from typing import Any

from models.messages.enroll import PLACE_FREED
from operations import enrollments, unenrollments
from operations.database import Sessions, transaction
from tests.integration.batches import ran, rested, terminated
from tests.integration.doors import Doors
from tests.integration.installing import Installing
from tests.integration.leaving import Leaving
from tests.integration.record import SCOPE, on_its_database
from tests.integration.setting_up import Setup
from tests.patience import wait_for


def parked(doors: Doors, park: Callable[..., Awaitable[Any]], request: str) -> None:
    """As the worker left it."""

    async def leave(sessions: Sessions) -> None:
        async with transaction(sessions) as session:
            assert await park(session, SCOPE, request, "Nobody was at home.") == "needs_attention"

    on_its_database(doors, leave)


def test_a_parcel_that_is_confirmed_ends_it(setup: Setup) -> None:
    enrollment, shipment = setup.shipped()
    parked(setup.doors, enrollments.park, enrollment)
    assert setup.do(shipment, "confirmed", confirmed_by="customer", **setup.device()).status_code == 202
    ends_enrolled(setup.doors, enrollment)


def test_a_device_that_answers_ends_it(setup: Setup) -> None:
    device = setup.device()
    setup.cloud.tell(device, "silent")
    enrollment = setup.applied(devices=[device])
    wait_for(lambda: setup.cloud.asked(device, since=setup.doors.enrollment(enrollment)))
    parked(setup.doors, enrollments.park, enrollment)
    setup.cloud.tell(device, "online")
    ends_enrolled(setup.doors, enrollment)


def test_a_technician_who_reports_ends_it(doors: Doors) -> None:
    installing = Installing(doors)
    enrollment, order = installing.ordered()
    parked(doors, enrollments.park, enrollment)
    installing.reported(order)
    ends_enrolled(doors, enrollment)


def ends_enrolled(doors: Doors, enrollment: str) -> None:
    doors.told(enrollment, "synchronized")
    wait_for(lambda: doors.flow(enrollment).close_time)
    seen = doors.enrollment(enrollment)
    assert (seen["state"], seen["reason"]) == ("enrolled", None)


def test_a_place_that_may_be_free_ends_it(doors: Doors) -> None:
    program = doors.name("FULL")
    doors.offer(program, capacity={"customers": 0, "waitlist": True})
    enrollment = doors.accepted(doors.application(program=program))
    doors.reaches(enrollment, "waitlisted")
    parked(doors, enrollments.park, enrollment)
    Installing(doors).signal(enrollment, PLACE_FREED, {})
    doors.reaches(enrollment, "waitlisted")
    assert doors.flow(enrollment).close_time is None


def test_an_approval_ends_it(doors: Doors) -> None:
    leaving = Leaving(doors)
    unenrollment = leaving.asked(doors.enrolled(), reason="non_participation")
    leaving.reaches(unenrollment, "awaiting_approval")
    parked(doors, unenrollments.park, unenrollment)
    leaving.signal(unenrollment, "approval_decided", {"approved": True, "reason": "tampered with"})
    assert leaving.over(unenrollment)["state"] == "unenrolled"


def test_a_flow_in_place_of_one_broken_off_while_parked_parks_again_and_goes_on(setup: Setup) -> None:
    doors = setup.doors
    enrollment, shipment = setup.shipped()
    setup.do(shipment, "shipped").raise_for_status()
    setup.do(shipment, "returned", reason="address unknown").raise_for_status()
    doors.reaches(enrollment, "needs_attention")
    terminated(doors, f"enroll/{enrollment}")
    rested(doors, enrollment)
    ran(doors, "initial-load")
    times = "SELECT count(*) FROM audit_entry WHERE subject = $1 AND after = 'needs_attention'"
    wait_for(lambda: doors.database.value(times, enrollment) == 2)
    doors.api.post(f"/v1/program-enrollments/{enrollment}/retry").raise_for_status()
    again = wait_for(lambda: [one for one in setup.shipments(enrollment) if one["state"] == "ordered"])[0]["id"]
    assert setup.do(again, "confirmed", confirmed_by="customer", **setup.device()).status_code == 202
    ends_enrolled(doors, enrollment)
