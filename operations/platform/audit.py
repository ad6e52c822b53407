"""The audit trail: every change, written in the transaction that makes it, in one statement for all of its changes."""

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
    """What one transaction did for one request. Collect with `transition` and `note`, then `write` once."""

    def __init__(self, scope: Scope, instant: datetime, request_id: str) -> None:
        self._context = {"actor": scope.actor, "role": scope.role, "at": instant, "journey": request_id}
        self._entries: list[dict[str, Any]] = []

    def for_request(self, request_id: str) -> "AuditTrail":
        """Return an audit trail of this actor for another request in the same transaction. `write` writes both."""
        other = copy(self)
        other._context = {**self._context, "journey": request_id}
        return other

    def transition(
        self,
        table: Mapping[S, frozenset[S]],
        subject: str,
        before: S,
        *after: S,
        reason: str = "",
    ) -> S:
        """Check and note each step along a path of states, and return the last state. The reason is the reason of the
        last step; the others lead to it.

        Raises:
            IllegalTransition: a step that the table does not have.
        """
        # A device has a state of its own and, on its subscription, a registration: one subject with two kinds of steps.
        kind = "reg" if table is REGISTRATION_TRANSITIONS else subject.partition("_")[0]
        for number, state in enumerate(after, 1):
            check_transition(table, subject, before, state)
            self._add(subject, f"{kind}:{state}", before, state, reason if number == len(after) else "", None)
            before = state
        return before

    def note(self, subject: str, action: str, *, reason: str = "", details: Any = None) -> None:
        """Note something that is not a change of state."""
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
        """Return and forget the collected rows, for a statement that writes them itself."""
        entries = list(self._entries)
        self._entries.clear()
        return entries

    async def write(self, session: AsyncSession) -> None:
        """Write all collected entries in one statement."""
        entries = self.take_entries()
        if entries:
            await session.execute(_WRITE, {"entries": to_json(entries)})
