"""What Finish submits: the same request, by the same operations, as every other channel."""

from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.application import EnrollmentApplication
from models.errors import Invalid, Pointer
from models.process_flow import FlowType
from models.scope import OperatorScope
from models.service_call import ServiceCallApplication
from models.tables.customer import ServicePoint
from models.tables.process_flow import ProcessFlow
from models.unenrollment import UnenrollmentApplication
from models.values import Value
from operations import enrollments, service_calls, unenrollments
from operations.catalog import Catalogs

R = TypeVar("R", bound=Value)

DOORS: dict[FlowType, str] = {
    "enroll": "program-enrollments",
    "unenroll": "program-unenrollments",
    "service_call": "service-calls",
}


class Finished(NamedTuple):
    """The request that a guided flow became."""

    type: FlowType
    id: str

    @property
    def door(self) -> str:
        """Where it is seen, below /v1."""
        return DOORS[self.type]


async def finish_request(
    session: AsyncSession,
    scope: OperatorScope,
    catalogs: Catalogs,
    row: ProcessFlow,
    document: dict[str, Any],
    acknowledgement_timeout_seconds: float,
) -> Finished:
    """Submits the document under the draft's own id as transaction id, so that it is one request however often.

    Raises:
        Invalid: the panels do not make a whole request; the configuration lacks a field.
    """
    told = {"acknowledgement_timeout_seconds": acknowledgement_timeout_seconds}
    if row.flow_type == "enroll":
        document = {"account": await _account_of(session, document.get("service_point")), **document}
        application = _read(EnrollmentApplication, {**document, "transaction_id": row.id})
        made = await enrollments.submit(session, scope, application, idempotency_key=None, **told)
        return Finished("enroll", made.enrollment_id)
    document |= {"subscription": row.subscription_id, "transaction_id": row.id}
    if row.flow_type == "unenroll":
        leaving = _read(UnenrollmentApplication, document)
        left = await unenrollments.submit(session, scope, leaving, idempotency_key=None, **told)
        return Finished("unenroll", left.unenrollment_id)
    call = _read(ServiceCallApplication, document)
    called = await service_calls.submit(session, scope, catalogs, call, idempotency_key=None, **told)
    return Finished("service_call", called.service_call_id)


async def _account_of(session: AsyncSession, service_point: str | None) -> str | None:
    statement = select(col(ServicePoint.cis_account_id)).where(col(ServicePoint.cis_service_point_id) == service_point)
    return await session.scalar(statement)


def _read(kind: type[R], document: dict[str, Any]) -> R:
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_context=False, include_url=False)
        raise Invalid(
            "The panels do not make a whole request; nothing was submitted.",
            fix="The configuration of the panels lacks what the pointers name.",
            code="panel-invalid",
            pointers=[Pointer("".join(f"/{step}" for step in one["loc"]), str(one["msg"])) for one in faults],
        ) from error
