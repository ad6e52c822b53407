"""The steps of setting a device up without a technician: shipping it, and checking whether it answers."""

from temporalio import activity

from models.messages.device_setup import (
    AssociateShipped,
    ConcludeChecks,
    Concluded,
    RemindOfShipment,
    Shipment,
    ShipmentStanding,
    StatusChecks,
)
from models.messages.enroll import EnrollInput
from models.messages.site_visit import Installed
from models.scope import SystemScope
from operations import device_setup, self_installation, shipments, status_checks
from operations.catalog import Catalogs
from operations.database import Sessions, transaction

_FLOW = SystemScope(actor="device-setup")


class DeviceSetupActivities:
    """Bound to the worker's database and its memory of catalogues."""

    def __init__(self, sessions: Sessions, catalogs: Catalogs) -> None:
        self._sessions = sessions
        self._catalogs = catalogs

    @activity.defn
    async def remind_of_shipment(self, request: RemindOfShipment) -> ShipmentStanding:
        """Note that the shipment waits for too long; say where it stands."""
        async with transaction(self._sessions) as session:
            return shipments.standing(
                await shipments.remind(session, _FLOW, request.shipment_id, escalate=request.escalate)
            )

    @activity.defn
    async def shipment_standing(self, request: Shipment) -> ShipmentStanding:
        """Where the shipment stands."""
        async with transaction(self._sessions) as session:
            return shipments.standing(await shipments.locked(session, request.shipment_id))

    @activity.defn
    async def ship_again(self, request: EnrollInput) -> Shipment:
        """A new shipment in place of one that came back."""
        async with transaction(self._sessions) as session:
            return await device_setup.ship_again(session, _FLOW, self._catalogs, request.enrollment_id)

    @activity.defn
    async def associate_shipped(self, request: AssociateShipped) -> Installed:
        """Associate the device that the customer confirmed, or give it back to them."""
        async with transaction(self._sessions) as session:
            return await self_installation.associate_shipped(
                session, _FLOW, self._catalogs, request.enrollment_id, request.shipment_id
            )

    @activity.defn
    async def associate_own(self, request: EnrollInput) -> Installed:
        """Associate the devices that the application names, now that they are checked."""
        async with transaction(self._sessions) as session:
            return await self_installation.associate_own(session, _FLOW, self._catalogs, request.enrollment_id)

    @activity.defn
    async def start_status_checks(self, request: EnrollInput) -> StatusChecks:
        """Which devices are still to be asked after, each under a key of its own."""
        async with transaction(self._sessions) as session:
            return await status_checks.start(session, _FLOW, self._catalogs, request.enrollment_id)

    @activity.defn
    async def conclude_status_checks(self, request: ConcludeChecks) -> Concluded:
        """Where this round of checks ended."""
        async with transaction(self._sessions) as session:
            return await status_checks.conclude(session, _FLOW, request.enrollment_id, request.request_ids)
