"""The service-call flow's steps: one transaction each, and the head-end's one external call."""

from temporalio import activity

from connectors.head_end.protocol import DeviceRequest, HeadEnd
from models.errors import Conflict, OutcomeUnknown
from models.head_end import RequestKind
from models.messages.service_call import (
    Called,
    CancelServiceCall,
    ParkServiceCall,
    ServiceCallInput,
    VisitEnded,
)
from models.scope import SystemScope
from operations import service_call_decisions, service_call_steps, service_calls
from operations.catalog import Catalogs
from operations.database import Sessions, transaction

_FLOW = SystemScope(actor="service-call")


class ServiceCallActivities:
    """Bound to the worker's database, its memory of catalogues, and the head-end."""

    def __init__(self, sessions: Sessions, catalogs: Catalogs, head_end: HeadEnd) -> None:
        self._sessions = sessions
        self._catalogs = catalogs
        self._head_end = head_end

    @activity.defn
    async def take_up_service_call(self, request: ServiceCallInput) -> Called:
        """Take the call up, or go on with it; begin with what was chosen."""
        async with transaction(self._sessions) as session:
            return await service_call_steps.take_up(session, _FLOW, self._catalogs, request.service_call_id)

    @activity.defn
    async def act_remotely(self, request: ServiceCallInput) -> Called:
        """Have the head-end act on the device; the same again is harmless."""
        async with transaction(self._sessions) as session:
            command = await service_call_steps.remote_command(session, request.service_call_id)
            if command is None:
                row = await service_calls.locked(session, request.service_call_id)
                return await service_call_steps.standing(session, self._catalogs, row)
        device = command.device
        asked = DeviceRequest(
            request_id=command.key,
            kind=RequestKind(command.action.value),
            head_end=device.head_end,
            manufacturer=device.manufacturer,
            serial_number=device.serial_number,
            nic_id=device.nic_id,
        )
        answer = await self._head_end.ask(asked) or await self._head_end.answer_to(asked)
        if answer is None:
            raise OutcomeUnknown("The head-end has not answered yet.", code="head-end-no-answer")
        async with transaction(self._sessions) as session:
            return await service_call_steps.acted(
                session, _FLOW, self._catalogs, request.service_call_id, answer.outcome, answer.text
            )

    @activity.defn
    async def service_call_visited(self, request: VisitEnded) -> Called:
        """Write down what came of the visit; replace the device if it was."""
        async with transaction(self._sessions) as session:
            return await service_call_steps.visit_ended(
                session, _FLOW, self._catalogs, request.service_call_id, request.work_order_id
            )

    @activity.defn
    async def service_call_told(self, request: ServiceCallInput) -> Called:
        """A change is settled with the DERMS: tell the next, or close the call."""
        async with transaction(self._sessions) as session:
            return await service_call_steps.told(session, _FLOW, self._catalogs, request.service_call_id)

    @activity.defn
    async def cancel_service_call(self, request: CancelServiceCall) -> Called:
        """Take the call back if that is still possible; say where it stands."""
        try:
            async with transaction(self._sessions) as session:
                scope = SystemScope(actor=request.actor)
                await service_call_decisions.cancel(session, scope, request.service_call_id, request.reason)
        except Conflict:
            activity.logger.info("the call can no longer be taken back")
        async with transaction(self._sessions) as session:
            row = await service_calls.locked(session, request.service_call_id)
            return await service_call_steps.standing(session, self._catalogs, row)

    @activity.defn
    async def park_service_call(self, request: ParkServiceCall) -> Called:
        """Mark it as needing a person; say where it stands."""
        async with transaction(self._sessions) as session:
            await service_call_decisions.park(session, _FLOW, request.service_call_id, request.reason)
            row = await service_calls.locked(session, request.service_call_id)
            return await service_call_steps.standing(session, self._catalogs, row)
