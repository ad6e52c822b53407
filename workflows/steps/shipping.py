"""Waiting for a shipment and for the customer who installs the device in it: reminded of and escalated.

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
    from workflows.record import Record

_STAGE = WorkflowStage.AWAITING_SHIPMENT
_WAITING_FOR: dict[ShipmentState, str] = {
    ShipmentState.ORDERED: "the warehouse to send it",
    ShipmentState.SHIPPED: "its delivery",
    ShipmentState.DELIVERED: "the customer to install it and confirm",
}


class Shipping:
    """The shipments of a workflow, one at a time, each until it is confirmed or has ended."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._changed_shipment_ids: set[str] = set()

    def record_change(self, message: ShipmentChanged) -> None:
        """Notes that the shipment has moved on, or that the customer confirmed it."""
        self._changed_shipment_ids.add(message.shipment_id)

    async def wait_for_change(
        self, shipment: AwaitedShipment, status: ShipmentStatus, until: Callable[[], bool]
    ) -> ShipmentStatus:
        """Waits for one change, reminding of the shipment meanwhile. Days count from the last change."""
        for days, before, escalate in (
            (shipment.remind_after_days, 0, False),
            (shipment.escalate_after_days, shipment.remind_after_days, True),
        ):
            workflow.set_current_details(_describe_wait(status))
            if await self._is_changed_within(shipment, until, timedelta(days=days - before)):
                return await self.get_status(shipment)
            status = await self._remind(shipment, escalate=escalate)
            if not status.waits:
                return status
        workflow.set_current_details(f"{_describe_wait(status)} It is overdue and was escalated.")
        await self._is_changed_within(shipment, until, None)
        return await self.get_status(shipment)

    async def _is_changed_within(
        self, shipment: AwaitedShipment, until: Callable[[], bool], timeout: timedelta | None
    ) -> bool:
        try:
            await workflow.wait_condition(
                lambda: shipment.shipment_id in self._changed_shipment_ids or until(),
                timeout=timeout,
                timeout_summary="remind of the shipment",
            )
        except asyncio.TimeoutError:  # noqa: UP041 - what the SDK documents
            return False
        return True

    async def get_status(self, shipment: AwaitedShipment) -> ShipmentStatus:
        """Returns where the shipment stands now."""
        self._changed_shipment_ids.discard(shipment.shipment_id)
        return await self._record.run_step(
            DeviceSetupActivities.get_shipment_status, shipment, summary="where the shipment stands", resume=_STAGE
        )

    async def _remind(self, shipment: AwaitedShipment, *, escalate: bool) -> ShipmentStatus:
        return await self._record.run_step(
            DeviceSetupActivities.remind_of_shipment,
            RemindOfShipment(shipment_id=shipment.shipment_id, escalate=escalate),
            summary="escalate" if escalate else "remind",
            resume=_STAGE,
        )


def _describe_wait(status: ShipmentStatus) -> str:
    awaited = _WAITING_FOR.get(status.state, "a change")
    sent_back = f" What was confirmed could not be used: {status.verdict}" if status.verdict else ""
    return f"{status.shipment_id} is {status.state}: waiting for {awaited}.{sent_back}"
