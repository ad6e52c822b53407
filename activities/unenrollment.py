"""The unenrol flow's steps on our own database: one transaction each."""

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
    """Bound to the worker's database and its memory of catalogues."""

    def __init__(self, sessions: Sessions, catalogs: CatalogCache) -> None:
        self._sessions = sessions
        self._catalogs = catalogs

    @activity.defn
    async def validate_unenrollment(self, request: UnenrollInput) -> UnenrollmentProgress:
        """Decide by all rules; with nothing to wait for, end it."""
        async with transaction(self._sessions) as session:
            return await steps.validate_unenrollment(session, _SCOPE, self._catalogs, request.unenrollment_id)

    @activity.defn
    async def decide_approval(self, request: DecideApproval) -> UnenrollmentProgress:
        """Write down what was decided, if it is not written yet; say where it stands."""
        async with transaction(self._sessions) as session:
            scope, which = SystemScope(actor=request.actor), request.unenrollment_id
            return await steps.record_approval(
                session, scope, self._catalogs, which, approved=request.approved, reason=request.reason
            )

    @activity.defn
    async def begin_unenrollment(self, request: UnenrollInput) -> UnenrollmentProgress:
        """The day has come: what is kept leaves, the rest is fetched."""
        async with transaction(self._sessions) as session:
            return await steps.begin_unenrollment(session, _SCOPE, self._catalogs, request.unenrollment_id)

    @activity.defn
    async def cancel_unenrollment(self, request: CancelUnenrollment) -> UnenrollmentProgress:
        """Take it back if no device has left; say where it stands."""
        async with transaction(self._sessions) as session:
            try:
                scope = SystemScope(actor=request.actor)
                await unenrollments.cancel_unenrollment(session, scope, request.unenrollment_id, request.reason)
            except Conflict:
                activity.logger.info("it is too late to cancel %s", request.unenrollment_id)
            return await steps.get_unenrollment_progress(session, _SCOPE, self._catalogs, request.unenrollment_id)

    @activity.defn(name="removal_ended")
    async def record_removal(self, request: RemovalEnded) -> UnenrollmentProgress:
        """A device was taken away, or stays for good; with the last one, end the unenrolment."""
        async with transaction(self._sessions) as session:
            which = (request.unenrollment_id, request.device_id)
            return await removals.end_removal(session, _SCOPE, self._catalogs, *which, kept=request.kept)

    @activity.defn(name="removal_failed")
    async def record_removal_failure(self, request: RemovalFailed) -> UnenrollmentProgress:
        """A removal came to nothing: call a person."""
        async with transaction(self._sessions) as session:
            which = (request.unenrollment_id, request.device_id)
            return await removals.fail_removal(session, _SCOPE, self._catalogs, *which, request.reason)

    @activity.defn(name="another_removal")
    async def order_another_removal(self, request: RetryRemoval) -> UnenrollmentProgress:
        """A person wants the device fetched after all."""
        async with transaction(self._sessions) as session:
            which = (request.unenrollment_id, request.device_id)
            return await removals.retry_removal(session, _SCOPE, self._catalogs, *which)

    @activity.defn(name="remind_of_device")
    async def remind_of_return(self, request: RemindOfDevice) -> UnenrollmentProgress:
        """Note that a shipped device has not come back."""
        async with transaction(self._sessions) as session:
            which = (request.unenrollment_id, request.device_id)
            return await removals.record_reminder(session, _SCOPE, self._catalogs, *which, escalate=request.escalate)

    @activity.defn(name="settle_unenrollment")
    async def finalize_unenrollment(self, request: CompleteUnenrollment) -> UnenrollmentProgress:
        """The DERMS is told: what it has let go of is removed or kept for good."""
        async with transaction(self._sessions) as session:
            return await removals.settle_unenrollment(session, _SCOPE, self._catalogs, request.unenrollment_id)

    @activity.defn
    async def park_unenrollment(self, request: ParkUnenrollment) -> UnenrollmentProgress:
        """Mark it as needing a person."""
        async with transaction(self._sessions) as session:
            await unenrollments.park_unenrollment(session, _SCOPE, request.unenrollment_id, request.reason)
            return await steps.get_unenrollment_progress(session, _SCOPE, self._catalogs, request.unenrollment_id)
