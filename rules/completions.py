"""Whether a technician's report can stand: the outcome fits the order, and the devices are what they must be."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from models.catalog.devices import Specification
from models.catalog.programs import Program
from models.errors import Pointer
from models.requests.completion import Completion, InstalledDevice, RemovedDevice
from models.states.work_order import CompletionOutcome, WorkOrderKind
from models.values import normalize_serial_number
from rules.alternatives import list_accepted_specifications, list_location_types

CLOCK_TOLERANCE = timedelta(hours=1)

_O = CompletionOutcome
_UNSUCCESSFUL_OUTCOMES = frozenset({_O.NO_ACCESS, _O.CUSTOMER_REFUSED, _O.PARTS_MISSING})

OUTCOMES_BY_KIND: dict[WorkOrderKind, frozenset[CompletionOutcome]] = {
    WorkOrderKind.INSTALL: _UNSUCCESSFUL_OUTCOMES | {_O.COMPLETED_AS_ORDERED, _O.NOT_INSTALLABLE},
    WorkOrderKind.REMOVE: _UNSUCCESSFUL_OUTCOMES | {_O.COMPLETED_AS_ORDERED, _O.NOT_INSTALLABLE},
    WorkOrderKind.TROUBLESHOOT: _UNSUCCESSFUL_OUTCOMES
    | {_O.REPAIRED_ON_SITE, _O.NO_FAULT_FOUND, _O.DEVICE_REPLACED, _O.NOT_INSTALLABLE},
    WorkOrderKind.REPLACE: _UNSUCCESSFUL_OUTCOMES
    | {_O.COMPLETED_AS_ORDERED, _O.DEVICE_REPLACED, _O.REPAIRED_ON_SITE, _O.NO_FAULT_FOUND, _O.NOT_INSTALLABLE},
}
"""How a visit of each kind can end."""


@dataclass(frozen=True, slots=True)
class CompletionFacts:
    """What is known of the order and of the device that was installed, if the report names one.

    `serial_on_order`: of the device to be removed or replaced. `specification`, `held_by_another` and
    `enrolled_elsewhere`: of the new one, in the catalogue and in our record.
    """

    kind: WorkOrderKind
    program: Program
    serial_on_order: str | None = None
    specification: Specification | None = None
    held_by_another: bool = False
    enrolled_elsewhere: bool = False
    location_required: bool = False
    location_types: frozenset[tuple[str, str]] = frozenset()
    catalog_specifications: tuple[Specification, ...] = ()


def installs_device(kind: WorkOrderKind, outcome: CompletionOutcome) -> bool:
    """Whether such a visit leaves a new device behind."""
    if kind is WorkOrderKind.INSTALL:
        return outcome is _O.COMPLETED_AS_ORDERED
    replaced = outcome is _O.DEVICE_REPLACED
    return replaced or (kind is WorkOrderKind.REPLACE and outcome is _O.COMPLETED_AS_ORDERED)


def describe_work_done(kind: WorkOrderKind, report: Completion) -> str:
    """What such a visit left there or took away, in words; empty where it changed nothing."""
    new, old = _describe_device(report.device_installed), _describe_device(report.device_removed)
    if kind is WorkOrderKind.REMOVE:
        return f"The {old} was taken away" if report.outcome is _O.COMPLETED_AS_ORDERED else ""
    if not installs_device(kind, report.outcome):
        return ""
    return f"A {new} was installed" if kind is WorkOrderKind.INSTALL else f"The {old} was replaced by another {new}"


def _describe_device(device: InstalledDevice | RemovedDevice | None) -> str:
    return f"device {device.serial_number}" if device else "device"


def find_completion_errors(facts: CompletionFacts, report: Completion) -> tuple[Pointer, ...]:
    """Everything that keeps the report from being taken, for the technician to read."""
    if report.outcome not in OUTCOMES_BY_KIND[facts.kind]:
        possible = ", ".join(sorted(OUTCOMES_BY_KIND[facts.kind]))
        return (Pointer("/outcome", f"{report.outcome} cannot end an order to {facts.kind}; possible: {possible}"),)
    return (*_installed_device_errors(facts, report), *_removed_device_errors(facts, report))


def find_future_finish(report: Completion, now: datetime) -> tuple[Pointer, ...]:
    """A visit that has yet to take place cannot be reported; the clocks of technicians may be wrong by a little."""
    ahead = report.finished_at > now + CLOCK_TOLERANCE
    return (Pointer("/finished_at", "is in the future"),) if ahead else ()


def _installed_device_errors(facts: CompletionFacts, report: Completion) -> tuple[Pointer, ...]:
    device = report.device_installed
    if not installs_device(facts.kind, report.outcome):
        extra = Pointer("/device_installed", f"no device is installed when the outcome is {report.outcome}")
        return () if device is None else (extra,)
    if device is None:
        return (Pointer("/device_installed", "is missing: serial number and specification of the new device"),)
    return (
        *_specification_errors(facts, device),
        *_location_errors(facts, device),
        *_serial_number_errors(facts, report, device),
    )


def _specification_errors(facts: CompletionFacts, device: InstalledDevice) -> tuple[Pointer, ...]:
    place, possible = (
        "/device_installed/specification",
        list_accepted_specifications(facts.program, facts.catalog_specifications),
    )
    if facts.specification is None:
        return (Pointer(place, f"{device.specification} is not in the catalogue; possible: {possible}"),)
    if not facts.program.accepts_specification(facts.specification):
        return (Pointer(place, f"{facts.program.code} does not accept {device.specification}; possible: {possible}"),)
    return ()


def _location_errors(facts: CompletionFacts, device: InstalledDevice) -> tuple[Pointer, ...]:
    """A replacement hangs where the old device hung; a new one must fit its place."""
    place = device.device_location_type
    if facts.kind is not WorkOrderKind.INSTALL or facts.specification is None:
        return ()
    kind = facts.specification.asset_type
    if (place, kind) in facts.location_types or (place is None and not facts.location_required):
        return ()
    wrong = f"{place} is no place for such a device" if place else "is missing: where the device hangs"
    possible = list_location_types(kind, facts.location_types)
    return (Pointer("/device_installed/device_location_type", f"{wrong}; possible: {possible}"),)


def _serial_number_errors(facts: CompletionFacts, report: Completion, device: InstalledDevice) -> tuple[Pointer, ...]:
    place = "/device_installed/serial_number"
    if facts.held_by_another:
        return (Pointer(place, "another customer holds a device with this serial number; read it again"),)
    if facts.enrolled_elsewhere:
        return (Pointer(place, "the device with this serial number is enrolled already; read it again"),)
    removed = report.device_removed
    if removed and normalize_serial_number(removed.serial_number) == normalize_serial_number(device.serial_number):
        return (Pointer(place, "is the serial number of the device that was removed"),)
    return ()


def _removed_device_errors(facts: CompletionFacts, report: Completion) -> tuple[Pointer, ...]:
    removed, expected = report.device_removed, facts.serial_on_order
    replaces = facts.kind is not WorkOrderKind.INSTALL and installs_device(facts.kind, report.outcome)
    if removed is None:
        return (Pointer("/device_removed", "is missing: the device that was replaced"),) if replaces else ()
    if expected is None:
        return (Pointer("/device_removed", "the order has no device to remove"),)
    if normalize_serial_number(removed.serial_number) != normalize_serial_number(expected):
        wrong = "is not the device on the order; the view of its enrolment has the serial number of that one"
        return (Pointer("/device_removed/serial_number", wrong),)
    return ()
