"""What a guided flow shows, refuses, and builds from the entered values."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter

from models.catalog.panels import Choice, Condition, PanelSpec
from models.errors import Pointer
from models.requests.enrollment import EnrollmentApplication
from rules.guided_flow.fields import PanelFacts
from rules.guided_flow.panels import (
    build_request_document,
    evaluate_panels,
    find_unknown_fields,
    get_visible_values,
    is_condition_met,
    locate_error,
)
from wording.findings.field_errors import describe_field_errors

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOW = {
    "code": "how",
    "title": "How",
    "fields": [
        {
            "kind": "choice",
            "code": "method",
            "label": "Method",
            "binds_to": "/installation_method",
            "choices": [
                {"value": "bring_your_own", "label": "Own device"},
                {"value": "utility_installation", "label": "We install"},
            ],
        }
    ],
}
OWN = {"op": "equals", "field": "how/method", "value": "bring_your_own"}
DEVICES = {
    "code": "devices",
    "title": "Devices",
    "visible_when": OWN,
    "fields": [{"kind": "device", "code": "devices", "label": "Devices", "binds_to": "/devices"}],
}
VISIT = {
    "code": "visit",
    "title": "Visit",
    "visible_when": {"op": "not", "of": OWN},
    "fields": [
        {"kind": "text", "code": "access", "label": "Access", "binds_to": "/work_order/access_notes", "max_length": 20}
    ],
}
PLACE = {
    "code": "place",
    "title": "Place",
    "fields": [{"kind": "address", "code": "point", "label": "Where", "binds_to": "/service_point"}],
}
DEVICE = {"specification": "ecobee-premium", "serial_number": "1234-5"}


def panels(*specs: dict[str, Any]) -> tuple[PanelSpec, ...]:
    return tuple(PanelSpec.model_validate(spec) for spec in specs)


def facts(**changes: Any) -> PanelFacts:
    offered = {
        "service_points": (Choice(value="SP-1", label="1 Elm Street"), Choice(value="SP-2", label="2 Elm Street"))
    }
    choices = offered | changes.pop("choices", {})
    return PanelFacts(request=EnrollmentApplication, instant=NOW, today=NOW.date(), choices=choices, **changes)


def faults(spec: dict[str, Any], values: Any, **changes: Any) -> dict[str, str]:
    (panel,) = evaluate_panels(panels(spec), {spec["code"]: values}, facts(**changes))
    return {fault.pointer: fault.detail for fault in describe_field_errors(panel.errors)}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"op": "equals", "field": "a/b", "value": 1}, True),
        ({"op": "equals", "field": "a/b", "value": 2}, False),
        ({"op": "equals", "field": "a/absent", "value": 1}, False),
        ({"op": "in", "field": "a/b", "values": [3, 1]}, True),
        ({"op": "not", "of": {"op": "equals", "field": "a/b", "value": 1}}, False),
        ({"op": "all", "of": [{"op": "equals", "field": "a/b", "value": 1}]}, True),
        (
            {
                "op": "any",
                "of": [{"op": "equals", "field": "a/b", "value": 2}, {"op": "in", "field": "a/b", "values": [1]}],
            },
            True,
        ),
    ],
)
def test_a_condition_reads_the_entered_values(condition: dict[str, Any], expected: bool) -> None:
    assert is_condition_met(TypeAdapter[Condition](Condition).validate_python(condition), {"a/b": 1}) is expected


def test_a_panel_shows_only_when_its_condition_holds() -> None:
    shown = evaluate_panels(panels(HOW, DEVICES, VISIT), {"how": {"method": "bring_your_own"}}, facts())
    assert [panel.visible for panel in shown] == [True, True, False]


def test_a_changed_method_hides_the_values_of_the_other() -> None:
    values = {
        "how": {"method": "utility_installation"},
        "devices": {"devices": [DEVICE]},
        "visit": {"access": "ring twice"},
    }
    document = build_request_document(evaluate_panels(panels(HOW, DEVICES, VISIT), values, facts()))
    assert document == {"installation_method": "utility_installation", "work_order": {"access_notes": "ring twice"}}


def test_missing_required_values_are_named() -> None:
    assert faults(PLACE, {}) == {"/place/point": "is required"}


def test_a_value_is_validated_by_its_binding_type() -> None:
    assert "/devices/devices/0/serial_number" in faults(DEVICES | {"visible_when": None}, {"devices": [{"model": "x"}]})


def test_only_offered_options_can_be_chosen() -> None:
    assert "is none of" in faults(HOW, {"method": "self_installation"})["/how/method"]


def test_options_can_come_from_the_catalog() -> None:
    spec = {
        "code": "p",
        "title": "P",
        "fields": [
            {"kind": "choice", "code": "program", "label": "Program", "binds_to": "/program", "source": "programs"}
        ],
    }
    offered = {"programs": (Choice(value="EV", label="EV"),)}
    assert faults(spec, {"program": "EV"}, choices=offered) == {}
    assert faults(spec, {"program": "X"}, choices=offered) == {"/p/program": "is none of: EV"}


def test_only_the_customers_service_points_can_be_chosen() -> None:
    assert faults(PLACE, {"point": "SP-1"}) == {}
    assert faults(PLACE, {"point": "SP-3"}) == {"/place/point": "is none of: SP-1, SP-2"}


def test_text_length_is_limited() -> None:
    shown = VISIT | {"visible_when": None}
    assert faults(shown, {"access": "x" * 21}) == {"/visit/access": "has more than 20 characters"}


def test_a_default_applies_until_a_value_is_entered() -> None:
    spec = {**HOW, "fields": [{**HOW["fields"][0], "default": "bring_your_own"}]}
    assert build_request_document(evaluate_panels(panels(spec), {}, facts())) == {
        "installation_method": "bring_your_own"
    }


@pytest.mark.parametrize(("offered", "expected"), [(("EV",), {"program": "EV"}), (("EV", "AC"), {})])
def test_a_single_option_is_preselected(offered: tuple[str, ...], expected: dict[str, str]) -> None:
    field = {"kind": "choice", "code": "program", "label": "Program", "binds_to": "/program", "source": "programs"}
    choices = {"programs": tuple(Choice(value=one, label=one) for one in offered)}
    shown = evaluate_panels(panels({"code": "p", "title": "P", "fields": [field]}), {}, facts(choices=choices))
    assert build_request_document(shown) == expected


def test_an_unknown_field_is_named() -> None:
    (panel,) = panels(PLACE)
    assert [fault.pointer for fault in find_unknown_fields(panel, {"point": "SP-1", "colour": "red"})] == [
        "/place/colour"
    ]


@pytest.mark.parametrize(
    ("pointer", "at"),
    [
        ("/installation_method", "/how/method"),
        ("/work_order/access_notes", "/visit/access"),
        ("/service_point/0", "/place/point/0"),
        ("/service_points", "/summary/service_points"),
        ("/account", "/summary/account"),
    ],
)
def test_a_request_error_is_reported_at_its_field(pointer: str, at: str) -> None:
    shown = evaluate_panels(panels(HOW, VISIT, PLACE), {"how": {"method": "utility_installation"}}, facts())
    assert locate_error(shown, Pointer(pointer, "why")) == (at, "why")


def test_default_values_are_stored_with_the_entered_ones() -> None:
    one = {"service_points": (Choice(value="SP-1", label="1 Elm Street"),)}
    assert get_visible_values(
        evaluate_panels(panels(PLACE, VISIT), {"visit": {"access": "bell"}}, facts(choices=one))
    ) == {
        "place": {"point": "SP-1"},
        "visit": {"access": "bell"},
    }
