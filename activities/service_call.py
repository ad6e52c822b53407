"""The steps of a service call on our own database: one transaction each."""

from temporalio import activity

from models.errors import Conflict
from models.messages.service_call import (
    CancelServiceCall,
    ParkServiceCall,
    RemoteActionEnded,
    ServiceCallInput,
    ServiceCallProgress,
    VisitEnded,
)
from models.scope import SystemScope
from operations.catalog.versions import CatalogCache
from operations.platform.database import Sessions, transaction
from operations.service_call import decisions, service_calls, steps

_SCOPE = SystemScope(actor="service-call")


class ServiceCallActivities:
    """Runs on the worker's database and its cache of catalogs."""

    def __init__(self, sessions: Sessions, catalogs: CatalogCache) -> None:
        self._sessions = sessions
        self._catalogs = catalogs

    @activity.defn(name="take_up_service_call")
    async def advance_service_call(self, request: ServiceCallInput) -> ServiceCallProgress:
        """Begin the call or go on with it, with the action that was chosen."""
        async with transaction(self._sessions) as session:
            return await steps.begin_service_call(session, _SCOPE, self._catalogs, request.service_call_id)

    @activity.defn(name="remote_action_ended")
    async def record_remote_action(self, request: RemoteActionEnded) -> ServiceCallProgress:
        """Record the result of a remote action; return where the call stands."""
        async with transaction(self._sessions) as session:
            return await steps.record_remote_action_end(
                session, _SCOPE, self._catalogs, request.service_call_id, request.request_id, request.trouble
            )

    @activity.defn(name="service_call_visited")
    async def record_visit(self, request: VisitEnded) -> ServiceCallProgress:
        """Record the result of the visit; replace the device in our record if the technician did."""
        async with transaction(self._sessions) as session:
            return await steps.record_visit_end(
                session, _SCOPE, self._catalogs, request.service_call_id, request.work_order_id
            )

    @activity.defn(name="service_call_told")
    async def continue_after_sync(self, request: ServiceCallInput) -> ServiceCallProgress:
        """Go on after a sync request is final: with the next one, or by closing the call."""
        async with transaction(self._sessions) as session:
            return await steps.record_sync_end(session, _SCOPE, self._catalogs, request.service_call_id)

    @activity.defn
    async def cancel_service_call(self, request: CancelServiceCall) -> ServiceCallProgress:
        """Cancel the call if that is still possible; return where it stands."""
        try:
            async with transaction(self._sessions) as session:
                scope = SystemScope(actor=request.actor)
                await decisions.cancel_service_call(session, scope, request.service_call_id, request.reason)
        except Conflict:
            activity.logger.info("the call can no longer be canceled")
        async with transaction(self._sessions) as session:
            row = await service_calls.get_for_update(session, request.service_call_id)
            return await steps.get_service_call_progress(session, self._catalogs, row)

    @activity.defn
    async def park_service_call(self, request: ParkServiceCall) -> ServiceCallProgress:
        """Mark the call as needing a person; return where it stands."""
        async with transaction(self._sessions) as session:
            await decisions.park_service_call(session, _SCOPE, request.service_call_id, request.reason)
            row = await service_calls.get_for_update(session, request.service_call_id)
            return await steps.get_service_call_progress(session, self._catalogs, row)
