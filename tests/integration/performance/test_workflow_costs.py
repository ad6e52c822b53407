"""No workflow costs Temporal more state transitions than tests/workflow_costs.py allows."""

from collections.abc import Callable

import pytest

from models.batches import BatchName
from models.ids import batch_workflow_id
from tests.integration.clients.batch_runs import complete_run, get_sync_workflow_id, pausing_schedule
from tests.integration.clients.device_setup import DeviceSetupClient
from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.service_calls import ServiceCallClient
from tests.integration.clients.unenrollments import UnenrollmentClient
from tests.workflow_costs import WORKFLOW_COSTS, WorkflowCost


def own_device(stack: RunningStack) -> str:
    return f"enroll/{stack.enroll()}"


def in_a_batch(stack: RunningStack) -> str:
    program = stack.unique_name("BATCHED")
    stack.add_program(program, sync_policy="batched")
    with pausing_schedule(stack, BatchName.SYNC_REQUEST_MONITOR):
        enrollment = stack.submit_accepted(stack.build_application(program=program))
        stack.wait_for_enrollment(enrollment, "enrolled")
        stack.wait_for_sync_request(enrollment, "pending")
        complete_run(stack, BatchName.SYNC_REQUEST_MONITOR)
        stack.wait_for_sync_request(enrollment, "synchronized")
    return f"enroll/{enrollment}"


def asked_after(stack: RunningStack) -> str:
    setup = DeviceSetupClient(stack)
    enrollment = setup.enroll(devices=[setup.build_device()])
    setup.head_end.close()
    return f"enroll/{enrollment}"


def installed(stack: RunningStack) -> str:
    installations = InstallationClient(stack)
    enrollment, order = installations.enroll_with_order()
    installations.post_accepted_completion(order)
    return f"enroll/{enrollment}"


def sent(stack: RunningStack) -> str:
    setup = DeviceSetupClient(stack)
    enrollment, shipment = setup.enroll_with_shipment()
    setup.post(shipment, "shipped").raise_for_status()
    setup.post(shipment, "delivered").raise_for_status()
    setup.post(shipment, "confirmed", confirmed_by="customer", **setup.build_device()).raise_for_status()
    setup.head_end.close()
    return f"enroll/{enrollment}"


def kept(stack: RunningStack) -> str:
    program = stack.unique_name("KEEP")
    stack.add_program(program)
    unenrollments = UnenrollmentClient(stack)
    return f"unenroll/{unenrollments.submit_accepted(unenrollments.enroll(program, devices=2))}"


def fetched(stack: RunningStack) -> str:
    unenrollments = UnenrollmentClient(stack)
    unenrollment = unenrollments.submit_accepted(unenrollments.enroll_lent(unenrollments.add_lending_program()))
    unenrollments.signal_completion(unenrollment, unenrollments.wait_for_order(unenrollment), "completed_as_ordered")
    return f"unenroll/{unenrollment}"


def shipped_back(stack: RunningStack) -> str:
    unenrollments = UnenrollmentClient(stack)
    unenrollment = unenrollments.submit_accepted(
        unenrollments.enroll_lent(unenrollments.add_lending_program(removal_method="ship_back"))
    )
    device = unenrollments.wait_for_state(unenrollment, "removing")["devices"][0]["id"]
    unenrollments.post_accepted(unenrollment, f"devices/{device}/received")
    return f"unenroll/{unenrollment}"


def advised(stack: RunningStack) -> str:
    return f"service-call/{ServiceCallClient(stack).submit_accepted(stack.enroll(), action='advice')}"


def restarted(stack: RunningStack) -> str:
    service_calls = ServiceCallClient(stack)
    return f"service-call/{service_calls.submit_accepted(service_calls.enroll_battery(), action='remote_action')}"


def repaired(stack: RunningStack) -> str:
    service_calls = ServiceCallClient(stack)
    call, order = service_calls.submit_with_visit(service_calls.enroll_battery())
    service_calls.post_accepted_completion(order, "repaired_on_site")
    return f"service-call/{call}"


def replaced(stack: RunningStack) -> str:
    service_calls = ServiceCallClient(stack)
    enrollment = service_calls.enroll_battery()
    call, order = service_calls.submit_with_visit(enrollment)
    service_calls.post_accepted_completion(
        order, "device_replaced", **service_calls.build_replacement(enrollment, "franklinwh-apower-2")
    )
    return f"service-call/{call}"


def separate_sync(stack: RunningStack) -> str:
    enrollment = stack.enroll()
    stack.database.execute("DELETE FROM sync_request WHERE enrollment_id = $1", enrollment)
    complete_run(stack, BatchName.INITIAL_LOAD)
    return get_sync_workflow_id(stack, stack.wait_for_sync_request(enrollment, "synchronized")["id"])


def a_run_of(batch: BatchName) -> Callable[[RunningStack], str]:
    return lambda stack: batch_workflow_id(batch, complete_run(stack, batch)["id"])


JOURNEYS: dict[str, Callable[[RunningStack], str]] = {
    "a customer-owned device is enrolled": own_device,
    "the same, with its message sent in a batch": in_a_batch,
    "the same, after a status check of the device": asked_after,
    "a technician installs a device": installed,
    "a device is shipped, delivered, confirmed and checked": sent,
    "the devices of an unenrollment stay at the premise": kept,
    "a technician removes a device": fetched,
    "a device is shipped back": shipped_back,
    "a service call ends with advice": advised,
    "a head-end restarts a device": restarted,
    "a technician repairs a device": repaired,
    "a technician replaces a device": replaced,
    "a separate workflow sends a message": separate_sync,
    "a run of the initial load": a_run_of(BatchName.INITIAL_LOAD),
    "a run of the sync request monitor": a_run_of(BatchName.SYNC_REQUEST_MONITOR),
    "a run of the reconciliation": a_run_of(BatchName.RECONCILIATION),
}
"""Each completes a process and returns the id of its workflow."""


@pytest.mark.parametrize("name", WORKFLOW_COSTS)
def test_a_workflow_stays_within_its_cost(stack: RunningStack, name: str) -> None:
    ended = stack.wait_for_workflow_end(JOURNEYS[name](stack))
    cost = WorkflowCost(ended.raw_description.workflow_execution_info.state_transition_count, ended.history_length)
    allowed = WORKFLOW_COSTS[name]
    assert cost.transitions <= allowed.transitions, cost
    assert cost.events <= allowed.events, cost
