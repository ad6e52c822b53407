"""Waiting for a parcel and for the customer who installs what is in it: reminded, escalated.

See docs/domain.md#device-setup.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.device_setup import DeviceSetupActivities
    from models.messages.device_setup import RemindOfShipment, Shipment, ShipmentChanged, ShipmentStanding
    from models.messages.enroll import Stage
    from models.task_states import ShipmentState
    from workflows import policies
    from workflows.parking import Parking

_HERE = Stage.AWAITING_SHIPMENT
_WAITING_FOR: dict[ShipmentState, str] = {
    ShipmentState.ORDERED: "the warehouse to send it",
    ShipmentState.SHIPPED: "its delivery",
    ShipmentState.DELIVERED: "the customer to install it and confirm",
}


class Shipping:
    """Part of a flow: one shipment at a time, until it is confirmed or has ended."""

    def __init__(self, parking: Parking) -> None:
        self._parking = parking
        self._changed: set[str] = set()

    def changed(self, message: ShipmentChanged) -> None:
        """The parcel got further, or the customer confirmed; it may come before the flow waits."""
        self._changed.add(message.shipment_id)

    async def wait(self, shipment: Shipment, standing: ShipmentStanding, until: Callable[[], bool]) -> ShipmentStanding:
        """One step on: news, or a reminder. Days count from the last news."""
        for days, before, escalate in (
            (shipment.remind_after_days, 0, False),
            (shipment.escalate_after_days, shipment.remind_after_days, True),
        ):
            workflow.set_current_details(_waiting(standing))
            if await self._hears(shipment, until, timedelta(days=days - before)):
                return await self.standing(shipment)
            standing = await self._remind(shipment, escalate=escalate)
            if not standing.waits:
                return standing
        workflow.set_current_details(f"{_waiting(standing)} It is overdue and was escalated.")
        await self._hears(shipment, until, None)
        return await self.standing(shipment)

    async def _hears(self, shipment: Shipment, until: Callable[[], bool], patience: timedelta | None) -> bool:
        try:
            await workflow.wait_condition(
                lambda: shipment.shipment_id in self._changed or until(),
                timeout=patience,
                timeout_summary="remind of the shipment",
            )
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK documents
            return False
        return True

    async def standing(self, shipment: Shipment) -> ShipmentStanding:
        """Where the shipment stands now."""
        self._changed.discard(shipment.shipment_id)
        return await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                DeviceSetupActivities.shipment_standing,
                shipment,
                summary="where the shipment stands",
                **policies.OWN_DATABASE,
            ),
            resume=_HERE,
        )

    async def _remind(self, shipment: Shipment, *, escalate: bool) -> ShipmentStanding:
        request = RemindOfShipment(shipment_id=shipment.shipment_id, escalate=escalate)
        return await self._parking.insist(
            lambda: workflow.execute_local_activity_method(
                DeviceSetupActivities.remind_of_shipment,
                request,
                summary="escalate" if escalate else "remind",
                **policies.OWN_DATABASE,
            ),
            resume=_HERE,
        )


def _waiting(standing: ShipmentStanding) -> str:
    awaited = _WAITING_FOR.get(standing.state, "news")
    sent_back = f" What was confirmed could not be used: {standing.verdict}" if standing.verdict else ""
    return f"{standing.shipment_id} is {standing.state}: waiting for {awaited}.{sent_back}"
