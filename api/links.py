"""The links in the API's views: the endpoints of a record, and its workflow in the Temporal UI."""

from api.context import Context
from connectors.temporal.client import workflow_url
from models.ids import enrollment_workflow_id, service_call_workflow_id, unenrollment_workflow_id


def build_links(path: str, *actions: str) -> dict[str, str]:
    """Returns the links to a record at this path and to its actions."""
    return {"self": path} | {action: f"{path}/{action}" for action in actions}


def _build_temporal_link(context: Context, workflow_id: str) -> dict[str, str]:
    return {"temporal_ui": workflow_url(context.temporal_ui_url, context.temporal.namespace, workflow_id)}


def build_enrollment_links(context: Context, enrollment_id: str) -> dict[str, str]:
    """Returns the links of an enrollment."""
    links = build_links(f"/v1/program-enrollments/{enrollment_id}", "cancel")
    return links | _build_temporal_link(context, enrollment_workflow_id(enrollment_id))


def build_unenrollment_links(context: Context, unenrollment_id: str) -> dict[str, str]:
    """Returns the links of an unenrollment."""
    links = build_links(f"/v1/program-unenrollments/{unenrollment_id}", "cancel", "approval", "retry")
    return links | _build_temporal_link(context, unenrollment_workflow_id(unenrollment_id))


def build_service_call_links(context: Context, service_call_id: str) -> dict[str, str]:
    """Returns the links of a service call."""
    links = build_links(f"/v1/service-calls/{service_call_id}", "action", "cancel", "retry")
    return links | _build_temporal_link(context, service_call_workflow_id(service_call_id))


def build_sync_request_links(sync_request_id: str) -> dict[str, str]:
    """Returns the links of a sync request."""
    return build_links(f"/v1/sync-requests/{sync_request_id}", "retry", "cancel")


def build_work_order_links(work_order_id: str) -> dict[str, str]:
    """Returns the links of a work order."""
    path = f"/v1/work-orders/{work_order_id}"
    return build_links(path, "appointment", "progress", "completion", "cancel", "settle")
