"""What is wrong at one place of a document that somebody sent. wording/findings/field_errors.py says it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rules.finding import RuleFinding


@dataclass(frozen=True, slots=True)
class FieldError:
    """The JSON pointer to the place, the code of what is to be said, and the values in it."""

    pointer: str
    code: str
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])


def field_errors_of(finding: RuleFinding, base: str = "") -> tuple[FieldError, ...]:
    """Returns a rule's finding as errors of the places that it is about, relative to `base`."""
    return tuple(
        FieldError(pointer.removeprefix(base), finding.code, finding.parameters) for pointer in finding.pointers
    )
