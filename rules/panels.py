"""What a guided flow shows, what is wrong with what was entered, and the request that comes of it.

One pass over the panels in their order decides what is seen: a condition can only look back, and what is not seen has
no value, however it was filled before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import BaseModel, TypeAdapter, ValidationError

from models.catalog import Program, Question
from models.errors import Pointer
from models.panels import (
    All,
    AnyOf,
    Choice,
    ChoiceField,
    Condition,
    DeviceField,
    Equals,
    FieldSpec,
    In,
    NumberField,
    PanelSpec,
    PanelValues,
    QuestionsField,
    TermsField,
    TextField,
)
from rules.panel_bindings import bound_type


@dataclass(frozen=True, slots=True)
class PanelFacts:
    """What fields are judged by: the request they make, the program, the customer's places, what there is to choose."""

    request: type[BaseModel]
    program: Program | None = None
    service_points: frozenset[str] = frozenset()
    choices: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict[str, tuple[Choice, ...]])
    specifications: frozenset[str] = frozenset()
    """Those that the program takes; none where no program is chosen."""


@dataclass(frozen=True, slots=True)
class SeenPanel:
    """One panel as it is shown: its visible fields with their values, and what is wrong with them."""

    spec: PanelSpec
    visible: bool
    fields: tuple[tuple[FieldSpec, Any], ...] = ()
    faults: tuple[Pointer, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing is missing or wrong."""
        return not self.faults


def holds(condition: Condition | None, known: Mapping[str, Any]) -> bool:
    """Whether a condition holds over the values seen so far, by `panel/field`."""
    match condition:
        case None:
            return True
        case Equals():
            return known.get(condition.field) == condition.value
        case In():
            return known.get(condition.field) in condition.values
        case All():
            return all(holds(one, known) for one in condition.of)
        case AnyOf():
            return any(holds(one, known) for one in condition.of)
        case _:
            return not holds(condition.of, known)


def seen(panels: tuple[PanelSpec, ...], values: PanelValues, facts: PanelFacts) -> tuple[SeenPanel, ...]:
    """Every panel, in order."""
    known: dict[str, Any] = {}
    shown: list[SeenPanel] = []
    for panel in panels:
        if not holds(panel.visible_when, known):
            shown.append(SeenPanel(panel, visible=False))
            continue
        entered = values.get(panel.code, {})
        fields: list[tuple[FieldSpec, Any]] = []
        faults: list[Pointer] = []
        for spec in panel.fields:
            if not holds(spec.visible_when, known):
                continue
            value = entered.get(spec.code, preset(spec, choices_of(spec, facts)))
            fields.append((spec, value))
            known[f"{panel.code}/{spec.code}"] = value
            faults += (Pointer(f"/{panel.code}/{spec.code}{place}", why) for place, why in _faults(spec, value, facts))
        shown.append(SeenPanel(panel, visible=True, fields=tuple(fields), faults=tuple(faults)))
    return tuple(shown)


def preset(spec: FieldSpec, offered: tuple[Choice, ...]) -> Any:
    """What stands there until something is entered: the default or, where one has to be chosen, the only one."""
    default = getattr(spec, "default", None)
    if default is None and spec.required and len(offered) == 1:
        return offered[0].value
    return default


def _faults(spec: FieldSpec, value: Any, facts: PanelFacts) -> list[tuple[str, str]]:
    questions = facts.program.questions if facts.program and isinstance(spec, QuestionsField) else ()
    if value is None or value in ("", [], {}):
        if questions:
            return _answers(questions, {})
        return [("", "is required")] if spec.required else []
    bound = bound_type(facts.request, spec.binds_to)
    if bound is None:
        return [("", f"leads to {spec.binds_to}, which the request does not have")]
    try:
        TypeAdapter(bound).validate_python(value)
    except ValidationError as error:
        found = error.errors(include_input=False, include_context=False, include_url=False)
        return [("".join(f"/{step}" for step in one["loc"]), str(one["msg"])) for one in found[:20]]
    if questions:
        return _answers(questions, value)
    reason = _beyond_its_type(spec, value, facts)
    return [("", reason)] if reason else []


def _answers(questions: tuple[Question, ...], given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with the answers to a program's questions; one that would disqualify may be given all the same."""
    known = {question.code: question for question in questions}
    faults = [(f"/{code}", "the program has no such question") for code in sorted(given.keys() - known.keys())]
    for code, question in known.items():
        answer = given.get(code)
        if answer in (None, ""):
            faults += [(f"/{code}", f"is required: {question.text}")] if question.required else []
        elif question.choices and answer not in question.choices:
            faults.append((f"/{code}", f"is none of: {', '.join(question.choices)}"))
    return faults


def _beyond_its_type(spec: FieldSpec, value: Any, facts: PanelFacts) -> str | None:
    match spec:
        case ChoiceField():
            possible = {choice.value for choice in choices_of(spec, facts)}
            return None if str(value) in possible else f"is none of: {', '.join(sorted(possible)) or 'nothing'}"
        case TextField():
            return f"has more than {spec.max_length} characters" if len(str(value)) > spec.max_length else None
        case NumberField():
            return _out_of_bounds(spec, value)
        case DeviceField():
            unknown = sorted(_specifications_in(value) - facts.specifications) if facts.specifications else []
            return f"the program takes no {', '.join(unknown)}" if unknown else None
        case TermsField():
            current = facts.program.terms.version if facts.program else None
            accepted = value.get("version")
            return None if current in (None, accepted) else f"accept version {current} of the terms, not {accepted}"
        case _:
            known = facts.service_points if spec.kind == "address" else None
            return None if known is None or value in known else "is no service point of this customer"


def _specifications_in(devices: Any) -> set[str]:
    """Those that devices are named by; one that is named by its make and model is looked up when it is decided."""
    rows = cast(list[dict[str, Any]], devices)  # of the type that the field binds to, which was checked before
    return {str(one["specification"]) for one in rows if one.get("specification")}


def _out_of_bounds(spec: NumberField, value: Any) -> str | None:
    if spec.minimum is not None and value < spec.minimum:
        return f"is below {spec.minimum}"
    return f"is above {spec.maximum}" if spec.maximum is not None and value > spec.maximum else None


def choices_of(spec: FieldSpec, facts: PanelFacts) -> tuple[Choice, ...]:
    """What a field offers; nothing where nothing is chosen."""
    if not isinstance(spec, ChoiceField):
        return ()
    return spec.choices or facts.choices.get(spec.source or "", ())


def unknown_fields(panel: PanelSpec, entered: Mapping[str, Any]) -> tuple[Pointer, ...]:
    """What was entered that the panel does not have."""
    known = {spec.code for spec in panel.fields}
    return tuple(
        Pointer(f"/{name}", f"{panel.code} has no such field") for name in sorted(entered) if name not in known
    )


def request_document(shown: tuple[SeenPanel, ...]) -> dict[str, Any]:
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
