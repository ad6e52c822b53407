"""The initial load sets going what does not run, and nothing twice."""

from datetime import UTC, datetime, timedelta

from tests.integration.batches import ended, flow_of, lost_before_its_start, ran, rested, run, terminated
from tests.integration.calling import Calling
from tests.integration.doors import Doors
from tests.integration.leaving import Leaving
from tests.patience import wait_for


def test_an_enrolment_whose_start_was_lost_ends_synchronized(doors: Doors) -> None:
    enrollment = lost_before_its_start(doors)
    rested(doors, enrollment)
    assert ran(doors, "initial-load")["counts"]["started"] >= 1
    doors.told(enrollment, "synchronized")


def test_what_was_asked_in_time_is_judged_by_that_day_however_late_it_is_decided(doors: Doors) -> None:
    """The window has closed since, and the day on which it was to start has passed."""
    program, yesterday = doors.name("LATE"), (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    doors.offer(program, enrollment_window={"closes": yesterday})
    enrollment = lost_before_its_start(doors, program=program, start_date=yesterday)
    rested(doors, enrollment)
    long_ago = "UPDATE enrollment SET submitted_at = submitted_at - interval '3 days' WHERE id = $1"
    doors.database.execute(long_ago, enrollment)
    ran(doors, "initial-load")
    doors.told(enrollment, "synchronized")


def test_what_was_submitted_a_moment_ago_is_left_alone(doors: Doors) -> None:
    enrollment = lost_before_its_start(doors)
    ran(doors, "initial-load")
    assert doors.enrollment(enrollment)["state"] == "submitted"


def test_two_runs_at_once_start_a_flow_once(doors: Doors) -> None:
    enrollments = [lost_before_its_start(doors) for _ in range(3)]
    for enrollment in enrollments:
        rested(doors, enrollment)
    for door in [run(doors, "initial-load"), run(doors, "initial-load")]:
        assert ended(doors, door)["state"] == "completed"
    told = [doors.told(enrollment, "synchronized") for enrollment in enrollments]
    assert [one["attempts"] for one in told] == [1, 1, 1]
    assert [len(doors.enrollment(enrollment)["sync_requests"]) for enrollment in enrollments] == [1, 1, 1]


def test_a_flow_broken_off_while_it_told_the_derms_is_taken_over(doors: Doors) -> None:
    doors.faults(acknowledge="never")
    enrollment = doors.accepted(doors.application())
    told = doors.told(enrollment, "awaiting_acknowledgement")
    terminated(doors, f"enroll/{enrollment}")
    rested(doors, enrollment)
    assert wait_for(lambda: ran(doors, "initial-load")["counts"].get("handed_over"))
    assert flow_of(doors, told["id"]) == f"hand-over/{told['id']}"
    doors.derms.post(f"/sync-messages/{told['id']}/acknowledge").raise_for_status()
    doors.told(enrollment, "synchronized")


def test_a_waitlisted_flow_broken_off_waits_again(doors: Doors) -> None:
    program = doors.name("FULL")
    doors.offer(program, capacity={"customers": 1, "waitlist": True})
    doors.enrolled(program=program)
    second = doors.accepted(doors.application(program=program))
    doors.reaches(second, "waitlisted")
    terminated(doors, f"enroll/{second}")
    rested(doors, second)
    assert wait_for(lambda: ran(doors, "initial-load")["counts"].get("started"))
    wait_for(lambda: doors.flow(second).close_time is None)
    assert doors.enrollment(second)["state"] == "waitlisted"


def test_an_unenrolment_and_a_service_call_broken_off_go_on_where_they_were(doors: Doors) -> None:
    leaving, calling = Leaving(doors), Calling(doors)
    unenrollment = leaving.asked(leaving.lent(leaving.lend()))
    fetched = leaving.order(unenrollment)
    call, visited = calling.visited(calling.battery())
    for table, request in (("unenrollment", unenrollment), ("service_call", call)):
        doors.database.execute(f"UPDATE {table} SET updated_at = now() - interval '1 hour' WHERE id = $1", request)
    flows = (f"unenroll/{unenrollment}", f"service-call/{call}")
    for flow in flows:
        terminated(doors, flow)
    ran(doors, "initial-load")
    wait_for(lambda: all(doors.described(flow).close_time is None for flow in flows))
    leaving.report(unenrollment, fetched, "completed_as_ordered")
    calling.reported(visited, "repaired_on_site")
    assert leaving.over(unenrollment)["devices"][0]["work_order"] == fetched
    assert [one["id"] for one in calling.reaches(call, "closed")["work_orders"]] == [visited["id"]]


def test_a_replacement_that_the_derms_was_never_to_be_told_of_is_announced(doors: Doors) -> None:
    calling = Calling(doors)
    enrollment = calling.battery()
    call, order = calling.visited(enrollment)
    calling.reported(order, "device_replaced", **calling.swap(enrollment, "tesla-powerwall-3"))
    calling.reaches(call, "closed")
    doors.database.execute("DELETE FROM sync_request WHERE journey = $1", call)
    assert ran(doors, "initial-load")["counts"]["sync_requests_made"] == 1
    assert doors.told(enrollment, "synchronized")["kind"] == "replace_device"


def test_a_flow_that_runs_is_left_alone(doors: Doors) -> None:
    doors.faults(acknowledge="never")
    enrollment = doors.accepted(doors.application())
    told = doors.told(enrollment, "awaiting_acknowledgement")
    rested(doors, enrollment)
    ran(doors, "initial-load")
    assert flow_of(doors, told["id"]) == f"enroll/{enrollment}"


def test_a_subscription_that_the_derms_was_never_to_be_told_of_is_announced(doors: Doors) -> None:
    enrollment = doors.enrolled()
    doors.database.execute("DELETE FROM sync_request WHERE enrollment_id = $1", enrollment)
    assert ran(doors, "initial-load")["counts"]["sync_requests_made"] == 1
    assert doors.told(enrollment, "synchronized")["kind"] == "enroll"
    assert ran(doors, "initial-load")["counts"]["sync_requests_made"] == 0
