"""No flow costs Temporal more state transitions than tests/costs.py allows it."""

from collections.abc import Callable

import pytest

from models.batches import BatchName
from models.ids import batch_workflow_id
from tests.costs import COSTS, Cost
from tests.integration.batches import at_rest, flow_of, ran
from tests.integration.calling import Calling
from tests.integration.doors import Doors
from tests.integration.installing import Installing
from tests.integration.leaving import Leaving
from tests.integration.setting_up import Setup


def own_device(doors: Doors) -> str:
    return f"enroll/{doors.enrolled()}"


def in_a_batch(doors: Doors) -> str:
    program = doors.name("BATCHED")
    doors.offer(program, sync_policy="batched")
    with at_rest(doors, BatchName.SYNC_REQUEST_MONITOR):
        enrollment = doors.accepted(doors.application(program=program))
        doors.reaches(enrollment, "enrolled")
        doors.told(enrollment, "pending")
        ran(doors, BatchName.SYNC_REQUEST_MONITOR)
        doors.told(enrollment, "synchronized")
    return f"enroll/{enrollment}"


def asked_after(doors: Doors) -> str:
    setup = Setup(doors)
    enrollment = setup.applied(devices=[setup.device()])
    setup.cloud.close()
    return f"enroll/{enrollment}"


def installed(doors: Doors) -> str:
    field = Installing(doors)
    enrollment, order = field.ordered()
    field.reported(order)
    return f"enroll/{enrollment}"


def sent(doors: Doors) -> str:
    setup = Setup(doors)
    enrollment, shipment = setup.shipped()
    setup.do(shipment, "shipped").raise_for_status()
    setup.do(shipment, "delivered").raise_for_status()
    setup.do(shipment, "confirmed", confirmed_by="customer", **setup.device()).raise_for_status()
    setup.cloud.close()
    return f"enroll/{enrollment}"


def kept(doors: Doors) -> str:
    program = doors.name("KEEP")
    doors.offer(program)
    leaving = Leaving(doors)
    return f"unenroll/{leaving.asked(leaving.enrolled(program, devices=2))}"


def fetched(doors: Doors) -> str:
    leaving = Leaving(doors)
    unenrollment = leaving.asked(leaving.lent(leaving.lend()))
    leaving.report(unenrollment, leaving.order(unenrollment), "completed_as_ordered")
    return f"unenroll/{unenrollment}"


def shipped_back(doors: Doors) -> str:
    leaving = Leaving(doors)
    unenrollment = leaving.asked(leaving.lent(leaving.lend(removal_method="ship_back")))
    device = leaving.reaches(unenrollment, "removing")["devices"][0]["id"]
    leaving.done(unenrollment, f"devices/{device}/received")
    return f"unenroll/{unenrollment}"


def advised(doors: Doors) -> str:
    return f"service-call/{Calling(doors).opened(doors.enrolled(), action='advice')}"


def restarted(doors: Doors) -> str:
    calling = Calling(doors)
    return f"service-call/{calling.opened(calling.battery(), action='remote_action')}"


def repaired(doors: Doors) -> str:
    calling = Calling(doors)
    call, order = calling.visited(calling.battery())
    calling.reported(order, "repaired_on_site")
    return f"service-call/{call}"


def replaced(doors: Doors) -> str:
    calling = Calling(doors)
    enrollment = calling.battery()
    call, order = calling.visited(enrollment)
    calling.reported(order, "device_replaced", **calling.swap(enrollment, "franklinwh-apower-2"))
    return f"service-call/{call}"


def handed_over(doors: Doors) -> str:
    enrollment = doors.enrolled()
    doors.database.execute("DELETE FROM sync_request WHERE enrollment_id = $1", enrollment)
    ran(doors, BatchName.INITIAL_LOAD)
    return flow_of(doors, doors.told(enrollment, "synchronized")["id"])


def a_run_of(batch: BatchName) -> Callable[[Doors], str]:
    return lambda doors: batch_workflow_id(batch, ran(doors, batch)["id"])


JOURNEYS: dict[str, Callable[[Doors], str]] = {
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
"""Each gives the id of the flow that it ends."""


@pytest.mark.parametrize("flow", COSTS)
def test_a_flow_costs_no_more_than_it_may(doors: Doors, flow: str) -> None:
    ended = doors.ended(JOURNEYS[flow](doors))
    cost = Cost(ended.raw_description.workflow_execution_info.state_transition_count, ended.history_length)
    allowed = COSTS[flow]
    assert cost.transitions <= allowed.transitions, cost
    assert cost.events <= allowed.events, cost
