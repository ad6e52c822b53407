"""The columns that work orders and shipments copy from the request they are created for."""

from typing import Any

from models.tables.subscription import ProgramSubscription
from operations.platform.lifecycle import RequestRef


def build_context(request: RequestRef, subscription: ProgramSubscription, catalog_version: int) -> dict[str, Any]:
    """Return the column values that say for which request, customer and place the work is done."""
    return {
        "journey": request.id,
        "workflow_id": request.workflow_id,
        "enrollment_id": subscription.enrollment_id,
        "subscription_id": subscription.id,
        "program": subscription.program,
        "catalog_version": catalog_version,
        "customer_id": subscription.customer_id,
        "service_point": subscription.service_point,
    }
