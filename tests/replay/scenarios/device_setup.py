"""Scenarios for shipped devices and status checks, for every point where they can wait or end."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from temporalio.testing import WorkflowEnvironment

from models.catalog.service_tasks import SetupStep
from models.states.head_end import HeadEndOutcome
from models.states.shipment import ShipmentState
from tests.workflow.stand_ins.device_setup import DeviceSetupRun, run_device_setup

SHIP, CHECK = SetupStep.SHIP_DEVICE, SetupStep.DEVICE_STATUS_CHECK
SHIPPED, DELIVERED, CONFIRMED = ShipmentState.SHIPPED, ShipmentState.DELIVERED, ShipmentState.CONFIRMED
OK, OFFLINE = HeadEndOutcome.OK, HeadEndOutcome.OFFLINE
WAREHOUSE, CUSTOMER = "the warehouse to send it", "the customer to install it"


@asynccontextmanager
async def begun(
    environment: WorkflowEnvironment, *, steps: tuple[SetupStep, ...], **how: Any
) -> AsyncGenerator[DeviceSetupRun]:
    async with run_device_setup(environment, *steps, **how) as run:
        yield run


async def finished(run: DeviceSetupRun) -> None:
    await run.result()


async def ordered(run: DeviceSetupRun) -> None:
    await run.wait_for_details(WAREHOUSE)


async def delivered(run: DeviceSetupRun) -> None:
    await ordered(run)
    await run.advance_shipment(SHIPPED, DELIVERED)
    await run.wait_for_details(CUSTOMER)


async def confirmed(run: DeviceSetupRun) -> None:
    await delivered(run)
    await run.advance_shipment(CONFIRMED)
    await run.result()


async def returned(run: DeviceSetupRun) -> None:
    await ordered(run)
    await run.advance_shipment(SHIPPED, ShipmentState.RETURNED)
    await run.wait_until_parked()
    await run.retry_enrollment()
    await run.wait_for_details(WAREHOUSE)


async def sent_back(run: DeviceSetupRun) -> None:
    run.setup.refusals = ["Taken by another."]
    await delivered(run)
    await run.advance_shipment(CONFIRMED)
    await run.wait_for_details("could not be used: Taken by another.")


async def confirmed_anew(run: DeviceSetupRun) -> None:
    await sent_back(run)
    await run.advance_shipment(CONFIRMED)
    await run.result()


async def returned_after_all(run: DeviceSetupRun) -> None:
    await sent_back(run)
    await run.advance_shipment(ShipmentState.RETURNED)
    await run.wait_until_parked()


async def cancelled(run: DeviceSetupRun) -> None:
    await ordered(run)
    await run.cancel()
    await run.result()


async def asked(run: DeviceSetupRun) -> None:
    await run.wait_for_details("Waiting for the head-end")


async def answered(run: DeviceSetupRun) -> None:
    await asked(run)
    await run.answer_head_end_request(OK)
    await run.result()


async def offline(run: DeviceSetupRun) -> None:
    await run.wait_until_parked()


async def asked_again(run: DeviceSetupRun) -> None:
    await run.wait_until_parked()
    await run.retry_enrollment()
    await run.result()


async def asked_after(run: DeviceSetupRun) -> None:
    await asked(run)
    await run.skip_time(minutes=16)
    await run.wait_until_parked()
    await run.answer_head_end_request(OK)
    await run.result()


DEVICE_SETUP_SCENARIOS: dict[str, tuple[Callable[[DeviceSetupRun], Awaitable[object]], dict[str, Any]]] = {
    "shipment_ordered": (ordered, {"steps": (SHIP,)}),
    "shipment_delivered": (delivered, {"steps": (SHIP,)}),
    "shipment_confirmed": (confirmed, {"steps": (SHIP,)}),
    "shipment_returned": (returned, {"steps": (SHIP,)}),
    "shipment_sent_back": (sent_back, {"steps": (SHIP,)}),
    "shipment_confirmed_anew": (confirmed_anew, {"steps": (SHIP,)}),
    "shipment_sent_back_and_returned": (returned_after_all, {"steps": (SHIP,)}),
    "shipment_called_off": (cancelled, {"steps": (SHIP,)}),
    "shipment_confirmed_and_checked": (confirmed, {"steps": (SHIP, CHECK), "answers": [OK]}),
    "check_awaiting_an_answer": (asked, {"steps": (CHECK,)}),
    "check_answered_later": (answered, {"steps": (CHECK,)}),
    "check_answered_at_once": (finished, {"steps": (CHECK,), "answers": [OK]}),
    "check_offline": (offline, {"steps": (CHECK,), "answers": [OFFLINE]}),
    "check_asked_again": (asked_again, {"steps": (CHECK,), "answers": [OFFLINE, OK]}),
}

LATE: dict[str, tuple[Callable[[DeviceSetupRun], Awaitable[object]], dict[str, Any]]] = {
    "shipment_expired": (finished, {"steps": (SHIP,)}),
    "check_asked_after": (asked_after, {"steps": (CHECK,)}),
    "check_asked_again_by_itself": (finished, {"steps": (CHECK,), "answers": [OFFLINE, OK]}),
}
"""Scenarios that take hours or weeks."""
