"""Whether a state may follow another: the tables of models.states, asked with an error that says what is allowed."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from models.errors import IllegalTransition

S = TypeVar("S", bound=StrEnum)


def check_transition(table: Mapping[S, frozenset[S]], what: str, before: S, after: S) -> None:
    """Refuses what the table does not have.

    Raises:
        IllegalTransition: naming both states and what could follow instead.
    """
    allowed = table[before]
    if after in allowed:
        return
    follow = ", ".join(sorted(allowed)) or "nothing: it is final"
    raise IllegalTransition(
        f"{what} is {before} and cannot become {after}.", fix=f"From {before} can follow: {follow}."
    )
