"""The steps of an unenrollment on our own database: one transaction each."""

from temporalio import activity

from models.errors import Conflict
from models.messages.unenrollment import (
    CancelUnenrollment,
    CompleteUnenrollment,
    DecideApproval,
    ParkUnenrollment,
    RemindOfDevice,
    RemovalEnded,
    RemovalFailed,
    RetryRemoval,
    UnenrollInput,
    UnenrollmentProgress,
)
from models.scope import SystemScope
from operations.catalog.versions import CatalogCache
from operations.platform.database import Sessions, transaction
from operations.unenrollment import removals, steps, unenrollments

_SCOPE = SystemScope(actor="unenroll")


class UnenrollmentActivities:
    """Runs on the worker's database and its cache of catalogs."""

    def __init__(self, sessions: Sessions, catalogs: CatalogCache) -> None:
        self._sessions = sessions
        self._catalogs = catalogs

    @activity.defn
    async def validate_unenrollment(self, request: UnenrollInput) -> UnenrollmentProgress:
        """Decide by all rules; end participation at once if there is nothing to wait for."""
        async with transaction(self._sessions) as session:
            return await steps.validate_unenrollment(session, _SCOPE, self._catalogs, request.unenrollment_id)

    @activity.defn
    async def decide_approval(self, request: DecideApproval) -> UnenrollmentProgress:
        """Record the decision about the approval, if it is not recorded yet; return where the request stands."""
        async with transaction(self._sessions) as session:
            scope, which = SystemScope(actor=request.actor), request.unenrollment_id
            return await steps.record_approval(
                session, scope, self._catalogs, which, approved=request.approved, reason=request.reason
            )

    @activity.defn
    async def begin_unenrollment(self, request: UnenrollInput) -> UnenrollmentProgress:
        """Begin on the effective date: devices that stay are unenrolled, the removal of the others begins."""
        async with transaction(self._sessions) as session:
            return await steps.begin_unenrollment(session, _SCOPE, self._catalogs, request.unenrollment_id)

    @activity.defn
    async def cancel_unenrollment(self, request: CancelUnenrollment) -> UnenrollmentProgress:
        """Cancel the request if no device is removed yet; return where it stands."""
        async with transaction(self._sessions) as session:
            try:
                scope = SystemScope(actor=request.actor)
                await unenrollments.cancel_unenrollment(session, scope, request.unenrollment_id, request.reason)
            except Conflict:
                activity.logger.info("it is too late to cancel %s", request.unenrollment_id)
            return await steps.get_unenrollment_progress(session, _SCOPE, self._catalogs, request.unenrollment_id)

    @activity.defn(name="removal_ended")
    async def record_removal(self, request: RemovalEnded) -> UnenrollmentProgress:
        """Record that a device is removed or stays; after the last one, end the unenrollment."""
        async with transaction(self._sessions) as session:
            which = (request.unenrollment_id, request.device_id)
            return await removals.end_removal(session, _SCOPE, self._catalogs, *which, kept=request.kept)

    @activity.defn(name="removal_failed")
    async def record_removal_failure(self, request: RemovalFailed) -> UnenrollmentProgress:
        """Record that a removal failed and needs a person."""
        async with transaction(self._sessions) as session:
            which = (request.unenrollment_id, request.device_id)
            return await removals.fail_removal(session, _SCOPE, self._catalogs, *which, request.reason)

    @activity.defn(name="another_removal")
    async def order_another_removal(self, request: RetryRemoval) -> UnenrollmentProgress:
        """Order the removal of a device again, as a person decided."""
        async with transaction(self._sessions) as session:
            which = (request.unenrollment_id, request.device_id)
            return await removals.retry_removal(session, _SCOPE, self._catalogs, *which)

    @activity.defn(name="remind_of_device")
    async def remind_of_return(self, request: RemindOfDevice) -> UnenrollmentProgress:
        """Record that a shipped device has not come back yet."""
        async with transaction(self._sessions) as session:
            which = (request.unenrollment_id, request.device_id)
            return await removals.record_reminder(session, _SCOPE, self._catalogs, *which, escalate=request.escalate)

    @activity.defn(name="settle_unenrollment")
    async def finalize_unenrollment(self, request: CompleteUnenrollment) -> UnenrollmentProgress:
        """Record the devices that the DERMS has deregistered as removed or kept for good."""
        async with transaction(self._sessions) as session:
            return await removals.settle_unenrollment(session, _SCOPE, self._catalogs, request.unenrollment_id)

    @activity.defn
    async def park_unenrollment(self, request: ParkUnenrollment) -> UnenrollmentProgress:
        """Mark the request as needing a person."""
        async with transaction(self._sessions) as session:
            await unenrollments.park_unenrollment(session, _SCOPE, request.unenrollment_id, request.reason)
            return await steps.get_unenrollment_progress(session, _SCOPE, self._catalogs, request.unenrollment_id)
