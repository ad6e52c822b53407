"""The endpoint paths that answers and sentences name: the only paths below api/.

A test compares them with the routes that there are.
"""

from typing import Final

ATTENTION: Final = "/v1/attention"
CUSTOMERS: Final = "/v1/customers"
ENROLLMENTS: Final = "/v1/program-enrollments"
OUTBOX_MESSAGES: Final = "/v1/outbox-messages"
PROCESS_FLOWS: Final = "/v1/process-flows"
PROGRAMS: Final = "/v1/programs"
SERVICE_CALLS: Final = "/v1/service-calls"
SHIPMENTS: Final = "/v1/shipments"
SYNC_REQUESTS: Final = "/v1/sync-requests"
UNENROLLMENTS: Final = "/v1/program-unenrollments"
WORK_ORDERS: Final = "/v1/work-orders"
READINESS: Final = "/readyz"

_COLLECTION_BY_PREFIX = {
    "enr": ENROLLMENTS,
    "unr": UNENROLLMENTS,
    "svc": SERVICE_CALLS,
    "syn": SYNC_REQUESTS,
    "wo": WORK_ORDERS,
    "shp": SHIPMENTS,
    "msg": OUTBOX_MESSAGES,
}


def link_to(of: str) -> str:
    """Returns the path of the view of that id; empty for what has no view of its own."""
    collection = _COLLECTION_BY_PREFIX.get(of.partition("_")[0])
    return f"{collection}/{of}" if collection else ""


def link_to_process_flow(process_flow_id: str) -> str:
    """Returns the path of a guided process flow."""
    return f"{PROCESS_FLOWS}/{process_flow_id}"


def link_to_batch_runs(batch: str) -> str:
    """Returns the path of a batch's runs."""
    return f"/v1/batches/{batch}/runs"


def link_to_batch_run(batch: str, run_id: str) -> str:
    """Returns the path of one run of a batch."""
    return f"{link_to_batch_runs(batch)}/{run_id}"
