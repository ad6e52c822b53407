"""The initial load starts what does not run, and nothing twice."""

from datetime import UTC, datetime, timedelta

from tests.integration.clients.batch_runs import (
    backdate_enrollment,
    complete_run,
    enroll_without_start,
    get_sync_workflow_id,
    start_run,
    terminate_workflow,
    wait_for_run,
)
from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.service_calls import ServiceCallClient
from tests.integration.clients.unenrollments import UnenrollmentClient
from tests.waiting import wait_for


def test_an_enrollment_with_a_lost_start_ends_synchronized(doors: RunningStack) -> None:
    enrollment = enroll_without_start(doors)
    backdate_enrollment(doors, enrollment)
    assert complete_run(doors, "initial-load")["counts"]["started"] >= 1
    doors.wait_for_sync_request(enrollment, "synchronized")


def test_a_timely_application_is_decided_by_its_submission_date(doors: RunningStack) -> None:
    """The application window has closed since, and the requested start date has passed."""
    program, yesterday = doors.unique_name("LATE"), (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    doors.add_program(program, enrollment_window={"closes": yesterday})
    enrollment = enroll_without_start(doors, program=program, start_date=yesterday)
    backdate_enrollment(doors, enrollment)
    long_ago = "UPDATE enrollment SET submitted_at = submitted_at - interval '3 days' WHERE id = $1"
    doors.database.execute(long_ago, enrollment)
    complete_run(doors, "initial-load")
    doors.wait_for_sync_request(enrollment, "synchronized")


def test_a_recently_submitted_request_is_left_alone(doors: RunningStack) -> None:
    enrollment = enroll_without_start(doors)
    complete_run(doors, "initial-load")
    assert doors.get_enrollment(enrollment)["state"] == "submitted"


def test_two_simultaneous_runs_start_a_workflow_once(doors: RunningStack) -> None:
    enrollments = [enroll_without_start(doors) for _ in range(3)]
    for enrollment in enrollments:
        backdate_enrollment(doors, enrollment)
    for door in [start_run(doors, "initial-load"), start_run(doors, "initial-load")]:
        assert wait_for_run(doors, door)["state"] == "completed"
    told = [doors.wait_for_sync_request(enrollment, "synchronized") for enrollment in enrollments]
    assert [one["attempts"] for one in told] == [1, 1, 1]
    assert [len(doors.get_enrollment(enrollment)["sync_requests"]) for enrollment in enrollments] == [1, 1, 1]


def test_a_workflow_terminated_during_synchronization_is_replaced(doors: RunningStack) -> None:
    doors.set_derms_faults(acknowledge="never")
    enrollment = doors.submit_accepted(doors.build_application())
    told = doors.wait_for_sync_request(enrollment, "awaiting_acknowledgement")
    terminate_workflow(doors, f"enroll/{enrollment}")
    backdate_enrollment(doors, enrollment)
    assert wait_for(lambda: complete_run(doors, "initial-load")["counts"].get("handed_over"))
    assert get_sync_workflow_id(doors, told["id"]) == f"hand-over/{told['id']}"
    doors.derms.post(f"/sync-messages/{told['id']}/acknowledge").raise_for_status()
    doors.wait_for_sync_request(enrollment, "synchronized")


def test_a_terminated_waitlisted_workflow_waits_again(doors: RunningStack) -> None:
    program = doors.unique_name("FULL")
    doors.add_program(program, capacity={"customers": 1, "waitlist": True})
    doors.enroll(program=program)
    second = doors.submit_accepted(doors.build_application(program=program))
    doors.wait_for_enrollment(second, "waitlisted")
    terminate_workflow(doors, f"enroll/{second}")
    backdate_enrollment(doors, second)
    assert wait_for(lambda: complete_run(doors, "initial-load")["counts"].get("started"))
    wait_for(lambda: doors.describe_enroll_workflow(second).close_time is None)
    assert doors.get_enrollment(second)["state"] == "waitlisted"


def test_a_terminated_unenrollment_and_service_call_resume(doors: RunningStack) -> None:
    leaving, calling = UnenrollmentClient(doors), ServiceCallClient(doors)
    unenrollment = leaving.submit_accepted(leaving.enroll_lent(leaving.add_lending_program()))
    fetched = leaving.wait_for_order(unenrollment)
    call, visited = calling.submit_with_visit(calling.enroll_battery())
    for table, request in (("unenrollment", unenrollment), ("service_call", call)):
        doors.database.execute(f"UPDATE {table} SET updated_at = now() - interval '1 hour' WHERE id = $1", request)
    flows = (f"unenroll/{unenrollment}", f"service-call/{call}")
    for flow in flows:
        terminate_workflow(doors, flow)
    complete_run(doors, "initial-load")
    wait_for(lambda: all(doors.describe_workflow(flow).close_time is None for flow in flows))
    leaving.signal_completion(unenrollment, fetched, "completed_as_ordered")
    calling.post_accepted_completion(visited, "repaired_on_site")
    assert leaving.wait_for_end(unenrollment)["devices"][0]["work_order"] == fetched
    assert [one["id"] for one in calling.wait_for_state(call, "closed")["work_orders"]] == [visited["id"]]


def test_a_replacement_without_a_sync_request_gets_one(doors: RunningStack) -> None:
    calling = ServiceCallClient(doors)
    enrollment = calling.enroll_battery()
    call, order = calling.submit_with_visit(enrollment)
    calling.post_accepted_completion(
        order, "device_replaced", **calling.build_replacement(enrollment, "tesla-powerwall-3")
    )
    calling.wait_for_state(call, "closed")
    doors.database.execute("DELETE FROM sync_request WHERE journey = $1", call)
    assert complete_run(doors, "initial-load")["counts"]["sync_requests_made"] == 1
    assert doors.wait_for_sync_request(enrollment, "synchronized")["kind"] == "replace_device"


def test_a_running_workflow_is_left_alone(doors: RunningStack) -> None:
    doors.set_derms_faults(acknowledge="never")
    enrollment = doors.submit_accepted(doors.build_application())
    told = doors.wait_for_sync_request(enrollment, "awaiting_acknowledgement")
    backdate_enrollment(doors, enrollment)
    complete_run(doors, "initial-load")
    assert get_sync_workflow_id(doors, told["id"]) == f"enroll/{enrollment}"


def test_a_subscription_without_a_sync_request_gets_one(doors: RunningStack) -> None:
    enrollment = doors.enroll()
    doors.database.execute("DELETE FROM sync_request WHERE enrollment_id = $1", enrollment)
    assert complete_run(doors, "initial-load")["counts"]["sync_requests_made"] == 1
    assert doors.wait_for_sync_request(enrollment, "synchronized")["kind"] == "enroll"
    assert complete_run(doors, "initial-load")["counts"]["sync_requests_made"] == 0
