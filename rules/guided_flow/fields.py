"""What a field of a guided flow offers, what its value is made of, and what is wrong with what was entered.

A value of several parts (answers, devices, terms, a window) lists them, so that a page has to know nothing but
text, choices, days and instants. Program, terms and days are judged by the rules that will decide the request.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from models.catalog.eligibility import StartWithinRule
from models.catalog.panels import (
    AddressField,
    Choice,
    ChoiceField,
    DeviceField,
    FieldPart,
    FieldSpec,
    NumberField,
    QuestionsField,
    TermsField,
    TextField,
    WindowField,
)
from models.catalog.programs import Program, Question
from models.decision import Verdict
from models.requests.enrollment import Answer, EnrollmentApplication
from models.validation import locate_pydantic_error
from models.values import DeviceIdentifier, Line
from rules.eligibility.availability import check_enrollment_window, check_program_active
from rules.eligibility.consent import check_start_date, check_start_within, check_terms
from rules.field_error import FieldError, field_errors_of
from rules.finding import RuleFinding
from rules.guided_flow.bindings import get_bound_type
from rules.unenrollment.decide import check_effective_date

_MAXIMUM_NAMED = 20
"""As many choices are named where none of them was chosen."""


@dataclass(frozen=True, slots=True)
class PanelFacts:
    """What fields are judged by: the request they make, the day at the premise, the program, what can be chosen."""

    request: type[BaseModel]
    instant: datetime
    today: date
    program: Program | None = None
    choices: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict[str, tuple[Choice, ...]])
    location_required: bool = False


def get_choices(spec: FieldSpec, facts: PanelFacts) -> tuple[Choice, ...]:
    """What a field offers; nothing where nothing is chosen, or only within its parts."""
    match spec:
        case ChoiceField():
            return spec.choices or facts.choices.get(spec.source or "", ())
        case AddressField():
            return facts.choices.get("service_points", ())
        case _:
            return ()


def get_default_value(spec: FieldSpec, offered: tuple[Choice, ...]) -> Any:
    """What stands there until something is entered: the default or, where one has to be chosen, the only one."""
    default = getattr(spec, "default", None)
    if default is None and spec.required and len(offered) == 1:
        return offered[0].value
    return default


def get_bounds(spec: FieldSpec, facts: PanelFacts) -> tuple[float | None, float | None]:
    """The least and the most of a number, or of how many devices."""
    match spec:
        case NumberField():
            return spec.minimum, spec.maximum
        case DeviceField() if facts.program and facts.request is EnrollmentApplication:
            return facts.program.devices.minimum, min(spec.maximum, facts.program.devices.maximum)
        case DeviceField():
            return None, min(spec.maximum, len(facts.choices.get("subscription_devices", ())))
        case _:
            return None, None


def get_parts(spec: FieldSpec, facts: PanelFacts) -> tuple[FieldPart, ...]:
    """What the value is made of, or each of its devices; nothing where it is one thing."""
    match spec:
        case QuestionsField():
            return tuple(_question_part(one) for one in facts.program.questions) if facts.program else ()
        case TermsField():
            current = (facts.program.terms.version,) if facts.program else ()
            versions = tuple(Choice(value=version, label=version) for version in current)
            return (
                _choice_part("version", "version", versions),
                _text_part("accepted_by", "accepted_by", _get_maximum_length(Line)),
                FieldPart(code="accepted_at", kind="instant", label="accepted_at", required=True),
            )
        case WindowField():
            return (
                FieldPart(code="start", kind="instant", label="start", required=True),
                FieldPart(code="end", kind="instant", label="end", required=True),
            )
        case DeviceField():
            return (
                _enrolled_device_parts(facts)
                if facts.request is EnrollmentApplication
                else _unenrolled_device_parts(facts)
            )
        case _:
            return ()


def _question_part(question: Question) -> FieldPart:
    if question.choices:
        choices = tuple(Choice(value=one, label=one) for one in question.choices)
        return _choice_part(question.code, question.text, choices, required=question.required)
    return _text_part(question.code, question.text, _get_maximum_length(Answer), required=question.required)


def _enrolled_device_parts(facts: PanelFacts) -> tuple[FieldPart, ...]:
    longest, places = _get_maximum_length(DeviceIdentifier), facts.choices.get("device_location_types", ())
    return (
        _choice_part("specification", "specification", facts.choices.get("specifications", ())),
        _text_part("serial_number", "serial_number", longest),
        _text_part("nic_id", "nic_id", longest, required=False),
        _text_part("badge_number", "badge_number", longest, required=False),
        _choice_part("device_location_type", "device_location_type", places, required=facts.location_required),
    )


def _unenrolled_device_parts(facts: PanelFacts) -> tuple[FieldPart, ...]:
    methods = facts.choices.get("removal_methods", ())
    return (
        _choice_part("device", "device", facts.choices.get("subscription_devices", ())),
        _choice_part("removal_method", "removal_method", methods, required=False),
    )


def _choice_part(code: str, label: str, choices: tuple[Choice, ...], *, required: bool = True) -> FieldPart:
    return FieldPart(code=code, kind="choice", label=label, required=required, choices=choices)


def _text_part(code: str, label: str, max_length: int | None, *, required: bool = True) -> FieldPart:
    return FieldPart(code=code, kind="text", label=label, required=required, max_length=max_length)


def _get_maximum_length(kind: Any) -> int | None:
    return TypeAdapter(kind).json_schema().get("maxLength")


def find_field_errors(spec: FieldSpec, value: Any, facts: PanelFacts) -> Sequence[FieldError]:
    """What is missing or wrong in a field; the pointers lead into its value."""
    if value is None or value in ("", [], {}):
        if isinstance(spec, QuestionsField):
            return tuple(_part_errors(get_parts(spec, facts), {}))
        return [FieldError("", "required")] if spec.required else []
    bound = get_bound_type(facts.request, spec.binds_to)
    if bound is None:
        return [FieldError("", "binding_unknown", {"binding": spec.binds_to})]
    try:
        read = TypeAdapter(bound).validate_python(value)
    except ValidationError as error:
        found = error.errors(include_input=False, include_context=False, include_url=False)
        return [FieldError(locate_pydantic_error(value, one), "not_valid", {"error": one}) for one in found[:20]]
    return tuple(_value_errors(spec, value, read, facts))


def _value_errors(spec: FieldSpec, value: Any, read: Any, facts: PanelFacts) -> Iterator[FieldError]:
    """`value` as it was entered, `read` as its type has it."""
    match spec:
        case ChoiceField() | AddressField():
            yield from _choice_errors("", str(value), get_choices(spec, facts))
        case TextField() if len(str(value)) > spec.max_length:
            yield FieldError("", "text_too_long", {"maximum": spec.max_length})
        case NumberField():
            yield from _bounds_errors("number", value, get_bounds(spec, facts))
        case DeviceField():
            yield from _bounds_errors("device_count", len(value), get_bounds(spec, facts))
            parts = get_parts(spec, facts)
            for position, device in enumerate(value):
                yield from (replace(one, pointer=f"/{position}{one.pointer}") for one in _part_errors(parts, device))
        case QuestionsField() if facts.program:
            parts = get_parts(spec, facts)
            unknown = sorted(value.keys() - {part.code for part in parts})
            yield from (FieldError(f"/{code}", "question_unknown") for code in unknown)
            yield from _part_errors(parts, value)
        case _:
            pass
    for finding in _rule_findings(spec.binds_to, read, facts):
        if finding.verdict is Verdict.FAILED:
            yield from field_errors_of(finding, spec.binds_to)


def _rule_findings(binding: str, value: Any, facts: PanelFacts) -> list[RuleFinding]:
    """What the rules that will decide the request find in this part of it alone."""
    program, today = facts.program, facts.today
    match binding:
        case "/program" if program:
            return [check_program_active(program, today), check_enrollment_window(program, today)]
        case "/terms" if program:
            return [check_terms(value, program.terms, facts.instant)]
        case "/start_date":
            limits = [rule for rule in (program.eligibility if program else ()) if isinstance(rule, StartWithinRule)]
            return [check_start_date(value, today), *(check_start_within(value, today, rule) for rule in limits)]
        case "/effective_date":
            return [check_effective_date(value, today)]
        case _:
            return []


def _part_errors(parts: tuple[FieldPart, ...], given: Mapping[str, Any]) -> Iterator[FieldError]:
    """An answer that would disqualify may be given all the same."""
    for part in parts:
        value = given.get(part.code)
        if value in (None, ""):
            if part.required:
                yield FieldError(f"/{part.code}", "part_required", {"label": part.label})
        elif part.choices:
            yield from _choice_errors(f"/{part.code}", value, part.choices)


def _choice_errors(place: str, value: str, offered: tuple[Choice, ...]) -> Iterator[FieldError]:
    possible = sorted({choice.value for choice in offered})
    if value in possible:
        return
    if not possible:
        yield FieldError(place, "nothing_to_choose")
    elif len(possible) <= _MAXIMUM_NAMED:
        yield FieldError(place, "no_such_choice", {"possible": possible})
    else:
        yield FieldError(place, "not_among_choices", {"count": len(possible)})


def _bounds_errors(what: str, amount: float, bounds: tuple[float | None, float | None]) -> Iterator[FieldError]:
    least, most = bounds
    if least is not None and amount < least:
        yield FieldError("", f"{what}_too_low", {"minimum": least})
    if most is not None and amount > most:
        yield FieldError("", f"{what}_too_high", {"maximum": most})
