"""Panels that cannot build their request are refused when the catalog is applied, each with its path."""

from typing import Any

import pytest

from models.catalog.catalog import Catalog
from models.requests.enrollment import EnrollmentApplication
from rules.guided_flow.bindings import find_panel_errors, get_bound_type
from wording.findings.field_errors import describe_field_errors

FIELD = {"kind": "text", "code": "program", "label": "Program", "binds_to": "/program"}


def found(*panels: dict[str, Any]) -> dict[str, str]:
    task = {"code": "t", "description": "t", "process_flow": "enroll", "panels": list(panels)}
    catalog = Catalog.model_validate({"service_task_types": [task]})
    return {fault.pointer: fault.detail for fault in describe_field_errors(find_panel_errors(catalog))}


def panel(code: str, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"code": code, "title": code, "fields": list(fields), **more}


def test_valid_panels_have_no_errors() -> None:
    after = {"op": "equals", "field": "a/program", "value": "EV"}
    assert found(panel("a", FIELD), panel("b", {**FIELD, "code": "again"}, visible_when=after)) == {}


@pytest.mark.parametrize("code", ["a", "summary"])
def test_panel_codes_are_unique_and_summary_is_reserved(code: str) -> None:
    assert "/service_task_types/0/panels/1/code" in found(panel("a", FIELD), panel(code, {**FIELD, "code": "x"}))


def test_field_codes_are_unique_in_a_panel() -> None:
    assert "/service_task_types/0/panels/0/fields/1/code" in found(panel("a", FIELD, FIELD))


@pytest.mark.parametrize("path", ["b/program", "a/program", "z/z"])
def test_a_condition_refers_to_an_earlier_field(path: str) -> None:
    ahead = {"op": "not", "of": {"op": "all", "of": [{"op": "equals", "field": path, "value": 1}]}}
    wrong = found(panel("a", {**FIELD, "visible_when": ahead}), panel("b", FIELD))
    assert wrong == {"/service_task_types/0/panels/0/fields/0/visible_when": f"{path} is no field before this one"}


@pytest.mark.parametrize("binding", ["/colour", "/program/colour", "/work_order/colour"])
def test_a_binding_has_a_valid_target(binding: str) -> None:
    wrong = found(panel("a", {**FIELD, "binds_to": binding}))
    assert wrong == {"/service_task_types/0/panels/0/fields/0/binds_to": f"the request to enroll has no {binding}"}


@pytest.mark.parametrize("binding", ["/program", "/devices", "/work_order/window", "/terms", "/answers", "/start_date"])
def test_every_part_of_a_request_can_be_bound(binding: str) -> None:
    assert get_bound_type(EnrollmentApplication, binding) is not None


@pytest.mark.parametrize(
    ("kind", "binding", "places"),
    [
        ("device", "/answers", "/devices"),
        ("date", "/program", "/start_date or /effective_date"),
        ("questions", "/terms", "/answers"),
    ],
)
def test_a_field_type_fits_its_binding(kind: str, binding: str, places: str) -> None:
    wrong = found(panel("a", {**FIELD, "kind": kind, "binds_to": binding}))
    assert wrong == {"/service_task_types/0/panels/0/fields/0/binds_to": f"a field of kind {kind} leads to {places}"}
