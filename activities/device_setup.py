"""The steps of setting a device up without a technician: shipping it, and asking its head-end whether it answers."""

from temporalio import activity

from connectors.head_end.protocol import DeviceRequest, HeadEnd
from connectors.head_end.wire import Answer
from models.messages.device_setup import (
    Asked,
    AskHeadEnd,
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
from operations import device_setup, head_end_requests, self_installation, shipments, status_checks
from operations.catalog import Catalogs
from operations.database import Sessions, transaction
from operations.head_end_requests import HeadEndAnswer

_FLOW = SystemScope(actor="device-setup")


class DeviceSetupActivities:
    """Bound to the worker's database, its memory of catalogues, and the head-end."""

    def __init__(self, sessions: Sessions, catalogs: Catalogs, head_end: HeadEnd) -> None:
        self._sessions = sessions
        self._catalogs = catalogs
        self._head_end = head_end

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
    async def ask_head_end(self, request: AskHeadEnd) -> Asked:
        """Pass a request on; the same again is harmless."""
        answer = await self._head_end.ask(await self._request(request.request_id))
        if answer is None:
            async with transaction(self._sessions) as session:
                await head_end_requests.asked(session, _FLOW, request.request_id)
            return Asked()
        return await self._kept(answer)

    @activity.defn
    async def ask_what_came(self, request: AskHeadEnd) -> Asked:
        """Ask the head-end what became of a request that it never answered."""
        answer = await self._head_end.answer_to(await self._request(request.request_id))
        return Asked() if answer is None else await self._kept(answer)

    @activity.defn
    async def conclude_status_checks(self, request: ConcludeChecks) -> Concluded:
        """Where this round of checks ended."""
        async with transaction(self._sessions) as session:
            return await status_checks.conclude(session, _FLOW, request.enrollment_id, request.request_ids)

    async def _request(self, request_id: str) -> DeviceRequest:
        async with transaction(self._sessions) as session:
            row = await head_end_requests.found(session, request_id)
            return DeviceRequest(
                request_id=row.id,
                kind=row.kind,
                head_end=row.head_end,
                manufacturer=row.manufacturer,
                serial_number=row.serial_number,
                nic_id=row.nic_id,
            )

    async def _kept(self, answer: Answer) -> Asked:
        async with transaction(self._sessions) as session:
            kept = HeadEndAnswer.model_validate(answer.model_dump())
            await head_end_requests.receive(session, _FLOW, [kept], tell_flows=False)
        return Asked(outcome=answer.outcome)
