"""The service-call flow's steps: one transaction each."""

from temporalio import activity

from models.errors import Conflict
from models.messages.service_call import (
    Called,
    CancelServiceCall,
    ParkServiceCall,
    RemoteActionEnded,
    ServiceCallInput,
    VisitEnded,
)
from models.scope import SystemScope
from operations import service_call_decisions, service_call_steps, service_calls
from operations.catalog import Catalogs
from operations.database import Sessions, transaction

_FLOW = SystemScope(actor="service-call")


class ServiceCallActivities:
    """Bound to the worker's database and its memory of catalogues."""

    def __init__(self, sessions: Sessions, catalogs: Catalogs) -> None:
        self._sessions = sessions
        self._catalogs = catalogs

    @activity.defn
    async def take_up_service_call(self, request: ServiceCallInput) -> Called:
        """Take the call up, or go on with it; begin with what was chosen."""
        async with transaction(self._sessions) as session:
            return await service_call_steps.take_up(session, _FLOW, self._catalogs, request.service_call_id)

    @activity.defn
    async def act_remotely(self, request: ServiceCallInput) -> Called:
        """For flows that began it before requests to head-ends had keys of their own: they go on as those do now."""
        return await self.take_up_service_call(request)

    @activity.defn
    async def remote_action_ended(self, request: RemoteActionEnded) -> Called:
        """Write down what came of a remote action; say where the call stands."""
        async with transaction(self._sessions) as session:
            return await service_call_steps.remote_action_ended(
                session, _FLOW, self._catalogs, request.service_call_id, request.request_id, request.trouble
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
