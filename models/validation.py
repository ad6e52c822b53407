"""What pydantic finds wrong, as whoever sent the document should read it: a place in it, and words without Python."""

from typing import Any

from pydantic_core import ErrorDetails

from models.errors import Pointer

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
    """What is wrong there."""
    if fault["type"] in _EXPECTED:
        return f"Input should be {_EXPECTED[fault['type']]}"
    if fault["type"] == "extra_forbidden":
        return "There is no such field"
    if fault["type"] == "union_tag_invalid":
        return "{discriminator} should be one of {expected_tags}".format(**fault.get("ctx", {}))
    return fault["msg"].removeprefix("Value error, ").replace("Tuple ", "List ").replace("Dictionary ", "Object ")


def locate_pydantic_error(document: Any, fault: ErrorDetails) -> Pointer:
    """The fault with its place. Of the steps that pydantic names, those that only say which kind of a union was tried
    are not in the document; neither is a field that is missing, and that one is named."""
    place, missing = "", fault["loc"][-1] if fault["type"] == "missing" else None
    for step in fault["loc"]:
        if _contains(document, step):
            document = document[step]
        elif step != missing:
            continue
        place += f"/{str(step).replace('~', '~0').replace('/', '~1')}"
    return Pointer(place, describe_pydantic_error(fault))


def _contains(document: Any, step: int | str) -> bool:
    if isinstance(document, list | tuple):
        return isinstance(step, int)
    return isinstance(document, dict) and step in document
