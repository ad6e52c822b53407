"""Values that have a meaning of their own: text a person typed, power, instants. Everything else is built of these."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    StringConstraints,
)
from pydantic_core import CoreSchema, core_schema


class Value(BaseModel):
    """A frozen value. Unknown fields are refused: a misspelt field is an error, never a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid")


_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""The Unicode categories of control characters, surrogates, and line and paragraph separators."""

_DIRECTION_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""What turns the direction of text, and so hides it."""


def _require_printable(text: str) -> str:
    """Refuses what cannot be stored or shown.

    Raises:
        ValueError: naming the first such character.
    """
    if text.isprintable():
        return text
    for character in text:
        if unicodedata.category(character) in _UNPRINTABLE or character in _DIRECTION_OVERRIDES:
            raise ValueError(f"contains a character that cannot be printed: U+{ord(character):04X}")
    return text


def _to_utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is not an instant between the years 1 and 9999 in UTC") from error


def _float_to_text(value: object) -> object:
    """A float has no exact decimal: 0.1 read from JSON or YAML means the digits that were typed."""
    return str(value) if isinstance(value, float) else value


Printable = AfterValidator(_require_printable)


@dataclass(frozen=True, slots=True)
class Described:
    """Says in words what the constraints before it ask for: whoever sent something else reads no pattern."""

    description: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """What was there before, with the words for its only error."""
        return core_schema.custom_error_schema(
            handler(source), custom_error_type="form", custom_error_message=f"Input should be {self.description}"
        )


Code = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"),
    Described("a code of 1 to 64 letters, digits, dots, hyphens and underscores that begins with a letter or digit"),
]
"""The stable name of a configuration object."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), Printable]
"""One line of text: a name, a title, an address line."""

Sentence = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True), Printable]
"""A reason or a description in a person's words."""

ExternalId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$"),
    Described("a text of 1 to 64 printable ASCII characters without spaces"),
]
"""An id given by another system: printable ASCII without spaces."""

Instant = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An instant, kept in UTC whatever the offset it came with."""

Kilowatts = Annotated[
    Decimal, BeforeValidator(_float_to_text), Field(ge=0, le=Decimal(1_000_000), max_digits=12, decimal_places=3)
]
"""Power in kW, to the watt."""

KilowattHours = Annotated[
    Decimal, BeforeValidator(_float_to_text), Field(ge=0, le=Decimal(1_000_000), max_digits=12, decimal_places=3)
]
"""Energy in kWh, to the watt hour."""

_SEPARATORS = re.compile(r"[\s:._\-/]+")


def normalize_serial_number(serial: str) -> str:
    """The form in which serial numbers, NIC ids and badges are compared: upper case, without separators."""
    return _SEPARATORS.sub("", serial).upper()


def _require_alphanumeric(serial: str) -> str:
    if not any(character.isalnum() for character in serial):
        raise ValueError("has no letter or digit in it")
    return serial


DeviceIdentifier = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=r"^[\x20-\x7e]+$", strip_whitespace=True),
    Described("a text of 1 to 64 printable ASCII characters"),
    AfterValidator(_require_alphanumeric),
]
"""A serial number, NIC id or badge as it is printed on the device. Compare with `normalize_serial_number`."""

PhoneNumber = Annotated[
    str,
    StringConstraints(pattern=r"^\+?[0-9 ()./-]{5,30}$"),
    Described("a phone number of 5 to 30 digits, spaces and ( ) . / - with an optional + before them"),
]
