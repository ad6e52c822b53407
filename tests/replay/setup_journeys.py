"""The setup of devices that come by parcel or are asked after, brought to every point where it can wait or end."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from temporalio.testing import WorkflowEnvironment

from models.catalog import SetupStep
from models.head_end import HeadEndOutcome
from models.messages.enroll import CANCEL_REQUESTED, CancelRequested
from models.task_states import ShipmentState
from tests.flow.setting_up import SettingUp, setting_up

SHIP, CHECK = SetupStep.SHIP_DEVICE, SetupStep.DEVICE_STATUS_CHECK
SHIPPED, DELIVERED, CONFIRMED = ShipmentState.SHIPPED, ShipmentState.DELIVERED, ShipmentState.CONFIRMED
OK, OFFLINE = HeadEndOutcome.OK, HeadEndOutcome.OFFLINE
WAREHOUSE, CUSTOMER = "the warehouse to send it", "the customer to install it"


@asynccontextmanager
async def begun(
    environment: WorkflowEnvironment, *, steps: tuple[SetupStep, ...], **how: Any
) -> AsyncGenerator[SettingUp]:
    async with setting_up(environment, *steps, **how) as flow:
        yield flow


async def finished(flow: SettingUp) -> None:
    await flow.result()


async def ordered(flow: SettingUp) -> None:
    await flow.says(WAREHOUSE)


async def delivered(flow: SettingUp) -> None:
    await ordered(flow)
    await flow.news(SHIPPED, DELIVERED)
    await flow.says(CUSTOMER)


async def confirmed(flow: SettingUp) -> None:
    await delivered(flow)
    await flow.news(CONFIRMED)
    await flow.result()


async def returned(flow: SettingUp) -> None:
    await ordered(flow)
    await flow.news(SHIPPED, ShipmentState.RETURNED)
    await flow.parked()
    await flow.again()
    await flow.says(WAREHOUSE)


async def sent_back(flow: SettingUp) -> None:
    flow.house.refusals = ["Taken by another."]
    await delivered(flow)
    await flow.news(CONFIRMED)
    await flow.says("could not be used: Taken by another.")


async def confirmed_anew(flow: SettingUp) -> None:
    await sent_back(flow)
    await flow.news(CONFIRMED)
    await flow.result()


async def returned_after_all(flow: SettingUp) -> None:
    await sent_back(flow)
    await flow.news(ShipmentState.RETURNED)
    await flow.parked()


async def called_off(flow: SettingUp) -> None:
    await ordered(flow)
    await flow.handle.signal(CANCEL_REQUESTED, CancelRequested())
    await flow.result()


async def asked(flow: SettingUp) -> None:
    await flow.says("Waiting for the head-end")


async def answered(flow: SettingUp) -> None:
    await asked(flow)
    await flow.answer(OK)
    await flow.result()


async def offline(flow: SettingUp) -> None:
    await flow.parked()


async def asked_again(flow: SettingUp) -> None:
    await flow.parked()
    await flow.again()
    await flow.result()


async def asked_after(flow: SettingUp) -> None:
    await asked(flow)
    await flow.skip(minutes=16)
    await flow.parked()
    await flow.answer(OK)
    await flow.result()


SETUPS: dict[str, tuple[Callable[[SettingUp], Awaitable[object]], dict[str, Any]]] = {
    "shipment_ordered": (ordered, {"steps": (SHIP,)}),
    "shipment_delivered": (delivered, {"steps": (SHIP,)}),
    "shipment_confirmed": (confirmed, {"steps": (SHIP,)}),
    "shipment_returned": (returned, {"steps": (SHIP,)}),
    "shipment_sent_back": (sent_back, {"steps": (SHIP,)}),
    "shipment_confirmed_anew": (confirmed_anew, {"steps": (SHIP,)}),
    "shipment_sent_back_and_returned": (returned_after_all, {"steps": (SHIP,)}),
    "shipment_called_off": (called_off, {"steps": (SHIP,)}),
    "shipment_confirmed_and_checked": (confirmed, {"steps": (SHIP, CHECK), "answers": [OK]}),
    "check_awaiting_an_answer": (asked, {"steps": (CHECK,)}),
    "check_answered_later": (answered, {"steps": (CHECK,)}),
    "check_answered_at_once": (finished, {"steps": (CHECK,), "answers": [OK]}),
    "check_offline": (offline, {"steps": (CHECK,), "answers": [OFFLINE]}),
    "check_asked_again": (asked_again, {"steps": (CHECK,), "answers": [OFFLINE, OK]}),
}

LATE: dict[str, tuple[Callable[[SettingUp], Awaitable[object]], dict[str, Any]]] = {
    "shipment_expired": (finished, {"steps": (SHIP,)}),
    "check_asked_after": (asked_after, {"steps": (CHECK,)}),
    "check_asked_again_by_itself": (finished, {"steps": (CHECK,), "answers": [OFFLINE, OK]}),
}
"""Those that take hours, or weeks."""
