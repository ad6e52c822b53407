"""The links of the API's views: the endpoints of a record and of its actions, and its workflow in the Temporal UI."""

from api.context import Context
from connectors.temporal.client import workflow_url
from models.ids import enrollment_workflow_id, service_call_workflow_id, unenrollment_workflow_id
from wording.links import link_to


def _build_links(record_id: str, *actions: str) -> dict[str, str]:
    path = link_to(record_id)
    return {"self": path} | {action: f"{path}/{action}" for action in actions}


def _build_temporal_link(context: Context, workflow_id: str) -> dict[str, str]:
    return {"temporal_ui": workflow_url(context.temporal_ui_url, context.temporal.namespace, workflow_id)}


def build_enrollment_links(context: Context, enrollment_id: str) -> dict[str, str]:
    """Returns the links of an enrollment."""
    links = _build_links(enrollment_id, "cancel")
    return links | _build_temporal_link(context, enrollment_workflow_id(enrollment_id))


def build_unenrollment_links(context: Context, unenrollment_id: str) -> dict[str, str]:
    """Returns the links of an unenrollment."""
    links = _build_links(unenrollment_id, "cancel", "approval", "retry")
    return links | _build_temporal_link(context, unenrollment_workflow_id(unenrollment_id))


def build_service_call_links(context: Context, service_call_id: str) -> dict[str, str]:
    """Returns the links of a service call."""
    links = _build_links(service_call_id, "action", "cancel", "retry")
    return links | _build_temporal_link(context, service_call_workflow_id(service_call_id))


def build_sync_request_links(sync_request_id: str) -> dict[str, str]:
    """Returns the links of a sync request."""
    return _build_links(sync_request_id, "retry", "cancel")


def build_work_order_links(work_order_id: str) -> dict[str, str]:
    """Returns the links of a work order."""
    return _build_links(work_order_id, "appointment", "progress", "completion", "cancel", "settle")
