"""The check of a state transition against its table in models/states, and what a person reads when it fails."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from models.errors import IllegalTransition
from wording.links import SYNC_REQUESTS

S = TypeVar("S", bound=StrEnum)


def check_transition(table: Mapping[S, frozenset[S]], what: str, before: S, after: S) -> None:
    """Checks that the table allows the transition.

    Raises:
        IllegalTransition: naming both states and what could follow instead.
    """
    allowed = table[before]
    if after in allowed:
        return
    fix = "Nothing can be done with it any more, it is final; make a new request for what is wanted now."
    if allowed:
        fix = f"From {before} can follow: {', '.join(sorted(allowed))}. The links of its view say what can be done now."
    raise IllegalTransition(f"{what} is {before} and cannot become {after}.", fix=fix)


def nothing_to_retry() -> IllegalTransition:
    """Returns the problem: the request is not parked."""
    return IllegalTransition(
        "It does not need attention, so there is nothing to retry.",
        fix="Its view says what it waits for. A sync request in error is retried at POST "
        f"{SYNC_REQUESTS}/{{id}}/retry.",
    )
