"""A worker parked a request and was killed before Temporal recorded it. The next worker, which receives the news
meanwhile, continues without a decision by a person, and the request is no longer parked."""

from collections.abc import Awaitable, Callable
from typing import Any

from models.messages.enrollment import PLACE_FREED
from operations.enrollment import enrollments
from operations.platform.database import Sessions, transaction
from operations.unenrollment import unenrollments
from tests.integration.clients.batch_runs import backdate_enrollment, complete_run, terminate_workflow
from tests.integration.clients.device_setup import DeviceSetupClient
from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.own_database import SCOPE, run_on_database
from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.unenrollments import UnenrollmentClient
from tests.waiting import wait_for


def parked(doors: RunningStack, park: Callable[..., Awaitable[Any]], request: str) -> None:
    """Park the record as the worker did."""

    async def leave(sessions: Sessions) -> None:
        async with transaction(sessions) as session:
            assert await park(session, SCOPE, request, "Nobody was at home.") == "needs_attention"

    run_on_database(doors, leave)


def test_a_confirmed_shipment_completes_the_enrollment(setup: DeviceSetupClient) -> None:
    enrollment, shipment = setup.enroll_with_shipment()
    parked(setup.stack, enrollments.park_enrollment, enrollment)
    assert setup.post(shipment, "confirmed", confirmed_by="customer", **setup.build_device()).status_code == 202
    ends_enrolled(setup.stack, enrollment)


def test_an_answering_device_completes_the_enrollment(setup: DeviceSetupClient) -> None:
    device = setup.build_device()
    setup.head_end.set_device_state(device, "silent")
    enrollment = setup.enroll(devices=[device])
    wait_for(lambda: setup.head_end.list_requests_since(device, since=setup.stack.get_enrollment(enrollment)))
    parked(setup.stack, enrollments.park_enrollment, enrollment)
    setup.head_end.set_device_state(device, "online")
    ends_enrolled(setup.stack, enrollment)


def test_a_technicians_report_completes_the_enrollment(doors: RunningStack) -> None:
    installing = InstallationClient(doors)
    enrollment, order = installing.enroll_with_order()
    parked(doors, enrollments.park_enrollment, enrollment)
    installing.post_accepted_completion(order)
    ends_enrolled(doors, enrollment)


def ends_enrolled(doors: RunningStack, enrollment: str) -> None:
    doors.wait_for_sync_request(enrollment, "synchronized")
    wait_for(lambda: doors.describe_enroll_workflow(enrollment).close_time)
    seen = doors.get_enrollment(enrollment)
    assert (seen["state"], seen["reason"]) == ("enrolled", None)


def test_freed_capacity_completes_the_enrollment(doors: RunningStack) -> None:
    program = doors.unique_name("FULL")
    doors.add_program(program, capacity={"customers": 0, "waitlist": True})
    enrollment = doors.submit_accepted(doors.build_application(program=program))
    doors.wait_for_enrollment(enrollment, "waitlisted")
    parked(doors, enrollments.park_enrollment, enrollment)
    InstallationClient(doors).signal(enrollment, PLACE_FREED, {})
    doors.wait_for_enrollment(enrollment, "waitlisted")
    assert doors.describe_enroll_workflow(enrollment).close_time is None


def test_an_approval_completes_the_unenrollment(doors: RunningStack) -> None:
    leaving = UnenrollmentClient(doors)
    unenrollment = leaving.submit_accepted(doors.enroll(), reason="non_participation")
    leaving.wait_for_state(unenrollment, "awaiting_approval")
    parked(doors, unenrollments.park_unenrollment, unenrollment)
    leaving.signal(unenrollment, "approval_decided", {"approved": True, "reason": "tampered with"})
    assert leaving.wait_for_end(unenrollment)["state"] == "unenrolled"


def test_a_workflow_that_replaces_a_parked_one_parks_and_resumes(setup: DeviceSetupClient) -> None:
    doors = setup.stack
    enrollment, shipment = setup.enroll_with_shipment()
    setup.post(shipment, "shipped").raise_for_status()
    setup.post(shipment, "returned", reason="address unknown").raise_for_status()
    doors.wait_for_enrollment(enrollment, "needs_attention")
    terminate_workflow(doors, f"enroll/{enrollment}")
    backdate_enrollment(doors, enrollment)
    complete_run(doors, "initial-load")
    times = "SELECT count(*) FROM audit_entry WHERE subject = $1 AND after = 'needs_attention'"
    wait_for(lambda: doors.database.value(times, enrollment) == 2)
    doors.api.post(f"/v1/program-enrollments/{enrollment}/retry").raise_for_status()
    again = wait_for(lambda: [one for one in setup.list_shipments(enrollment) if one["state"] == "ordered"])[0]["id"]
    assert setup.post(again, "confirmed", confirmed_by="customer", **setup.build_device()).status_code == 202
    ends_enrolled(doors, enrollment)
