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


def parked(stack: RunningStack, park: Callable[..., Awaitable[Any]], request: str) -> None:
    """Park the record as the worker did."""

    async def leave(sessions: Sessions) -> None:
        async with transaction(sessions) as session:
            assert await park(session, SCOPE, request, "Nobody was at home.") == "needs_attention"

    run_on_database(stack, leave)


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


def test_a_technicians_report_completes_the_enrollment(stack: RunningStack) -> None:
    installations = InstallationClient(stack)
    enrollment, order = installations.enroll_with_order()
    parked(stack, enrollments.park_enrollment, enrollment)
    installations.post_accepted_completion(order)
    ends_enrolled(stack, enrollment)


def ends_enrolled(stack: RunningStack, enrollment: str) -> None:
    stack.wait_for_sync_request(enrollment, "synchronized")
    wait_for(lambda: stack.describe_enroll_workflow(enrollment).close_time)
    view = stack.get_enrollment(enrollment)
    assert (view["state"], view["reason"]) == ("enrolled", None)


def test_freed_capacity_completes_the_enrollment(stack: RunningStack) -> None:
    program = stack.unique_name("FULL")
    stack.add_program(program, capacity={"customers": 0, "waitlist": True})
    enrollment = stack.submit_accepted(stack.build_application(program=program))
    stack.wait_for_enrollment(enrollment, "waitlisted")
    parked(stack, enrollments.park_enrollment, enrollment)
    InstallationClient(stack).signal(enrollment, PLACE_FREED, {})
    stack.wait_for_enrollment(enrollment, "waitlisted")
    assert stack.describe_enroll_workflow(enrollment).close_time is None


def test_an_approval_completes_the_unenrollment(stack: RunningStack) -> None:
    leaving = UnenrollmentClient(stack)
    unenrollment = leaving.submit_accepted(stack.enroll(), reason="non_participation")
    leaving.wait_for_state(unenrollment, "awaiting_approval")
    parked(stack, unenrollments.park_unenrollment, unenrollment)
    leaving.signal(unenrollment, "approval_decided", {"approved": True, "reason": "tampered with"})
    assert leaving.wait_for_end(unenrollment)["state"] == "unenrolled"


def test_a_workflow_that_replaces_a_parked_one_parks_and_resumes(setup: DeviceSetupClient) -> None:
    stack = setup.stack
    enrollment, shipment = setup.enroll_with_shipment()
    setup.post(shipment, "shipped").raise_for_status()
    setup.post(shipment, "returned", reason="address unknown").raise_for_status()
    stack.wait_for_enrollment(enrollment, "needs_attention")
    terminate_workflow(stack, f"enroll/{enrollment}")
    backdate_enrollment(stack, enrollment)
    complete_run(stack, "initial-load")
    times = "SELECT count(*) FROM audit_entry WHERE subject = $1 AND after = 'needs_attention'"
    wait_for(lambda: stack.database.value(times, enrollment) == 2)
    stack.api.post(f"/v1/program-enrollments/{enrollment}/retry").raise_for_status()
    again = wait_for(lambda: [one for one in setup.list_shipments(enrollment) if one["state"] == "ordered"])[0]["id"]
    assert setup.post(again, "confirmed", confirmed_by="customer", **setup.build_device()).status_code == 202
    ends_enrolled(stack, enrollment)
