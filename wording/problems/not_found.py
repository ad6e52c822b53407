"""What a person reads when there is nothing under the id they named."""

from typing import Literal

from models.errors import NotFound
from wording.links import (
    CUSTOMERS,
    ENROLLMENTS,
    OUTBOX_MESSAGES,
    PROCESS_FLOWS,
    PROGRAMS,
    SERVICE_CALLS,
    SHIPMENTS,
    SYNC_REQUESTS,
    UNENROLLMENTS,
    WORK_ORDERS,
    link_to_batch_runs,
)

Kind = Literal[
    "batch_run",
    "customer",
    "customers_service_point",
    "enrollment",
    "outbox_message",
    "process_flow",
    "program",
    "service_call",
    "shipment",
    "subscription",
    "sync_request",
    "unenrollment",
    "work_order",
]

_SENTENCES: dict[Kind, tuple[str, str]] = {
    "batch_run": ("There is no run {id}.", "GET {runs} lists them."),
    "customer": ("There is no customer {id}.", f"GET {CUSTOMERS}?q= finds customers."),
    "customers_service_point": (
        "The customer has no such service point.",
        f"GET {CUSTOMERS}/{{{{id}}}} lists them.",
    ),
    "enrollment": ("There is no enrollment {id}.", f"GET {ENROLLMENTS} lists them."),
    "outbox_message": ("There is no message {id}.", f"GET {OUTBOX_MESSAGES} lists them."),
    "process_flow": ("There is no process flow {id}.", f"GET {PROCESS_FLOWS} lists them."),
    "program": ("There is no program {id}.", f"GET {PROGRAMS} lists the programs there are."),
    "service_call": ("There is no service call {id}.", f"GET {SERVICE_CALLS} lists them."),
    "shipment": ("There is no shipment {id}.", f"GET {SHIPMENTS} lists them."),
    "subscription": ("There is no subscription {id}.", f"GET {ENROLLMENTS}/{{{{id}}}} names it."),
    "sync_request": ("There is no sync request {id}.", f"GET {SYNC_REQUESTS} lists them."),
    "unenrollment": ("There is no unenrollment {id}.", f"GET {UNENROLLMENTS} lists them."),
    "work_order": ("There is no work order {id}.", f"GET {WORK_ORDERS} lists them."),
}


def not_found(kind: Kind, of: str | int, *, batch: str = "") -> NotFound:
    """Returns the problem: there is no such thing, or the caller may not see it. `batch`: whose run it is."""
    sentence, fix = _SENTENCES[kind]
    return NotFound(sentence.format(id=of), fix=fix.format(runs=link_to_batch_runs(batch)))
