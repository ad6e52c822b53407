"""Accepts requests exactly once: the one submission path of enrollments, unenrollments and service calls.

A requester names a request by its transaction id or by an Idempotency-Key. The same content under the same name returns
the request that was stored first; other content under that name is a conflict.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

import orjson
from sqlalchemy import TextClause, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.ids import new_id
from models.messages.workflow_start import WorkflowStart
from models.requests.enrollment import EnrollmentApplication
from models.requests.service_call import ServiceCallApplication
from models.requests.unenrollment import UnenrollmentApplication
from models.scope import OperatorScope
from models.tables.enrollment import Enrollment
from models.tables.service_call import ServiceCall
from models.tables.unenrollment import Unenrollment
from operations.platform import outbox
from operations.platform.audit import AuditTrail
from operations.platform.bulk_insert import build_insert, to_json
from wording.problems.resubmission import content_mismatch

State = TypeVar("State", bound=StrEnum)
RequestTable = Enrollment | Unenrollment | ServiceCall
Application = EnrollmentApplication | UnenrollmentApplication | ServiceCallApplication
Row = Mapping[str, Any]
"""A request's columns by name, as they are inserted."""


@dataclass(frozen=True, slots=True)
class RequestKind(Generic[State]):
    """What differs between the kinds of requests where they are submitted."""

    table: type[RequestTable]
    id_prefix: str
    initial_state: State
    audit_code: str
    """What the audit trail calls the submission."""
    build_audit_details: Callable[[Row], dict[str, Any]]
    build_workflow_start: Callable[[Row], WorkflowStart]
    insert: TextClause = field(init=False)

    def __post_init__(self) -> None:
        insert = text(f"{build_insert(self.table, 'rows')} ON CONFLICT DO NOTHING RETURNING id")
        object.__setattr__(self, "insert", insert)


@dataclass(frozen=True, slots=True)
class Submission(Generic[State]):
    """One request as somebody sends it."""

    kind: RequestKind[State]
    scope: OperatorScope
    transaction_id: str | None
    idempotency_key: str | None
    content: dict[str, Any]
    content_hash: str
    submitted_at: datetime

    def build_row(self, columns: Row) -> dict[str, Any]:
        """Returns the row to insert: what every request has, and these columns of its kind."""
        request_id = new_id(self.kind.id_prefix)
        return {
            "id": request_id,
            "requester": self.scope.actor,
            "transaction_id": self.transaction_id or request_id,
            "idempotency_key": self.idempotency_key,
            "content_hash": self.content_hash,
            "channel": self.scope.channel,
            "application": self.content,
            "state": self.kind.initial_state,
            "submitted_at": self.submitted_at,
            "updated_at": self.submitted_at,
            "version": 1,
            **columns,
        }


@dataclass(frozen=True, slots=True)
class Submitted(Generic[State]):
    """The stored request; `is_new` if this very call stored it."""

    id: str
    state: State
    submitted_at: datetime
    is_new: bool


def create_submission(
    kind: RequestKind[State],
    scope: OperatorScope,
    application: Application,
    now: datetime,
    *,
    idempotency_key: str | None = None,
) -> Submission[State]:
    """Returns the application as it is submitted now, with a digest of its content."""
    content = application.model_dump(mode="json")
    return Submission(
        kind=kind,
        scope=scope,
        transaction_id=application.transaction_id,
        idempotency_key=idempotency_key,
        content=content,
        content_hash=hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest(),
        submitted_at=now,
    )


async def find_earlier(session: AsyncSession, submission: Submission[State]) -> Submitted[State] | None:
    """Returns the request that was stored under the submission's transaction id or Idempotency-Key before, if any.

    Raises:
        ContentMismatch: it has other content, or transaction id and key name two different requests.
    """
    table = submission.kind.table
    is_same = col(table.transaction_id) == submission.transaction_id
    if submission.idempotency_key is not None:
        is_same = is_same | (col(table.idempotency_key) == submission.idempotency_key)
    columns = (
        *(col(table.id), col(table.state), col(table.submitted_at)),
        *(col(table.transaction_id), col(table.content_hash)),
    )
    statement = select(*columns).where(col(table.requester) == submission.scope.actor, is_same)
    found: Sequence[Any] = (await session.execute(statement)).all()
    if not found:
        return None
    if len(found) == 1 and found[0].content_hash == submission.content_hash:
        (one,) = found
        return Submitted(one.id, one.state, one.submitted_at, is_new=False)
    raise content_mismatch(submission.transaction_id, (one.transaction_id for one in found))


async def submit(session: AsyncSession, submission: Submission[State], columns: Row) -> Submitted[State] | None:
    """Stores the request with these columns of its kind and starts its workflow. Where somebody stored it at the same
    moment, returns theirs; where another request stands in its way, None.

    Raises:
        ContentMismatch: somebody stored other content under its transaction id or key at the same moment.
    """
    kind = submission.kind
    stored = await insert_requests(session, submission.scope, kind, [submission.build_row(columns)])
    if not stored:
        return await find_earlier(session, submission)
    return Submitted(stored[0], kind.initial_state, submission.submitted_at, is_new=True)


async def insert_requests(
    session: AsyncSession, scope: OperatorScope, kind: RequestKind[Any], rows: Sequence[Row]
) -> list[str]:
    """Inserts those rows that no stored request conflicts with, audits them and starts their workflows; returns their
    ids."""
    inserted = (await session.scalars(kind.insert, {"rows": to_json(map(dict, rows))})).all()
    by_id = {row["id"]: row for row in rows}
    new = [by_id[one] for one in inserted]
    if not new:
        return []
    trail = AuditTrail(scope, new[0]["submitted_at"], "")
    for row in new:
        trail.for_request(row["id"]).note(row["id"], kind.audit_code, details=kind.build_audit_details(row))
    await trail.write(session)
    await outbox.enqueue_starts(session, [kind.build_workflow_start(row) for row in new])
    return [row["id"] for row in new]
