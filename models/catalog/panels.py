"""Panels and fields of guided flows, as configuration: a closed union of field kinds, and visibility as data.

`binds_to` is a JSON pointer into the request that Finish submits; `rules/guided_flow/bindings.py` checks it when a
catalog is applied.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, StringConstraints, model_validator

from models.values import Code, Described, Line, Sentence, Value

FieldPath = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}/[A-Za-z0-9._-]{1,64}$"),
    Described("a panel/field, by their codes"),
]
"""`panel/field`."""

Binding = Annotated[
    str,
    StringConstraints(pattern=r"^(/[a-z_]{1,40}){1,2}$"),
    Described("a place in the request, such as /terms/version"),
]


class Equals(Value):
    """The field has this value."""

    op: Literal["equals"]
    field: FieldPath
    value: JsonValue


class In(Value):
    """The field has one of these values."""

    op: Literal["in"]
    field: FieldPath
    values: Annotated[tuple[JsonValue, ...], Field(min_length=1, max_length=50)]


class All(Value):
    """Every one of these holds."""

    op: Literal["all"]
    of: Annotated[tuple[Condition, ...], Field(min_length=1, max_length=10)]


class AnyOf(Value):
    """At least one of these holds."""

    op: Literal["any"]
    of: Annotated[tuple[Condition, ...], Field(min_length=1, max_length=10)]


class Not(Value):
    """This does not hold."""

    op: Literal["not"]
    of: Condition


Condition = Annotated[Equals | In | All | AnyOf | Not, Field(discriminator="op")]


class _FieldSpec(Value):
    code: Code
    label: Line
    help: Sentence | None = None
    required: bool = True
    visible_when: Condition | None = None
    binds_to: Binding


class TextField(_FieldSpec):
    """Text that is typed."""

    kind: Literal["text"]
    default: Line | None = None
    max_length: Annotated[int, Field(ge=1, le=2000)] = 200


class Choice(Value):
    """One of the values to choose from."""

    value: Line
    label: Line


class FieldPart(Value):
    """One of the things that a field's value is made of: a question, or what is said of a device or of terms."""

    code: Code
    kind: Literal["text", "choice", "instant"]
    label: Sentence
    required: bool
    choices: tuple[Choice, ...] = ()
    max_length: int | None = None


class ChoiceField(_FieldSpec):
    """One of a few: listed here, or taken from what is there (`source`) when the panel is shown. The only one there is
    need not be chosen."""

    kind: Literal["choice"]
    default: Line | None = None
    choices: Annotated[tuple[Choice, ...], Field(max_length=100)] = ()
    source: (
        Literal[
            "programs",
            "installation_methods",
            "asset_ownerships",
            "subscription_devices",
            "unenrollment_reasons",
            "problems",
        ]
        | None
    ) = None

    @model_validator(mode="after")
    def _has_choices_or_a_source(self) -> ChoiceField:
        if bool(self.choices) == bool(self.source):
            raise ValueError("name either choices or a source")
        return self


class DateField(_FieldSpec):
    """A day."""

    kind: Literal["date"]


class NumberField(_FieldSpec):
    """A number between bounds."""

    kind: Literal["number"]
    default: float | None = None
    minimum: float | None = None
    maximum: float | None = None


class DeviceField(_FieldSpec):
    """The devices that the customer brings, of the makes and models that the program takes; or those that leave."""

    kind: Literal["device"]
    maximum: Annotated[int, Field(ge=1, le=100)] = 10


class AddressField(_FieldSpec):
    """One of the customer's service points, shown by its address. The only one there is need not be chosen."""

    kind: Literal["address"]


class WindowField(_FieldSpec):
    """When a technician may come."""

    kind: Literal["window"]


class TermsField(_FieldSpec):
    """The program's terms in their current version, accepted by somebody at some time."""

    kind: Literal["terms"]


class QuestionsField(_FieldSpec):
    """The program's qualification questions."""

    kind: Literal["questions"]


FieldSpec = Annotated[
    TextField
    | ChoiceField
    | DateField
    | NumberField
    | DeviceField
    | AddressField
    | WindowField
    | TermsField
    | QuestionsField,
    Field(discriminator="kind"),
]


FieldKind = Literal["text", "choice", "date", "number", "device", "address", "window", "terms", "questions"]


class PanelSpec(Value):
    """One step of a guided flow."""

    code: Code
    title: Line
    help: Sentence | None = None
    visible_when: Condition | None = None
    fields: Annotated[tuple[FieldSpec, ...], Field(min_length=1, max_length=40)]


SUMMARY = "summary"
"""The last panel of every process flow. It has no fields of its own and contains Finish."""

PanelValues = dict[str, dict[str, Any]]
"""What was saved: by panel, then by field."""
