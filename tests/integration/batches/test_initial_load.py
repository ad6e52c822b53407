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


def test_an_enrollment_with_a_lost_start_ends_synchronized(stack: RunningStack) -> None:
    enrollment = enroll_without_start(stack)
    backdate_enrollment(stack, enrollment)
    assert complete_run(stack, "initial-load")["counts"]["started"] >= 1
    stack.wait_for_sync_request(enrollment, "synchronized")


def test_a_timely_application_is_decided_by_its_submission_date(stack: RunningStack) -> None:
    """The application window has closed since, and the requested start date has passed."""
    program, yesterday = stack.unique_name("LATE"), (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    stack.add_program(program, enrollment_window={"closes": yesterday})
    enrollment = enroll_without_start(stack, program=program, start_date=yesterday)
    backdate_enrollment(stack, enrollment)
    long_ago = "UPDATE enrollment SET submitted_at = submitted_at - interval '3 days' WHERE id = $1"
    stack.database.execute(long_ago, enrollment)
    complete_run(stack, "initial-load")
    stack.wait_for_sync_request(enrollment, "synchronized")


def test_a_recently_submitted_request_is_left_alone(stack: RunningStack) -> None:
    enrollment = enroll_without_start(stack)
    complete_run(stack, "initial-load")
    assert stack.get_enrollment(enrollment)["state"] == "submitted"


def test_two_simultaneous_runs_start_a_workflow_once(stack: RunningStack) -> None:
    enrollments = [enroll_without_start(stack) for _ in range(3)]
    for enrollment in enrollments:
        backdate_enrollment(stack, enrollment)
    for path in [start_run(stack, "initial-load"), start_run(stack, "initial-load")]:
        assert wait_for_run(stack, path)["state"] == "completed"
    texts = [stack.wait_for_sync_request(enrollment, "synchronized") for enrollment in enrollments]
    assert [one["attempts"] for one in texts] == [1, 1, 1]
    assert [len(stack.get_enrollment(enrollment)["sync_requests"]) for enrollment in enrollments] == [1, 1, 1]


def test_a_workflow_terminated_during_synchronization_is_replaced(stack: RunningStack) -> None:
    stack.set_derms_faults(acknowledge="never")
    enrollment = stack.submit_accepted(stack.build_application())
    texts = stack.wait_for_sync_request(enrollment, "awaiting_acknowledgement")
    terminate_workflow(stack, f"enroll/{enrollment}")
    backdate_enrollment(stack, enrollment)
    assert wait_for(lambda: complete_run(stack, "initial-load")["counts"].get("handed_over"))
    assert get_sync_workflow_id(stack, texts["id"]) == f"hand-over/{texts['id']}"
    stack.derms.post(f"/sync-messages/{texts['id']}/acknowledge").raise_for_status()
    stack.wait_for_sync_request(enrollment, "synchronized")


def test_a_terminated_waitlisted_workflow_waits_again(stack: RunningStack) -> None:
    program = stack.unique_name("FULL")
    stack.add_program(program, capacity={"customers": 1, "waitlist": True})
    stack.enroll(program=program)
    second = stack.submit_accepted(stack.build_application(program=program))
    stack.wait_for_enrollment(second, "waitlisted")
    terminate_workflow(stack, f"enroll/{second}")
    backdate_enrollment(stack, second)
    assert wait_for(lambda: complete_run(stack, "initial-load")["counts"].get("started"))
    wait_for(lambda: stack.describe_enroll_workflow(second).close_time is None)
    assert stack.get_enrollment(second)["state"] == "waitlisted"


def test_a_terminated_unenrollment_and_service_call_resume(stack: RunningStack) -> None:
    unenrollments, service_calls = UnenrollmentClient(stack), ServiceCallClient(stack)
    unenrollment = unenrollments.submit_accepted(unenrollments.enroll_lent(unenrollments.add_lending_program()))
    fetched = unenrollments.wait_for_order(unenrollment)
    call, visited = service_calls.submit_with_visit(service_calls.enroll_battery())
    for table, request in (("unenrollment", unenrollment), ("service_call", call)):
        stack.database.execute(f"UPDATE {table} SET updated_at = now() - interval '1 hour' WHERE id = $1", request)
    workflow_ids = (f"unenroll/{unenrollment}", f"service-call/{call}")
    for workflow_id in workflow_ids:
        terminate_workflow(stack, workflow_id)
    complete_run(stack, "initial-load")
    wait_for(lambda: all(stack.describe_workflow(workflow_id).close_time is None for workflow_id in workflow_ids))
    unenrollments.signal_completion(unenrollment, fetched, "completed_as_ordered")
    service_calls.post_accepted_completion(visited, "repaired_on_site")
    assert unenrollments.wait_for_end(unenrollment)["devices"][0]["work_order"] == fetched
    assert [one["id"] for one in service_calls.wait_for_state(call, "closed")["work_orders"]] == [visited["id"]]


def test_a_replacement_without_a_sync_request_gets_one(stack: RunningStack) -> None:
    service_calls = ServiceCallClient(stack)
    enrollment = service_calls.enroll_battery()
    call, order = service_calls.submit_with_visit(enrollment)
    service_calls.post_accepted_completion(
        order, "device_replaced", **service_calls.build_replacement(enrollment, "tesla-powerwall-3")
    )
    service_calls.wait_for_state(call, "closed")
    stack.database.execute("DELETE FROM sync_request WHERE journey = $1", call)
    assert complete_run(stack, "initial-load")["counts"]["sync_requests_made"] == 1
    assert stack.wait_for_sync_request(enrollment, "synchronized")["kind"] == "replace_device"


def test_a_running_workflow_is_left_alone(stack: RunningStack) -> None:
    stack.set_derms_faults(acknowledge="never")
    enrollment = stack.submit_accepted(stack.build_application())
    texts = stack.wait_for_sync_request(enrollment, "awaiting_acknowledgement")
    backdate_enrollment(stack, enrollment)
    complete_run(stack, "initial-load")
    assert get_sync_workflow_id(stack, texts["id"]) == f"enroll/{enrollment}"


def test_a_subscription_without_a_sync_request_gets_one(stack: RunningStack) -> None:
    enrollment = stack.enroll()
    stack.database.execute("DELETE FROM sync_request WHERE enrollment_id = $1", enrollment)
    assert complete_run(stack, "initial-load")["counts"]["sync_requests_made"] == 1
    assert stack.wait_for_sync_request(enrollment, "synchronized")["kind"] == "enroll"
    assert complete_run(stack, "initial-load")["counts"]["sync_requests_made"] == 0
