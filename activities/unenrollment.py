"""The unenrol flow's steps on our own database: one transaction each."""

from temporalio import activity

from models.errors import Conflict
from models.messages.unenroll import (
    AnotherRemoval,
    CancelUnenrollment,
    DecideApproval,
    Leaving,
    ParkUnenrollment,
    RemindOfDevice,
    RemovalEnded,
    RemovalFailed,
    SettleUnenrollment,
    UnenrollInput,
)
from models.scope import SystemScope
from operations import leaving, removals, unenrollments
from operations.catalog import Catalogs
from operations.database import Sessions, transaction

_FLOW = SystemScope(actor="unenroll")


class UnenrollmentActivities:
    """Bound to the worker's database and its memory of catalogues."""

    def __init__(self, sessions: Sessions, catalogs: Catalogs) -> None:
        self._sessions = sessions
        self._catalogs = catalogs

    @activity.defn
    async def validate_unenrollment(self, request: UnenrollInput) -> Leaving:
        """Decide by all rules; with nothing to wait for, end it."""
        async with transaction(self._sessions) as session:
            return await leaving.validate(session, _FLOW, self._catalogs, request.unenrollment_id)

    @activity.defn
    async def decide_approval(self, request: DecideApproval) -> Leaving:
        """Write down what was decided, if it is not written yet; say where it stands."""
        async with transaction(self._sessions) as session:
            scope, which = SystemScope(actor=request.actor), request.unenrollment_id
            return await leaving.decided(
                session, scope, self._catalogs, which, approved=request.approved, reason=request.reason
            )

    @activity.defn
    async def begin_unenrollment(self, request: UnenrollInput) -> Leaving:
        """The day has come: what is kept leaves, the rest is fetched."""
        async with transaction(self._sessions) as session:
            return await leaving.begin(session, _FLOW, self._catalogs, request.unenrollment_id)

    @activity.defn
    async def cancel_unenrollment(self, request: CancelUnenrollment) -> Leaving:
        """Take it back if no device has left; say where it stands."""
        async with transaction(self._sessions) as session:
            try:
                scope = SystemScope(actor=request.actor)
                await unenrollments.cancel(session, scope, request.unenrollment_id, request.reason)
            except Conflict:
                activity.logger.info("it is too late to cancel %s", request.unenrollment_id)
            return await leaving.standing(session, _FLOW, self._catalogs, request.unenrollment_id)

    @activity.defn
    async def removal_ended(self, request: RemovalEnded) -> Leaving:
        """A device was taken away, or stays for good; with the last one, end the unenrolment."""
        async with transaction(self._sessions) as session:
            which = (request.unenrollment_id, request.device_id)
            return await removals.ended(session, _FLOW, self._catalogs, *which, kept=request.kept)

    @activity.defn
    async def removal_failed(self, request: RemovalFailed) -> Leaving:
        """A removal came to nothing: call a person."""
        async with transaction(self._sessions) as session:
            which = (request.unenrollment_id, request.device_id)
            return await removals.failed(session, _FLOW, self._catalogs, *which, request.reason)

    @activity.defn
    async def another_removal(self, request: AnotherRemoval) -> Leaving:
        """A person wants the device fetched after all."""
        async with transaction(self._sessions) as session:
            which = (request.unenrollment_id, request.device_id)
            return await removals.another(session, _FLOW, self._catalogs, *which)

    @activity.defn
    async def remind_of_device(self, request: RemindOfDevice) -> Leaving:
        """Note that a shipped device has not come back."""
        async with transaction(self._sessions) as session:
            which = (request.unenrollment_id, request.device_id)
            return await removals.remind(session, _FLOW, self._catalogs, *which, escalate=request.escalate)

    @activity.defn
    async def settle_unenrollment(self, request: SettleUnenrollment) -> Leaving:
        """The DERMS is told: what it has let go of is removed or kept for good."""
        async with transaction(self._sessions) as session:
            return await removals.settle(session, _FLOW, self._catalogs, request.unenrollment_id)

    @activity.defn
    async def park_unenrollment(self, request: ParkUnenrollment) -> Leaving:
        """Mark it as needing a person."""
        async with transaction(self._sessions) as session:
            await unenrollments.park(session, _FLOW, request.unenrollment_id, request.reason)
            return await leaving.standing(session, _FLOW, self._catalogs, request.unenrollment_id)
