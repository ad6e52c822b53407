"""The enrol flow's steps on our own database: one transaction each."""

from temporalio import activity

from models.messages.enroll import Accepted, CancelEnrollment, EnrollInput, ParkEnrollment
from models.messages.site_visit import AssociateInstalled, Installed, Visit
from models.scope import SystemScope
from operations import acceptance, device_setup, enrollments, installation
from operations.catalog import Catalogs
from operations.database import Sessions, transaction

_FLOW = SystemScope(actor="enroll")


class EnrollmentActivities:
    """Bound to the worker's database and its memory of catalogues."""

    def __init__(self, sessions: Sessions, catalogs: Catalogs) -> None:
        self._sessions = sessions
        self._catalogs = catalogs

    @activity.defn
    async def validate_and_accept(self, request: EnrollInput) -> Accepted:
        """Decide by all rules; reserve a place; with nothing to set up, associate."""
        async with transaction(self._sessions) as session:
            return await acceptance.validate_and_accept(session, _FLOW, self._catalogs, request.enrollment_id)

    @activity.defn
    async def cancel_enrollment(self, request: CancelEnrollment) -> Accepted:
        """Cancel it if it is not enrolled yet; say where it stands."""
        async with transaction(self._sessions) as session:
            scope = SystemScope(actor=request.actor)
            standing = await acceptance.standing(session, request.enrollment_id)
            if enrollments.can_be_cancelled(standing.state):
                await enrollments.cancel(
                    session, scope, self._catalogs, request.enrollment_id, request.reason, tell_flow=False
                )
            return await acceptance.standing(session, request.enrollment_id)

    @activity.defn
    async def park_enrollment(self, request: ParkEnrollment) -> Accepted:
        """Mark it as needing a person; say where it stands."""
        async with transaction(self._sessions) as session:
            await enrollments.park(session, _FLOW, request.enrollment_id, request.reason)
            return await acceptance.standing(session, request.enrollment_id)

    @activity.defn
    async def resume_enrollment(self, request: EnrollInput) -> Accepted:
        """Put a parked request back to where it was, if nobody did yet; say where it stands."""
        async with transaction(self._sessions) as session:
            await enrollments.resume(session, _FLOW, request.enrollment_id)
            return await acceptance.standing(session, request.enrollment_id)

    @activity.defn
    async def associate_installed(self, request: AssociateInstalled) -> Installed:
        """Associate the device that the technician reported, or send the order back."""
        async with transaction(self._sessions) as session:
            return await installation.associate_installed(
                session, _FLOW, self._catalogs, request.enrollment_id, request.work_order_id
            )

    @activity.defn
    async def order_installation_again(self, request: EnrollInput) -> Visit:
        """A new order in place of one that was called off."""
        async with transaction(self._sessions) as session:
            return await device_setup.order_again(session, _FLOW, self._catalogs, request.enrollment_id)

    @activity.defn
    async def expire_enrollment(self, request: EnrollInput) -> Accepted:
        """End a setup that took too long, unless a report came in before; say where it stands."""
        async with transaction(self._sessions) as session:
            return await installation.expire(session, _FLOW, self._catalogs, request.enrollment_id)
