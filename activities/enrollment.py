"""The steps of an enrollment on our own database: one transaction each."""

from temporalio import activity

from models.messages.enrollment import CancelEnrollment, EnrollInput, EnrollmentProgress, ParkEnrollment
from models.messages.site_visit import AssociateInstalledDevice, AwaitedVisit, InstallationResult
from models.scope import SystemScope
from operations.catalog.versions import CatalogCache
from operations.enrollment import acceptance, device_setup, enrollments, utility_installation
from operations.platform.database import Sessions, transaction

_SCOPE = SystemScope(actor="enroll")


class EnrollmentActivities:
    """Runs on the worker's database and its cache of catalogs."""

    def __init__(self, sessions: Sessions, catalogs: CatalogCache) -> None:
        self._sessions = sessions
        self._catalogs = catalogs

    @activity.defn
    async def validate_and_accept(self, request: EnrollInput) -> EnrollmentProgress:
        """Decide by all rules and reserve a place; associate the devices if there is nothing to set up."""
        async with transaction(self._sessions) as session:
            return await acceptance.validate_and_accept(session, _SCOPE, self._catalogs, request.enrollment_id)

    @activity.defn
    async def cancel_enrollment(self, request: CancelEnrollment) -> EnrollmentProgress:
        """Cancel the request if it is not enrolled yet; return where it stands."""
        async with transaction(self._sessions) as session:
            scope = SystemScope(actor=request.actor)
            progress = await acceptance.get_enrollment_progress(session, request.enrollment_id)
            if enrollments.is_cancellable(progress.state):
                await enrollments.cancel_enrollment(
                    session, scope, self._catalogs, request.enrollment_id, request.reason, notify_workflow=False
                )
            return await acceptance.get_enrollment_progress(session, request.enrollment_id)

    @activity.defn
    async def park_enrollment(self, request: ParkEnrollment) -> EnrollmentProgress:
        """Mark the request as needing a person; return where it stands."""
        async with transaction(self._sessions) as session:
            await enrollments.park_enrollment(session, _SCOPE, request.enrollment_id, request.reason)
            return await acceptance.get_enrollment_progress(session, request.enrollment_id)

    @activity.defn
    async def resume_enrollment(self, request: EnrollInput) -> EnrollmentProgress:
        """Put a parked request back to where it was, if nobody has yet; return where it stands."""
        async with transaction(self._sessions) as session:
            await enrollments.resume_enrollment(session, _SCOPE, request.enrollment_id)
            return await acceptance.get_enrollment_progress(session, request.enrollment_id)

    @activity.defn
    async def associate_installed(self, request: AssociateInstalledDevice) -> InstallationResult:
        """Associate the device that the technician reported, or send the order back to the technician."""
        async with transaction(self._sessions) as session:
            return await utility_installation.associate_installed_device(
                session, _SCOPE, self._catalogs, request.enrollment_id, request.work_order_id
            )

    @activity.defn(name="order_installation_again")
    async def reorder_installation(self, request: EnrollInput) -> AwaitedVisit:
        """Make a new order in place of one that was canceled."""
        async with transaction(self._sessions) as session:
            return await device_setup.order_new_visit(session, _SCOPE, self._catalogs, request.enrollment_id)

    @activity.defn
    async def expire_enrollment(self, request: EnrollInput) -> EnrollmentProgress:
        """Expire a setup that took too long, unless a report came in before; return where the request stands."""
        async with transaction(self._sessions) as session:
            return await utility_installation.expire_setup(session, _SCOPE, self._catalogs, request.enrollment_id)
