"""Associating devices that were brought after acceptance: by a technician, by the parcel service, or checked first."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from models.messages.site_visit import InstallationResult
from models.requests.completion import InstalledDevice
from models.requests.enrollment import EnrollmentApplication, RequestedDevice
from models.scope import SystemScope
from models.states.enrollment import ENROLLMENT_TRANSITIONS, EnrollmentState
from models.tables.enrollment import Enrollment
from operations.catalog.capacity import release, reserve
from operations.catalog.eligibility_facts import gather_application_facts
from operations.catalog.versions import CatalogCache
from operations.enrollment import enrollments
from operations.enrollment.acceptance import get_enrollment_progress
from operations.enrollment.association import Association, associate_devices
from operations.enrollment.subscriptions import get_pending_subscription
from operations.platform.audit import AuditTrail
from rules.capacity import CapacityNeed
from rules.eligibility.decide import find_device_failures
from rules.eligibility.facts import ProgramUsage
from wording.findings.decisions import describe_findings

_E = EnrollmentState
AWAITING_DEVICE = (_E.DEVICE_SETUP, _E.AWAITING_SITE_VISIT)
"""The states of an enrollment whose device is still to be associated."""

_MOVED_OUT = "The service point is billed to another account now. Have the CIS record corrected and retry, or cancel."
_NO_CAPACITY = "The installed device has more power than is left in the program. Add places and retry, or cancel."


@dataclass(frozen=True, slots=True)
class Candidate:
    """Devices to be associated, with all that decides on them."""

    association: Association
    enrollment: Enrollment

    @property
    def requested_kw(self) -> Decimal:
        """Rated power of them together."""
        return self.association.facts.requested_kw


def to_requested_device(device: InstalledDevice) -> RequestedDevice:
    """A device that was brought, as an application would name it."""
    return RequestedDevice(
        specification=device.specification,
        serial_number=device.serial_number,
        nic_id=device.nic_id,
        badge_number=device.badge_number,
        device_location_type=device.device_location_type,
    )


async def get_earlier_result(session: AsyncSession, enrollment_id: str) -> InstallationResult:
    """Return the result for an enrollment that no longer waits for a device."""
    progress = await get_enrollment_progress(session, enrollment_id)
    return InstallationResult(state=progress.state, sync_request_id=progress.sync_request_id)


async def load_candidate(
    session: AsyncSession,
    catalogs: CatalogCache,
    now: datetime,
    loaded: tuple[Row[Any], ProgramUsage],
    devices: tuple[RequestedDevice, ...],
    installed_by: str,
) -> Candidate:
    """The devices in place of those the application named, if it named any."""
    row, usage = loaded
    asked = EnrollmentApplication.model_validate(row.application)
    application = asked.model_copy(update={"devices": devices})
    catalog = await catalogs.get_version(session, row.catalog_version)
    program = catalog.get_program(application.program)
    facts, known = await gather_application_facts(
        session, catalog, program, row, usage, application, now, applied_at=row.submitted_at
    )
    subscription = await get_pending_subscription(session, row.id)
    what = Association(row, facts, catalog, known, subscription=subscription, installed_by=installed_by)
    return Candidate(what, await enrollments.get_for_update(session, row.id))


def describe_device_failures(one: Candidate) -> str:
    """Why the devices cannot be taken after all, in words for who brought them; empty when they can."""
    findings = describe_findings(find_device_failures(one.association.facts))
    return " ".join(f"{finding.reason} {finding.fix}" for finding in findings)


async def associate_candidate(
    session: AsyncSession, scope: SystemScope, now: datetime, one: Candidate
) -> InstallationResult:
    """Associates them, and makes what was reserved for them exact; or says what is in the way.

    Raises:
        Unavailable: another request took a serial number at the same moment; the same again says who has it.
    """
    facts, enrollment = one.association.facts, one.enrollment
    if facts.application is not None and facts.site.account != facts.application.account:
        return InstallationResult(state=enrollment.state, stuck=_MOVED_OUT)
    if why := describe_device_failures(one):
        return InstallationResult(state=enrollment.state, verdict=why)
    more = CapacityNeed(customers=0, devices=0, kw=one.requested_kw - enrollment.needed_kw)
    if more.kw > 0 and not await reserve(session, facts.program.code, more):
        return InstallationResult(state=enrollment.state, stuck=_NO_CAPACITY)
    return await _complete_enrollment(session, AuditTrail(scope, now, enrollment.id), now, one)


async def _complete_enrollment(
    session: AsyncSession, trail: AuditTrail, now: datetime, one: Candidate
) -> InstallationResult:
    enrollment, count = one.enrollment, len(one.association.facts.devices)
    trail.transition(ENROLLMENT_TRANSITIONS, enrollment.id, enrollment.state, _E.COMPLETING)
    request_id = await associate_devices(session, trail, now, one.association)
    enrollment.state = trail.transition(ENROLLMENT_TRANSITIONS, enrollment.id, _E.COMPLETING, _E.ENROLLED)
    spare = CapacityNeed(
        customers=0, devices=enrollment.needed_devices - count, kw=enrollment.needed_kw - one.requested_kw
    )
    enrollment.needed_devices, enrollment.needed_kw = count, one.requested_kw
    enrollment.reason, enrollment.updated_at = None, now
    enrollment.version += 1
    await trail.write(session)
    await session.flush()
    if spare.devices > 0 or spare.kw > 0:
        await release(
            session,
            one.association.facts.program,
            CapacityNeed(customers=0, devices=spare.devices, kw=max(spare.kw, Decimal(0))),
        )
    return InstallationResult(state=enrollment.state, sync_request_id=request_id)
