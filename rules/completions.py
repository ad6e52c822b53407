"""Whether a technician's report can stand: the outcome fits the order, and the devices are what they must be."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from models.catalog.devices import Specification
from models.catalog.programs import Program
from models.requests.completion import Completion, InstalledDevice
from models.states.work_order import CompletionOutcome, WorkOrderKind
from models.values import normalize_serial_number
from rules.alternatives import name_accepted_specifications, name_location_types
from rules.field_error import FieldError

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
    `enrolled_elsewhere`: of the new one, in the catalog and in our record.
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


def find_completion_errors(facts: CompletionFacts, report: Completion) -> tuple[FieldError, ...]:
    """Everything that keeps the report from being taken, for the technician to read."""
    if report.outcome not in OUTCOMES_BY_KIND[facts.kind]:
        values = {
            "outcome": report.outcome,
            "kind": facts.kind,
            "possible": sorted(OUTCOMES_BY_KIND[facts.kind]),
        }
        return (FieldError("/outcome", "outcome_not_possible", values),)
    return (*_installed_device_errors(facts, report), *_removed_device_errors(facts, report))


def find_future_finish(report: Completion, now: datetime) -> tuple[FieldError, ...]:
    """A visit that has yet to take place cannot be reported; the clocks of technicians may be wrong by a little."""
    ahead = report.finished_at > now + CLOCK_TOLERANCE
    return (FieldError("/finished_at", "in_the_future"),) if ahead else ()


def _installed_device_errors(facts: CompletionFacts, report: Completion) -> tuple[FieldError, ...]:
    device = report.device_installed
    if not installs_device(facts.kind, report.outcome):
        extra = FieldError("/device_installed", "no_device_installed", {"outcome": report.outcome})
        return () if device is None else (extra,)
    if device is None:
        return (FieldError("/device_installed", "installed_device_missing"),)
    return (
        *_specification_errors(facts, device),
        *_location_errors(facts, device),
        *_serial_number_errors(facts, report, device),
    )


def _specification_errors(facts: CompletionFacts, device: InstalledDevice) -> tuple[FieldError, ...]:
    place = "/device_installed/specification"
    values = {
        "specification": device.specification,
        "program": facts.program.code,
        "possible": name_accepted_specifications(facts.program, facts.catalog_specifications),
    }
    if facts.specification is None:
        return (FieldError(place, "specification_not_in_catalog", values),)
    if not facts.program.accepts_specification(facts.specification):
        return (FieldError(place, "specification_refused", values),)
    return ()


def _location_errors(facts: CompletionFacts, device: InstalledDevice) -> tuple[FieldError, ...]:
    """A replacement hangs where the old device hung; a new one must fit its place."""
    place = device.device_location_type
    if facts.kind is not WorkOrderKind.INSTALL or facts.specification is None:
        return ()
    kind = facts.specification.asset_type
    if (place, kind) in facts.location_types or (place is None and not facts.location_required):
        return ()
    code = "location_wrong" if place else "location_missing"
    possible = name_location_types(kind, facts.location_types)
    return (FieldError("/device_installed/device_location_type", code, {"location": place, "possible": possible}),)


def _serial_number_errors(
    facts: CompletionFacts, report: Completion, device: InstalledDevice
) -> tuple[FieldError, ...]:
    place = "/device_installed/serial_number"
    if facts.held_by_another:
        return (FieldError(place, "serial_number_of_other_customer"),)
    if facts.enrolled_elsewhere:
        return (FieldError(place, "serial_number_enrolled"),)
    removed = report.device_removed
    if removed and normalize_serial_number(removed.serial_number) == normalize_serial_number(device.serial_number):
        return (FieldError(place, "serial_number_of_removed_device"),)
    return ()


def _removed_device_errors(facts: CompletionFacts, report: Completion) -> tuple[FieldError, ...]:
    removed, expected = report.device_removed, facts.serial_on_order
    replaces = facts.kind is not WorkOrderKind.INSTALL and installs_device(facts.kind, report.outcome)
    if removed is None:
        return (FieldError("/device_removed", "removed_device_missing"),) if replaces else ()
    if expected is None:
        return (FieldError("/device_removed", "no_device_to_remove"),)
    if normalize_serial_number(removed.serial_number) != normalize_serial_number(expected):
        return (FieldError("/device_removed/serial_number", "not_the_device_on_order"),)
    return ()
