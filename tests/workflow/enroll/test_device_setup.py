"""Shipments take weeks and devices answer late: each enrollment has one end, with reminders on the way."""

from temporalio.testing import WorkflowEnvironment

from models.catalog.service_tasks import SetupStep
from models.messages.search_attributes import WorkflowStage
from models.states.enrollment import EnrollmentState
from models.states.head_end import HeadEndOutcome
from models.states.shipment import ShipmentState
from tests.workflow.stand_ins.device_setup import DeviceSetupRun, run_device_setup

SHIP, CHECK = SetupStep.SHIP_DEVICE, SetupStep.DEVICE_STATUS_CHECK
SHIPPED, DELIVERED, CONFIRMED = ShipmentState.SHIPPED, ShipmentState.DELIVERED, ShipmentState.CONFIRMED
OK, OFFLINE = HeadEndOutcome.OK, HeadEndOutcome.OFFLINE


async def _ends(run: DeviceSetupRun, state: EnrollmentState = EnrollmentState.ENROLLED) -> None:
    assert (await run.result()).state is state


async def test_a_confirmation_enrolls_and_its_duplicate_changes_nothing(environment: WorkflowEnvironment) -> None:
    async with run_device_setup(environment, SHIP) as run:
        await run.wait_for_attributes(WorkflowStage.AWAITING_SHIPMENT)
        await run.advance_shipment(SHIPPED, DELIVERED)
        await run.advance_shipment(CONFIRMED)
        await run.advance_shipment()
        await _ends(run)


async def test_an_unconfirmed_shipment_is_reminded_escalated_and_expires(environment: WorkflowEnvironment) -> None:
    async with run_device_setup(environment, SHIP) as run:
        await _ends(run, EnrollmentState.EXPIRED)
        assert run.setup.reminders == ["reminded", "escalated"]


async def test_reminders_count_from_the_last_shipment_update(environment: WorkflowEnvironment) -> None:
    async with run_device_setup(environment, SHIP) as run:
        await run.wait_for_details("the warehouse to send it")
        await run.skip_time(days=8)
        await run.advance_shipment(SHIPPED, DELIVERED)
        await run.wait_for_details("the customer to install it")
        await run.skip_time(days=8)
        assert run.setup.reminders == ["reminded", "reminded"]


async def test_an_unsignaled_confirmation_wins_over_expiry(environment: WorkflowEnvironment) -> None:
    async with run_device_setup(environment, SHIP) as run:
        await run.wait_for_details("the warehouse to send it")
        await run.advance_shipment(SHIPPED, DELIVERED, CONFIRMED, signaled=False)
        run.setup.reminders.clear()
        await _ends(run)


async def test_a_refused_device_is_confirmed_again_by_the_customer(environment: WorkflowEnvironment) -> None:
    async with run_device_setup(environment, SHIP) as run:
        run.setup.refusals = ["Taken by another."]
        await run.wait_for_details("the warehouse to send it")
        await run.advance_shipment(SHIPPED, DELIVERED, CONFIRMED)
        await run.wait_for_details("the customer to install it")
        await run.advance_shipment(CONFIRMED)
        await _ends(run)


async def test_a_returned_shipment_is_sent_again_by_a_retry(environment: WorkflowEnvironment) -> None:
    async with run_device_setup(environment, SHIP) as run:
        await run.wait_for_details("the warehouse to send it")
        await run.advance_shipment(SHIPPED, ShipmentState.RETURNED)
        await run.wait_until_parked()
        await run.retry_enrollment()
        await run.wait_for_details("the warehouse to send it")
        assert len(run.setup.shipments) == 2
        await run.advance_shipment(SHIPPED, DELIVERED, CONFIRMED)
        await _ends(run)


async def test_an_enrollment_with_a_shipment_in_transit_is_cancelled(environment: WorkflowEnvironment) -> None:
    async with run_device_setup(environment, SHIP, CHECK) as run:
        await run.wait_for_details("the warehouse to send it")
        await run.handle.signal("cancel_requested", {"reason": "moved"})
        await _ends(run, EnrollmentState.CANCELLED)
        assert run.setup.head_end.asked == []


async def test_a_device_that_answers_later_enrolls(environment: WorkflowEnvironment) -> None:
    async with run_device_setup(environment, CHECK) as run:
        await run.wait_for_details("Waiting for the head-end")
        await run.answer_head_end_request(OK)
        await _ends(run)
        assert len(run.setup.head_end.asked) == 1


async def test_an_answer_whose_callback_was_lost_is_queried(environment: WorkflowEnvironment) -> None:
    async with run_device_setup(environment, CHECK) as run:
        await run.wait_for_details("Waiting for the head-end")
        await run.answer_head_end_request(OK, signaled=False)
        await run.skip_time(minutes=16)
        await _ends(run)
        assert len(run.setup.head_end.asked) == 1


async def test_a_late_answer_still_counts(environment: WorkflowEnvironment) -> None:
    async with run_device_setup(environment, CHECK) as run:
        await run.wait_for_details("Waiting for the head-end")
        await run.skip_time(minutes=16)
        await run.wait_until_parked()
        await run.answer_head_end_request(OK)
        await _ends(run)
        assert len(run.setup.head_end.asked) == 1


async def test_an_offline_device_is_queried_until_it_answers(environment: WorkflowEnvironment) -> None:
    async with run_device_setup(environment, CHECK, answers=[OFFLINE, OFFLINE, OK]) as run:
        await _ends(run)
        assert len(run.setup.head_end.asked) == 3


async def test_a_retry_queries_the_device_immediately(environment: WorkflowEnvironment) -> None:
    async with run_device_setup(environment, CHECK, answers=[OFFLINE, OK]) as run:
        await run.wait_until_parked()
        await run.retry_enrollment()
        await _ends(run)


async def test_a_device_of_the_customers_own_that_never_answers_expires(environment: WorkflowEnvironment) -> None:
    async with run_device_setup(environment, CHECK) as run:
        await _ends(run, EnrollmentState.EXPIRED)
        assert len(run.setup.head_end.asked) < 70


async def test_a_parked_status_check_can_be_cancelled(environment: WorkflowEnvironment) -> None:
    async with run_device_setup(environment, CHECK, answers=[OFFLINE]) as run:
        await run.wait_until_parked()
        await run.handle.signal("cancel_requested", {"reason": "moved"})
        await _ends(run, EnrollmentState.CANCELLED)


async def test_an_undecodable_answer_changes_nothing(environment: WorkflowEnvironment) -> None:
    async with run_device_setup(environment, CHECK) as run:
        await run.wait_for_details("Waiting for the head-end")
        await run.handle.signal("head_end_answered", {"request_id": [1]})
        await run.answer_head_end_request(OK)
        await _ends(run)
