"""How rows that have states are locked, moved along their transition table, parked for a person and taken up again.

Each aggregate declares one of these classes with its table, its transition table and the words that errors use for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from models.messages.signals import CANCEL_REQUESTED, RETRY_REQUESTED, CancelRequested, RetryRequested
from models.scope import Scope
from operations.platform import outbox
from operations.platform.audit import AuditTrail
from wording.problems.not_found import Kind, not_found
from wording.problems.transitions import nothing_to_retry


class RequestRef(NamedTuple):
    """A request that something is done for (`enr_…`, `unr_…`, `svc_…`), and the workflow that carries it out."""

    id: str
    workflow_id: str


class VersionedRow(Protocol):
    """A row with a state, and a version that counts its changes."""

    id: str
    state: Any  # an enum of the row's own; no type variable can tie it to the `State` of a lifecycle
    updated_at: datetime
    version: int


class RequestRow(VersionedRow, Protocol):
    """A row that can be parked: it keeps the reason, and the state in which its workflow goes on."""

    resume_state: str | None
    reason: str | None


Row = TypeVar("Row")
Versioned = TypeVar("Versioned", bound=VersionedRow)
Request = TypeVar("Request", bound=RequestRow)
State = TypeVar("State", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity(Generic[Row]):
    """A table whose rows people ask for by id. `kind` is for the error about a missing row."""

    table: type[Row]
    kind: Kind

    async def get_for_update(self, session: AsyncSession, row_id: str) -> Row:
        """Return the row, locked until the transaction ends.

        Raises:
            NotFound: there is none.
        """
        row = await session.get(self.table, row_id, with_for_update=True)
        if row is None:
            raise not_found(self.kind, row_id)
        return row

    async def get_readable(self, session: AsyncSession, readable: Select[Row], row_id: str) -> Row:
        """Return the row among those that the query finds, which says what the scope may read.

        Raises:
            NotFound: there is none.
        """
        row = await session.scalar(readable.filter_by(id=row_id))
        if row is None:
            raise not_found(self.kind, row_id)
        return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle(Entity[Versioned], Generic[Versioned, State]):
    """Rows that move along a table of legal transitions."""

    transitions: Mapping[State, frozenset[State]]

    def transition(self, trail: AuditTrail, row: Versioned, instant: datetime, *path: State, reason: str = "") -> None:
        """Move the row along a path of states.

        Raises:
            IllegalTransition: a step that the transition table does not have.
        """
        row.state = trail.transition(self.transitions, row.id, row.state, *path, reason=reason)
        row.updated_at = instant
        row.version += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLifecycle(Lifecycle[Request, State], Generic[Request, State]):
    """Requests that a workflow carries out: it parks them in the state `parked` when it needs a person.

    One in a state of `never_parked` is left alone even where the transition table would allow it.
    """

    parked: State
    workflow_id: Callable[[str], str]
    never_parked: frozenset[State] = frozenset()

    def ref(self, request_id: str) -> RequestRef:
        """Return what work that is done for a request is marked with."""
        return RequestRef(request_id, self.workflow_id(request_id))

    async def park(self, session: AsyncSession, scope: Scope, request_id: str, reason: str) -> State:
        """Mark a request as needing a person. One that has ended is left alone.

        Raises:
            NotFound: there is none.
        """
        now = datetime.now(UTC)
        row = await self.get_for_update(session, request_id)
        if row.state not in self.never_parked and self.parked in self.transitions[row.state]:
            trail = AuditTrail(scope, now, row.id)
            self.mark_parked(trail, row, now, reason)
            await trail.write(session)
            await session.flush()
        return row.state

    def mark_parked(
        self, trail: AuditTrail, row: Request, now: datetime, reason: str, resume_state: State | None = None
    ) -> None:
        """Park the row; it goes on in the state where it was or, if one is named, in `resume_state`."""
        row.resume_state = resume_state or row.state
        row.reason = reason
        self.transition(trail, row, now, self.parked, reason=reason)

    def resume_if_parked(self, trail: AuditTrail, row: Request, now: datetime) -> bool:
        """Take a parked row up again in the state where it goes on. Return whether it was parked."""
        if row.state is not self.parked or row.resume_state is None:
            return False
        self.transition(trail, row, now, type(self.parked)(row.resume_state))
        row.resume_state = row.reason = None
        return True

    async def resume(self, session: AsyncSession, scope: Scope, request_id: str) -> bool:
        """Take a parked request up again. Return whether it was parked.

        Raises:
            NotFound: there is none.
        """
        now = datetime.now(UTC)
        trail = AuditTrail(scope, now, request_id)
        if not self.resume_if_parked(trail, await self.get_for_update(session, request_id), now):
            return False
        await trail.write(session)
        await session.flush()
        return True

    async def retry(self, session: AsyncSession, scope: Scope, request_id: str) -> State:
        """Take a parked request up again for a person, and have its workflow try the step that failed once more.

        Raises:
            NotFound: there is none.
            IllegalTransition: it is not parked.
        """
        now = datetime.now(UTC)
        row = await self.get_for_update(session, request_id)
        trail = AuditTrail(scope, now, row.id)
        if not self.resume_if_parked(trail, row, now):
            raise nothing_to_retry()
        await trail.write(session)
        await self.signal_retry(session, row)
        return row.state

    async def signal_retry(self, session: AsyncSession, row: Request) -> None:
        """Have the workflow of a request try the step that failed once more."""
        message = RetryRequested(message_id=f"{row.id}/{row.version}")
        await outbox.enqueue_signals(session, RETRY_REQUESTED, [(self.workflow_id(row.id), message)])

    async def signal_cancel(self, session: AsyncSession, scope: Scope, row: Request, reason: str) -> None:
        """Tell the workflow of a request that a person has canceled it."""
        message = CancelRequested(reason=reason, actor=scope.actor)
        await outbox.enqueue_signals(session, CANCEL_REQUESTED, [(self.workflow_id(row.id), message)])
