"""What a guided flow shows, what is wrong with what was entered, and the request that comes of it.

One pass over the panels in their order decides what is seen: a condition can only look back, and what is not seen has
no value, however it was filled before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from models.catalog.panels import SUMMARY, All, AnyOf, Condition, Equals, FieldSpec, In, PanelSpec, PanelValues
from models.errors import Pointer
from rules.field_error import FieldError
from rules.guided_flow.fields import PanelFacts, find_field_errors, get_choices, get_default_value


@dataclass(frozen=True, slots=True)
class EvaluatedPanel:
    """One panel as it is shown: its visible fields with their values, and what is wrong with them."""

    spec: PanelSpec
    visible: bool
    fields: tuple[tuple[FieldSpec, Any], ...] = ()
    errors: tuple[FieldError, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing or wrong."""
        return not self.errors


def is_condition_met(condition: Condition | None, known: Mapping[str, Any]) -> bool:
    """Whether a condition holds over the values seen so far, by `panel/field`."""
    match condition:
        case None:
            return True
        case Equals():
            return known.get(condition.field) == condition.value
        case In():
            return known.get(condition.field) in condition.values
        case All():
            return all(is_condition_met(one, known) for one in condition.of)
        case AnyOf():
            return any(is_condition_met(one, known) for one in condition.of)
        case _:
            return not is_condition_met(condition.of, known)


def evaluate_panels(
    panels: tuple[PanelSpec, ...], values: PanelValues, facts: PanelFacts
) -> tuple[EvaluatedPanel, ...]:
    """Every panel, in order."""
    known: dict[str, Any] = {}
    shown: list[EvaluatedPanel] = []
    for panel in panels:
        if not is_condition_met(panel.visible_when, known):
            shown.append(EvaluatedPanel(panel, visible=False))
            continue
        entered = values.get(panel.code, {})
        fields: list[tuple[FieldSpec, Any]] = []
        errors: list[FieldError] = []
        for spec in panel.fields:
            if not is_condition_met(spec.visible_when, known):
                continue
            value = entered.get(spec.code, get_default_value(spec, get_choices(spec, facts)))
            fields.append((spec, value))
            known[f"{panel.code}/{spec.code}"] = value
            errors += (
                replace(one, pointer=f"/{panel.code}/{spec.code}{one.pointer}")
                for one in find_field_errors(spec, value, facts)
            )
        shown.append(EvaluatedPanel(panel, visible=True, fields=tuple(fields), errors=tuple(errors)))
    return tuple(shown)


def find_unknown_fields(panel: PanelSpec, entered: Mapping[str, Any]) -> tuple[FieldError, ...]:
    """What was entered that the panel does not have."""
    known = {spec.code for spec in panel.fields}
    unknown = sorted(entered.keys() - known)
    return tuple(
        FieldError(f"/{panel.code}/{name}", "panel_has_no_such_field", {"panel": panel.code}) for name in unknown
    )


def get_visible_values(shown: tuple[EvaluatedPanel, ...]) -> PanelValues:
    """What stands in the visible fields, entered or not: what they offer may be another thing tomorrow."""
    return {
        panel.spec.code: {spec.code: value for spec, value in panel.fields if value is not None}
        for panel in shown
        if panel.visible
    }


def build_request_document(shown: tuple[EvaluatedPanel, ...]) -> dict[str, Any]:
    """The request that the visible fields make, each at the place it binds to."""
    document: dict[str, Any] = {}
    for panel in shown:
        for spec, value in panel.fields:
            if value is None or value in ("", [], {}):
                continue
            *outer, last = spec.binds_to.strip("/").split("/")
            place = document
            for name in outer:
                place = place.setdefault(name, {})
            place[last] = value
    return document


def locate_error(shown: tuple[EvaluatedPanel, ...], fault: Pointer) -> Pointer:
    """A fault of the request at the field that it came from, `/<panel>/<field>` like every fault of a guided flow; one
    that came from no field lies in the `/summary`, which is the request."""
    for panel in shown:
        for spec, _ in panel.fields:
            if f"{fault.pointer}/".startswith(f"{spec.binds_to}/"):
                inside = fault.pointer.removeprefix(spec.binds_to)
                return Pointer(f"/{panel.spec.code}/{spec.code}{inside}", fault.detail)
    return Pointer(f"/{SUMMARY}{fault.pointer}", fault.detail)
