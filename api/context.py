"""What every route needs, made once when the API starts."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from temporalio.client import Client

from connectors.temporal.client import workflow_url
from models.ids import enrollment_workflow_id, service_call_workflow_id, unenrollment_workflow_id
from operations.catalog.versions import CatalogCache
from operations.platform.database import Sessions, StatementCount
from relay.inline_delivery import InlineDelivery


@dataclass(frozen=True, slots=True)
class Context:
    """The API's resources and the settings it was given."""

    sessions: Sessions
    temporal: Client
    courier: InlineDelivery
    token: str
    derms_secret: str
    head_end_secret: str
    temporal_ui_url: str
    acknowledgement_timeout_seconds: float
    statements: StatementCount = field(default_factory=StatementCount)
    catalogs: CatalogCache = field(default_factory=CatalogCache)

    def enrollment_links(self, enrollment_id: str) -> dict[str, str]:
        """Where an enrolment is seen, acted on, and looked at in Temporal."""
        return {
            "self": f"/v1/program-enrollments/{enrollment_id}",
            "cancel": f"/v1/program-enrollments/{enrollment_id}/cancel",
            "temporal_ui": workflow_url(
                self.temporal_ui_url, self.temporal.namespace, enrollment_workflow_id(enrollment_id)
            ),
        }

    def unenrollment_links(self, unenrollment_id: str) -> dict[str, str]:
        """Where an unenrolment is seen, acted on, and looked at in Temporal."""
        door = f"/v1/program-unenrollments/{unenrollment_id}"
        flow = unenrollment_workflow_id(unenrollment_id)
        return {
            "self": door,
            "cancel": f"{door}/cancel",
            "approval": f"{door}/approval",
            "retry": f"{door}/retry",
            "temporal_ui": workflow_url(self.temporal_ui_url, self.temporal.namespace, flow),
        }

    def service_call_links(self, service_call_id: str) -> dict[str, str]:
        """Where a service call is seen, acted on, and looked at in Temporal."""
        door = f"/v1/service-calls/{service_call_id}"
        flow = service_call_workflow_id(service_call_id)
        return {
            "self": door,
            "action": f"{door}/action",
            "cancel": f"{door}/cancel",
            "retry": f"{door}/retry",
            "temporal_ui": workflow_url(self.temporal_ui_url, self.temporal.namespace, flow),
        }


def _get_context(request: Request) -> Context:
    return request.app.state.context


InContext = Annotated[Context, Depends(_get_context)]
