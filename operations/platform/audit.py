"""The trail: every change of an entity, written in the transaction that makes it, in one statement for all of them."""

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from models.scope import Scope
from models.states.subscription import REGISTRATION_TRANSITIONS
from models.tables.audit import AuditEntry
from operations.platform.bulk_insert import build_insert, to_json
from wording.problems.transitions import check_transition

S = TypeVar("S", bound=StrEnum)

_WRITE = text(build_insert(AuditEntry, "entries"))


class AuditTrail:
    """What one transaction did on one journey. Collect with `moved` and `noted`, then `write` once."""

    def __init__(self, scope: Scope, instant: datetime, journey: str) -> None:
        self._context = {"actor": scope.actor, "role": scope.role, "at": instant, "journey": journey}
        self._entries: list[dict[str, Any]] = []

    def for_request(self, journey: str) -> "AuditTrail":
        """The same hand on another journey, in the same transaction; one `write` keeps both."""
        other = copy(self)
        other._context = {**self._context, "journey": journey}
        return other

    def transition(
        self,
        table: Mapping[S, frozenset[S]],
        subject: str,
        before: S,
        *after: S,
        reason: str = "",
    ) -> S:
        """Takes an entity along a path of states, each step checked and noted; gives the last. The reason is that of
        the last step, for which the others were taken.

        Raises:
            IllegalTransition: a step that the table does not have.
        """
        # A device has a state of its own and, on its subscription, a registration: two kinds of steps of one subject.
        kind = "reg" if table is REGISTRATION_TRANSITIONS else subject.partition("_")[0]
        for number, state in enumerate(after, 1):
            check_transition(table, subject, before, state)
            self._add(subject, f"{kind}:{state}", before, state, reason if number == len(after) else "", None)
            before = state
        return before

    def note(self, subject: str, action: str, *, reason: str = "", details: Any = None) -> None:
        """Notes something that is no change of state."""
        self._add(subject, action, None, None, reason, details)

    def _add(
        self, subject: str, action: str, before: StrEnum | None, after: StrEnum | None, reason: str, details: Any
    ) -> None:
        self._entries.append(
            {
                **self._context,
                "subject": subject,
                "action": action,
                "before": before,
                "after": after,
                "reason": reason,
                "details": details,
            }
        )

    def take_entries(self) -> list[dict[str, Any]]:
        """The rows collected so far, for a statement that writes them itself."""
        entries = list(self._entries)
        self._entries.clear()
        return entries

    async def write(self, session: AsyncSession) -> None:
        """One statement for all that was collected."""
        entries = self.take_entries()
        if entries:
            await session.execute(_WRITE, {"entries": to_json(entries)})
