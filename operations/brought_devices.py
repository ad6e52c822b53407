"""Associating devices that were brought after acceptance: by a technician, by the parcel service, or checked first."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.application import EnrollmentApplication, RequestedDevice
from models.completion import InstalledDevice
from models.messages.site_visit import Installed
from models.scope import SystemScope
from models.states import ENROLLMENT_TRANSITIONS, EnrollmentState, SubscriptionState
from models.tables.enrollment import Enrollment
from models.tables.subscription import ProgramSubscription
from operations import enrollments
from operations.association import Association, associate
from operations.audit import Trail
from operations.capacity import release, reserve
from operations.catalog import Catalogs
from operations.facts import weigh
from rules.capacity import Need
from rules.eligibility.decide import device_failures

_E = EnrollmentState
WAITING = (_E.DEVICE_SETUP, _E.AWAITING_SITE_VISIT)
"""The states of an enrolment whose device is still to be associated."""

_MOVED_OUT = "The service point is billed to another account now. Have the CIS record corrected and retry, or cancel."
_NO_ROOM = "The installed device has more power than is left in the program. Add places and retry, or cancel."


@dataclass(frozen=True, slots=True)
class Candidate:
    """Devices to be associated, with all that decides on them."""

    what: Association
    enrollment: Enrollment

    @property
    def kw(self) -> Decimal:
        """Rated power of them together."""
        return self.what.facts.requested_kw


def as_requested(device: InstalledDevice) -> RequestedDevice:
    """A device that was brought, as an application would name it."""
    return RequestedDevice(
        specification=device.specification,
        serial_number=device.serial_number,
        nic_id=device.nic_id,
        badge_number=device.badge_number,
        device_location_type=device.device_location_type,
    )


async def candidate(
    session: AsyncSession,
    catalogs: Catalogs,
    now: datetime,
    loaded: tuple[Row[Any], Any],
    devices: tuple[RequestedDevice, ...],
    installed_by: str,
) -> Candidate:
    """The devices in place of those the application named, if it named any."""
    row, usage = loaded
    asked = EnrollmentApplication.model_validate(row.application)
    application = asked.model_copy(update={"devices": devices})
    catalog = await catalogs.version(session, row.catalog_version)
    program = catalog.program(application.program)
    facts, known = await weigh(session, catalog, program, row, usage, application, now, applied_at=row.submitted_at)
    subscription = await session.scalar(
        select(ProgramSubscription).where(
            col(ProgramSubscription.enrollment_id) == row.id,
            col(ProgramSubscription.state) == SubscriptionState.PENDING,
        )
    )
    what = Association(row, facts, catalog, known, subscription=subscription, installed_by=installed_by)
    return Candidate(what, await enrollments.locked(session, row.id))


def objections(one: Candidate) -> str:
    """Why the devices cannot be taken after all, in words for who brought them; empty when they can."""
    return " ".join(f"{finding.reason} {finding.fix}" for finding in device_failures(one.what.facts))


async def settle(session: AsyncSession, scope: SystemScope, now: datetime, one: Candidate) -> Installed:
    """Associates them, and makes what was reserved for them exact; or says what is in the way.

    Raises:
        Unavailable: another request took a serial number at the same moment; the same again says who has it.
    """
    facts, enrollment = one.what.facts, one.enrollment
    if facts.application is not None and facts.site.account != facts.application.account:
        return Installed(state=enrollment.state, stuck=_MOVED_OUT)
    if why := objections(one):
        return Installed(state=enrollment.state, verdict=why)
    more = Need(customers=0, devices=0, kw=one.kw - enrollment.needed_kw)
    if more.kw > 0 and not await reserve(session, facts.program.code, more):
        return Installed(state=enrollment.state, stuck=_NO_ROOM)
    return await _associate(session, Trail(scope, now, enrollment.id), now, one)


async def _associate(session: AsyncSession, trail: Trail, now: datetime, one: Candidate) -> Installed:
    enrollment, count = one.enrollment, len(one.what.facts.devices)
    trail.moved(ENROLLMENT_TRANSITIONS, enrollment.id, enrollment.state, _E.COMPLETING)
    request_id = await associate(session, trail, now, one.what)
    enrollment.state = trail.moved(ENROLLMENT_TRANSITIONS, enrollment.id, _E.COMPLETING, _E.ENROLLED)
    spare = Need(customers=0, devices=enrollment.needed_devices - count, kw=enrollment.needed_kw - one.kw)
    enrollment.needed_devices, enrollment.needed_kw = count, one.kw
    enrollment.reason, enrollment.updated_at = None, now
    enrollment.version += 1
    await trail.write(session)
    await session.flush()
    if spare.devices > 0 or spare.kw > 0:
        await release(
            session, one.what.facts.program, Need(customers=0, devices=spare.devices, kw=max(spare.kw, Decimal(0)))
        )
    return Installed(state=enrollment.state, sync_request_id=request_id)
