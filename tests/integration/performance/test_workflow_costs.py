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


def own_device(doors: RunningStack) -> str:
    return f"enroll/{doors.enroll()}"


def in_a_batch(doors: RunningStack) -> str:
    program = doors.unique_name("BATCHED")
    doors.add_program(program, sync_policy="batched")
    with pausing_schedule(doors, BatchName.SYNC_REQUEST_MONITOR):
        enrollment = doors.submit_accepted(doors.build_application(program=program))
        doors.wait_for_enrollment(enrollment, "enrolled")
        doors.wait_for_sync_request(enrollment, "pending")
        complete_run(doors, BatchName.SYNC_REQUEST_MONITOR)
        doors.wait_for_sync_request(enrollment, "synchronized")
    return f"enroll/{enrollment}"


def asked_after(doors: RunningStack) -> str:
    setup = DeviceSetupClient(doors)
    enrollment = setup.enroll(devices=[setup.build_device()])
    setup.head_end.close()
    return f"enroll/{enrollment}"


def installed(doors: RunningStack) -> str:
    field = InstallationClient(doors)
    enrollment, order = field.enroll_with_order()
    field.post_accepted_completion(order)
    return f"enroll/{enrollment}"


def sent(doors: RunningStack) -> str:
    setup = DeviceSetupClient(doors)
    enrollment, shipment = setup.enroll_with_shipment()
    setup.post(shipment, "shipped").raise_for_status()
    setup.post(shipment, "delivered").raise_for_status()
    setup.post(shipment, "confirmed", confirmed_by="customer", **setup.build_device()).raise_for_status()
    setup.head_end.close()
    return f"enroll/{enrollment}"


def kept(doors: RunningStack) -> str:
    program = doors.unique_name("KEEP")
    doors.add_program(program)
    leaving = UnenrollmentClient(doors)
    return f"unenroll/{leaving.submit_accepted(leaving.enroll(program, devices=2))}"


def fetched(doors: RunningStack) -> str:
    leaving = UnenrollmentClient(doors)
    unenrollment = leaving.submit_accepted(leaving.enroll_lent(leaving.add_lending_program()))
    leaving.signal_completion(unenrollment, leaving.wait_for_order(unenrollment), "completed_as_ordered")
    return f"unenroll/{unenrollment}"


def shipped_back(doors: RunningStack) -> str:
    leaving = UnenrollmentClient(doors)
    unenrollment = leaving.submit_accepted(leaving.enroll_lent(leaving.add_lending_program(removal_method="ship_back")))
    device = leaving.wait_for_state(unenrollment, "removing")["devices"][0]["id"]
    leaving.post_accepted(unenrollment, f"devices/{device}/received")
    return f"unenroll/{unenrollment}"


def advised(doors: RunningStack) -> str:
    return f"service-call/{ServiceCallClient(doors).submit_accepted(doors.enroll(), action='advice')}"


def restarted(doors: RunningStack) -> str:
    calling = ServiceCallClient(doors)
    return f"service-call/{calling.submit_accepted(calling.enroll_battery(), action='remote_action')}"


def repaired(doors: RunningStack) -> str:
    calling = ServiceCallClient(doors)
    call, order = calling.submit_with_visit(calling.enroll_battery())
    calling.post_accepted_completion(order, "repaired_on_site")
    return f"service-call/{call}"


def replaced(doors: RunningStack) -> str:
    calling = ServiceCallClient(doors)
    enrollment = calling.enroll_battery()
    call, order = calling.submit_with_visit(enrollment)
    calling.post_accepted_completion(
        order, "device_replaced", **calling.build_replacement(enrollment, "franklinwh-apower-2")
    )
    return f"service-call/{call}"


def handed_over(doors: RunningStack) -> str:
    enrollment = doors.enroll()
    doors.database.execute("DELETE FROM sync_request WHERE enrollment_id = $1", enrollment)
    complete_run(doors, BatchName.INITIAL_LOAD)
    return get_sync_workflow_id(doors, doors.wait_for_sync_request(enrollment, "synchronized")["id"])


def a_run_of(batch: BatchName) -> Callable[[RunningStack], str]:
    return lambda doors: batch_workflow_id(batch, complete_run(doors, batch)["id"])


JOURNEYS: dict[str, Callable[[RunningStack], str]] = {
    "an own device is enrolled": own_device,
    "the same, its message sent in a batch": in_a_batch,
    "the same, its head-end asked first": asked_after,
    "a device is installed by a technician": installed,
    "a device is sent, delivered, confirmed and asked after": sent,
    "devices leave and stay where they are": kept,
    "a device is fetched by a technician": fetched,
    "a device is shipped back": shipped_back,
    "a service call ends with advice": advised,
    "a device is restarted by its head-end": restarted,
    "a device is repaired by a technician": repaired,
    "a device is replaced by a technician": replaced,
    "a message is handed over by a flow of its own": handed_over,
    "a run of the initial load": a_run_of(BatchName.INITIAL_LOAD),
    "a run of the sync request monitor": a_run_of(BatchName.SYNC_REQUEST_MONITOR),
    "a run of the reconciliation": a_run_of(BatchName.RECONCILIATION),
}
"""Each completes a process and returns the id of its workflow."""


@pytest.mark.parametrize("flow", WORKFLOW_COSTS)
def test_a_workflow_stays_within_its_cost(doors: RunningStack, flow: str) -> None:
    ended = doors.wait_for_workflow_end(JOURNEYS[flow](doors))
    cost = WorkflowCost(ended.raw_description.workflow_execution_info.state_transition_count, ended.history_length)
    allowed = WORKFLOW_COSTS[flow]
    assert cost.transitions <= allowed.transitions, cost
    assert cost.events <= allowed.events, cost
