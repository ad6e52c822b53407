"""The steps of a device setup without a technician: shipping the device, and checking whether it answers."""

from temporalio import activity

from models.messages.enrollment import EnrollInput
from models.messages.head_end import ConcludeStatusChecks, StatusChecks, StatusChecksResult
from models.messages.shipment import AssociateShippedDevice, AwaitedShipment, RemindOfShipment, ShipmentStatus
from models.messages.site_visit import InstallationResult
from models.scope import SystemScope
from operations.catalog.versions import CatalogCache
from operations.enrollment import device_setup, self_installation, status_checks
from operations.field_work import shipments
from operations.platform.database import Sessions, transaction

_SCOPE = SystemScope(actor="device-setup")


class DeviceSetupActivities:
    """Runs on the worker's database and its cache of catalogs."""

    def __init__(self, sessions: Sessions, catalogs: CatalogCache) -> None:
        self._sessions = sessions
        self._catalogs = catalogs

    @activity.defn
    async def remind_of_shipment(self, request: RemindOfShipment) -> ShipmentStatus:
        """Record that the shipment is overdue; return its status."""
        async with transaction(self._sessions) as session:
            return shipments.to_shipment_status(
                await shipments.record_reminder(session, _SCOPE, request.shipment_id, escalate=request.escalate)
            )

    @activity.defn(name="shipment_standing")
    async def get_shipment_status(self, request: AwaitedShipment) -> ShipmentStatus:
        """Return the status of the shipment."""
        async with transaction(self._sessions) as session:
            return shipments.to_shipment_status(await shipments.get_for_update(session, request.shipment_id))

    @activity.defn(name="ship_again")
    async def reorder_shipment(self, request: EnrollInput) -> AwaitedShipment:
        """Order a new shipment in place of one that came back."""
        async with transaction(self._sessions) as session:
            return await device_setup.order_new_shipment(session, _SCOPE, self._catalogs, request.enrollment_id)

    @activity.defn
    async def associate_shipped(self, request: AssociateShippedDevice) -> InstallationResult:
        """Associate the device that the customer confirmed, or ask them to correct it."""
        async with transaction(self._sessions) as session:
            return await self_installation.associate_shipped_device(
                session, _SCOPE, self._catalogs, request.enrollment_id, request.shipment_id
            )

    @activity.defn(name="associate_own")
    async def associate_customer_device(self, request: EnrollInput) -> InstallationResult:
        """Associate the devices that the application names, once they are checked."""
        async with transaction(self._sessions) as session:
            return await self_installation.associate_own_devices(session, _SCOPE, self._catalogs, request.enrollment_id)

    @activity.defn
    async def start_status_checks(self, request: EnrollInput) -> StatusChecks:
        """Return the requests for the devices that are not checked yet, each with a key of its own."""
        async with transaction(self._sessions) as session:
            return await status_checks.start_status_checks(session, _SCOPE, self._catalogs, request.enrollment_id)

    @activity.defn
    async def conclude_status_checks(self, request: ConcludeStatusChecks) -> StatusChecksResult:
        """Return what this round of checks has found."""
        async with transaction(self._sessions) as session:
            return await status_checks.conclude_status_checks(
                session, _SCOPE, request.enrollment_id, request.request_ids
            )
