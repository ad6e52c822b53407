"""What pydantic finds wrong in a document, in words without Python."""

from typing import Any

from pydantic_core import ErrorDetails

from models.errors import Pointer
from models.validation import locate_pydantic_error

_INSTANT = "an instant with its offset, such as 2026-06-01T09:30:00-05:00"
_DURATION = "a duration such as PT2H"
_OBJECT = "an object"
_EXPECTED = {
    "tuple_type": "a list",
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "date_type": "a date such as 2026-06-01",
    "date_parsing": "a date such as 2026-06-01",
    "date_from_datetime_parsing": "a date such as 2026-06-01",
    "datetime_type": _INSTANT,
    "datetime_parsing": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "timezone_aware": _INSTANT,
    "time_delta_type": _DURATION,
    "time_delta_parsing": _DURATION,
}


def describe_pydantic_error(fault: ErrorDetails) -> str:
    """Returns what is wrong there."""
    if fault["type"] in _EXPECTED:
        return f"Input should be {_EXPECTED[fault['type']]}"
    if fault["type"] == "extra_forbidden":
        return "There is no such field"
    if fault["type"] == "union_tag_invalid":
        return "{discriminator} should be one of {expected_tags}".format(**fault.get("ctx", {}))
    return fault["msg"].removeprefix("Value error, ").replace("Tuple ", "List ").replace("Dictionary ", "Object ")


def describe_pydantic_errors(document: Any, errors: list[ErrorDetails]) -> list[Pointer]:
    """Returns each error with its place in the document."""
    return [Pointer(locate_pydantic_error(document, one), describe_pydantic_error(one)) for one in errors]
