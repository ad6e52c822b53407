"""Which reports of a technician are valid, and what is wrong with the others."""

from typing import Any

import pytest

from models.catalog.devices import Specification
from models.catalog.programs import Program
from models.requests.completion import Completion
from models.states.work_order import CompletionOutcome, WorkOrderKind
from rules.completions import OUTCOMES_BY_KIND, CompletionFacts, find_completion_errors, installs_device
from tests.unit.conftest import PROGRAM, SPECIFICATION
from wording.findings.field_errors import describe_field_errors

DEVICE = {"specification": "wallbox-40", "serial_number": "WB-2", "device_location_type": "garage"}
INSTALL, REPLACE = WorkOrderKind.INSTALL, WorkOrderKind.REPLACE


def _facts(kind: WorkOrderKind = INSTALL, **changes: Any) -> CompletionFacts:
    known = {
        "program": Program.model_validate(PROGRAM),
        "specification": Specification.model_validate(SPECIFICATION),
        "location_types": frozenset({("garage", "ev_charger")}),
        "catalog_specifications": (Specification.model_validate(SPECIFICATION),),
    }
    return CompletionFacts(kind, **{**known, **changes})


def _report(outcome: str = "completed_as_ordered", **changes: Any) -> Completion:
    device = {"device_installed": DEVICE} if outcome == "completed_as_ordered" else {}
    written = {
        "completion_id": "v-1",
        "outcome": outcome,
        "technician": "Crew 7",
        "finished_at": "2026-06-03T09:40:00Z",
    }
    return Completion.model_validate({**written, **device, **changes})


def _faulty(facts: CompletionFacts, report: Completion) -> list[str]:
    return [fault.pointer for fault in find_completion_errors(facts, report)]


def test_a_report_of_the_ordered_work_is_valid() -> None:
    assert _faulty(_facts(), _report()) == []


@pytest.mark.parametrize("kind", WorkOrderKind)
@pytest.mark.parametrize("outcome", CompletionOutcome)
def test_only_outcomes_of_the_order_kind_are_valid(kind: WorkOrderKind, outcome: CompletionOutcome) -> None:
    assert ("/outcome" in _faulty(_facts(kind), _report(outcome))) is (outcome not in OUTCOMES_BY_KIND[kind])


@pytest.mark.parametrize(
    ("facts", "device", "pointer"),
    [
        ({"specification": None}, DEVICE, "/device_installed/specification"),
        ({"held_by_another": True}, DEVICE, "/device_installed/serial_number"),
        ({"enrolled_elsewhere": True}, DEVICE, "/device_installed/serial_number"),
        ({}, {**DEVICE, "device_location_type": "attic"}, "/device_installed/device_location_type"),
        (
            {"location_required": True},
            {**DEVICE, "device_location_type": None},
            "/device_installed/device_location_type",
        ),
        ({}, None, "/device_installed"),
    ],
)
def test_an_ineligible_device_is_reported_by_pointer(facts: Any, device: Any, pointer: str) -> None:
    assert _faulty(_facts(**facts), _report(device_installed=device)) == [pointer]


@pytest.mark.parametrize(
    ("facts", "device", "possible"),
    [
        ({"specification": None}, DEVICE, "wallbox-40"),
        ({}, {**DEVICE, "device_location_type": "attic"}, "garage"),
        ({"location_required": True}, {**DEVICE, "device_location_type": None}, "garage"),
    ],
)
def test_the_error_names_the_alternatives(facts: Any, device: Any, possible: str) -> None:
    faults = describe_field_errors(find_completion_errors(_facts(**facts), _report(device_installed=device)))
    assert [fault.detail.partition("possible: ")[2] for fault in faults] == [possible]


def test_an_optional_device_location_may_be_omitted() -> None:
    assert _faulty(_facts(), _report(device_installed={**DEVICE, "device_location_type": None})) == []


def test_a_failed_visit_names_no_device() -> None:
    assert _faulty(_facts(), _report("no_access", device_installed=DEVICE)) == ["/device_installed"]


def test_a_replacement_names_the_device_on_the_order() -> None:
    report = _report(device_removed={"serial_number": "wb 1"})
    assert installs_device(REPLACE, report.outcome)
    assert _faulty(_facts(REPLACE, serial_on_order="WB-1"), report) == []
    assert _faulty(_facts(REPLACE, serial_on_order="WB-9"), report) == ["/device_removed/serial_number"]
