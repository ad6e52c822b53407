"""Where in a document something is that pydantic finds wrong."""

from typing import Any

from pydantic_core import ErrorDetails


def locate_pydantic_error(document: Any, fault: ErrorDetails) -> str:
    """Returns the JSON pointer of what pydantic finds wrong.

    Of the steps that pydantic names, those that only say which kind of a union was tried are not in the document;
    neither is a field that is missing, and that one is named.
    """
    place, missing = "", fault["loc"][-1] if fault["type"] == "missing" else None
    for step in fault["loc"]:
        if _contains(document, step):
            document = document[step]
        elif step != missing:
            continue
        place += f"/{str(step).replace('~', '~0').replace('/', '~1')}"
    return place


def _contains(document: Any, step: int | str) -> bool:
    if isinstance(document, list | tuple):
        return isinstance(step, int)
    return isinstance(document, dict) and step in document
