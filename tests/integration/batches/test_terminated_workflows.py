"""The next batch finds a terminated workflow, in whatever open state its record is, and restarts it."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from models.ids import enrollment_workflow_id, service_call_workflow_id, unenrollment_workflow_id
from models.states.enrollment import ENROLLMENT_TRANSITIONS, EnrollmentState
from models.states.service_call import SERVICE_CALL_TRANSITIONS, ServiceCallState
from models.states.sync_request import SYNC_TRANSITIONS
from models.states.unenrollment import UNENROLLMENT_TRANSITIONS, UnenrollmentState
from tests.integration.clients.batch_runs import complete_run, terminate_workflow
from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.service_calls import ServiceCallClient
from tests.integration.clients.unenrollments import UnenrollmentClient
from tests.waiting import wait_for

HOUR = "now() - interval '1 hour'"


class Left(NamedTuple):
    """A record in an open state whose workflow was terminated."""

    table: str
    id: str
    state: str
    workflow_id: str
    run_id: str


def open_states(transitions: dict[Any, frozenset[Any]], *also_done: Any) -> list[Any]:
    """Return the states that are not final."""
    return [state for state, after in transitions.items() if after and state not in also_done]


class Leftovers:
    """Creates records, terminates their workflows, and leaves each in an open state of its kind."""

    def __init__(self, stack: RunningStack) -> None:
        self._stack = stack
        self.left: list[Left] = []

    def leave(self, table: str, states: list[Any], make: Callable[[], str], workflow_of: Callable[[str], str]) -> None:
        for state in states:
            made = make()
            self._leave(table, made, state, workflow_of(made))

    def _leave(self, table: str, made: str, state: str, workflow_id: str) -> None:
        run_id = self._stack.describe_workflow(workflow_id).run_id
        terminate_workflow(self._stack, workflow_id)
        extra = ", resume_state = $3" if table != "sync_request" and state == "needs_attention" else ""
        before = [wait_for(lambda: self._state(table, made))] if extra else []
        change = f"UPDATE {table} SET state = $2, updated_at = {HOUR}{extra} WHERE id = $1"
        self._stack.database.execute(change, made, state, *before)
        self.left.append(Left(table, made, state, workflow_id, run_id))

    def _state(self, table: str, made: str) -> str:
        return self._stack.database.value(f"SELECT state FROM {table} WHERE id = $1", made)

    def set_going(self, one: Left) -> bool:
        """Return whether the record has another workflow run, or another workflow notifies the DERMS for it."""
        if one.table == "sync_request":
            workflow_id = self._stack.database.value("SELECT workflow_id FROM sync_request WHERE id = $1", one.id)
            return workflow_id != one.workflow_id
        return self._stack.describe_workflow(one.workflow_id).run_id != one.run_id

    def clear(self) -> None:
        """Remove what no other test shall find."""
        for one in self.left:
            found = self._stack.describe_workflow(one.workflow_id)
            if found.close_time is None:
                terminate_workflow(self._stack, one.workflow_id)
            self._stack.database.execute(f"UPDATE {one.table} SET state = 'cancelled' WHERE id = $1", one.id)


@pytest.fixture
def leftovers(stack: RunningStack) -> Iterator[Leftovers]:
    made = Leftovers(stack)
    yield made
    made.clear()


def waitlisted(stack: RunningStack) -> Callable[[], str]:
    program = stack.unique_name("FULL")
    stack.add_program(program, capacity={"customers": 0, "waitlist": True})

    def make() -> str:
        enrollment = stack.submit_accepted(stack.build_application(program=program))
        stack.wait_for_enrollment(enrollment, "waitlisted")
        return enrollment

    return make


def asked_to_leave(stack: RunningStack) -> Callable[[], str]:
    leaving = UnenrollmentClient(stack)

    def make() -> str:
        unenrollment = leaving.submit_accepted(stack.enroll(), reason="non_participation")
        leaving.wait_for_state(unenrollment, "awaiting_approval")
        return unenrollment

    return make


def undecided(stack: RunningStack) -> Callable[[], str]:
    service_calls = ServiceCallClient(stack)

    def make() -> str:
        call = service_calls.submit_accepted(service_calls.enroll_battery())
        service_calls.wait_for_state(call, "troubleshooting")
        return call

    return make


def untold(stack: RunningStack) -> Callable[[], str]:
    def make() -> str:
        stack.set_derms_faults(acknowledge="never")
        return stack.wait_for_sync_request(
            stack.submit_accepted(stack.build_application()), "awaiting_acknowledgement"
        )["id"]

    return make


@pytest.mark.soak
def test_a_workflow_terminated_in_any_open_state_is_restarted(stack: RunningStack, leftovers: Leftovers) -> None:
    enrollments = open_states(ENROLLMENT_TRANSITIONS, EnrollmentState.ENROLLED)
    leftovers.leave("enrollment", enrollments, waitlisted(stack), enrollment_workflow_id)
    unenrollments = open_states(UNENROLLMENT_TRANSITIONS)
    leftovers.leave("unenrollment", unenrollments, asked_to_leave(stack), unenrollment_workflow_id)
    calls = open_states(SERVICE_CALL_TRANSITIONS)
    leftovers.leave("service_call", calls, undecided(stack), service_call_workflow_id)
    all_are_set_going(stack, leftovers)


@pytest.mark.soak
def test_a_sync_request_of_a_terminated_workflow_is_sent_by_another(stack: RunningStack, leftovers: Leftovers) -> None:
    def workflow_of(request: str) -> str:
        return stack.database.value("SELECT workflow_id FROM sync_request WHERE id = $1", request)

    leftovers.leave("sync_request", open_states(SYNC_TRANSITIONS), untold(stack), workflow_of)
    all_are_set_going(stack, leftovers)


def test_a_workflow_terminated_while_parked_is_restarted(stack: RunningStack, leftovers: Leftovers) -> None:
    leftovers.leave("enrollment", [EnrollmentState.NEEDS_ATTENTION], waitlisted(stack), enrollment_workflow_id)
    leftovers.leave(
        "unenrollment", [UnenrollmentState.NEEDS_ATTENTION], asked_to_leave(stack), unenrollment_workflow_id
    )
    leftovers.leave("service_call", [ServiceCallState.NEEDS_ATTENTION], undecided(stack), service_call_workflow_id)
    all_are_set_going(stack, leftovers)


def all_are_set_going(stack: RunningStack, leftovers: Leftovers) -> None:
    assert leftovers.left

    def forgotten() -> list[Left]:
        return [one for one in leftovers.left if not leftovers.set_going(one)]

    # A batch may see workflows as they were a few seconds ago.
    for _ in range(5):
        complete_run(stack, "initial-load")
        if not forgotten():
            return
    wait_for(lambda: not forgotten())
    assert forgotten() == []
