"""Waiting for a parcel and for the customer who installs what is in it: reminded, escalated.

See docs/domain.md#device-setup.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.device_setup import DeviceSetupActivities
    from models.messages.search_attributes import WorkflowStage
    from models.messages.shipment import AwaitedShipment, RemindOfShipment, ShipmentChanged, ShipmentStatus
    from models.states.shipment import ShipmentState
    from workflows import policies
    from workflows.parking import Parking

_STAGE = WorkflowStage.AWAITING_SHIPMENT
_WAITING_FOR: dict[ShipmentState, str] = {
    ShipmentState.ORDERED: "the warehouse to send it",
    ShipmentState.SHIPPED: "its delivery",
    ShipmentState.DELIVERED: "the customer to install it and confirm",
}


class Shipping:
    """Part of a flow: one shipment at a time, until it is confirmed or has ended."""

    def __init__(self, parking: Parking) -> None:
        self._parking = parking
        self._changed_shipment_ids: set[str] = set()

    def record_change(self, message: ShipmentChanged) -> None:
        """The parcel got further, or the customer confirmed; it may come before the flow waits."""
        self._changed_shipment_ids.add(message.shipment_id)

    async def wait_for_change(
        self, shipment: AwaitedShipment, standing: ShipmentStatus, until: Callable[[], bool]
    ) -> ShipmentStatus:
        """One step on: news, or a reminder. Days count from the last news."""
        for days, before, escalate in (
            (shipment.remind_after_days, 0, False),
            (shipment.escalate_after_days, shipment.remind_after_days, True),
        ):
            workflow.set_current_details(_describe_wait(standing))
            if await self._is_changed_within(shipment, until, timedelta(days=days - before)):
                return await self.get_status(shipment)
            standing = await self._remind(shipment, escalate=escalate)
            if not standing.waits:
                return standing
        workflow.set_current_details(f"{_describe_wait(standing)} It is overdue and was escalated.")
        await self._is_changed_within(shipment, until, None)
        return await self.get_status(shipment)

    async def _is_changed_within(
        self, shipment: AwaitedShipment, until: Callable[[], bool], patience: timedelta | None
    ) -> bool:
        try:
            await workflow.wait_condition(
                lambda: shipment.shipment_id in self._changed_shipment_ids or until(),
                timeout=patience,
                timeout_summary="remind of the shipment",
            )
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK documents
            return False
        return True

    async def get_status(self, shipment: AwaitedShipment) -> ShipmentStatus:
        """Where the shipment stands now."""
        self._changed_shipment_ids.discard(shipment.shipment_id)
        return await self._parking.run_until_done(
            lambda: workflow.execute_local_activity_method(
                DeviceSetupActivities.get_shipment_status,
                shipment,
                summary="where the shipment stands",
                **policies.OWN_DATABASE,
            ),
            resume=_STAGE,
        )

    async def _remind(self, shipment: AwaitedShipment, *, escalate: bool) -> ShipmentStatus:
        request = RemindOfShipment(shipment_id=shipment.shipment_id, escalate=escalate)
        return await self._parking.run_until_done(
            lambda: workflow.execute_local_activity_method(
                DeviceSetupActivities.remind_of_shipment,
                request,
                summary="escalate" if escalate else "remind",
                **policies.OWN_DATABASE,
            ),
            resume=_STAGE,
        )


def _describe_wait(standing: ShipmentStatus) -> str:
    awaited = _WAITING_FOR.get(standing.state, "news")
    sent_back = f" What was confirmed could not be used: {standing.verdict}" if standing.verdict else ""
    return f"{standing.shipment_id} is {standing.state}: waiting for {awaited}.{sent_back}"
