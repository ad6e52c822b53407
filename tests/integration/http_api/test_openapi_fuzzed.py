"""Requests generated from the OpenAPI document, against the running stack: never a 500, never an undocumented
response."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.integration.clients.running_stack import RunningStack

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
ENDPOINTS = [
    ("GET", "/v1/batches"),
    ("POST", "/v1/batches/{name}/runs"),
    ("GET", "/v1/batches/{name}/runs"),
    ("GET", "/v1/batches/{name}/runs/{run}"),
    ("POST", "/v1/batches/reconciliation/runs/{run}/resend"),
    ("POST", "/v1/program-enrollments"),
    ("GET", "/v1/program-enrollments"),
    ("GET", "/v1/program-enrollments/{enrollment}"),
    ("POST", "/v1/program-enrollments/{enrollment}/cancel"),
    ("POST", "/v1/program-enrollments/{enrollment}/retry"),
    ("POST", "/v1/program-unenrollments"),
    ("GET", "/v1/program-unenrollments"),
    ("GET", "/v1/program-unenrollments/{unenrollment}"),
    ("POST", "/v1/program-unenrollments/{unenrollment}/approval"),
    ("POST", "/v1/program-unenrollments/{unenrollment}/cancel"),
    ("POST", "/v1/program-unenrollments/{unenrollment}/retry"),
    ("POST", "/v1/program-unenrollments/{unenrollment}/devices/{device}/received"),
    ("POST", "/v1/program-unenrollments/{unenrollment}/devices/{device}/kept"),
    ("POST", "/v1/process-flows"),
    ("GET", "/v1/process-flows"),
    ("GET", "/v1/process-flows/{process_flow}"),
    ("PUT", "/v1/process-flows/{process_flow}/panels/{panel}"),
    ("POST", "/v1/process-flows/{process_flow}/finish"),
    ("POST", "/v1/process-flows/{process_flow}/renew"),
    ("POST", "/v1/process-flows/{process_flow}/cancel"),
    ("GET", "/v1/customers"),
    ("PUT", "/v1/customers"),
    ("GET", "/v1/customers/{customer}"),
    ("GET", "/v1/customers/{customer}/eligible-programs"),
    ("GET", "/v1/customers/{customer}/enrollments"),
    ("GET", "/v1/customers/{customer}/timeline"),
    ("GET", "/v1/programs"),
    ("GET", "/v1/catalog"),
    ("PUT", "/v1/catalog"),
    ("GET", "/v1/sync-requests"),
    ("POST", "/v1/sync-requests"),
    ("POST", "/v1/sync-requests/retries"),
    ("GET", "/v1/sync-requests/{sync_request}"),
    ("POST", "/v1/sync-requests/{sync_request}/retry"),
    ("POST", "/v1/sync-requests/{sync_request}/cancel"),
    ("GET", "/v1/work-orders"),
    ("GET", "/v1/work-orders/{work_order}"),
    ("POST", "/v1/work-orders/{work_order}/appointment"),
    ("POST", "/v1/work-orders/{work_order}/progress"),
    ("POST", "/v1/work-orders/{work_order}/completion"),
    ("POST", "/v1/work-orders/{work_order}/cancel"),
    ("POST", "/v1/work-orders/{work_order}/settle"),
    ("POST", "/v1/service-calls"),
    ("GET", "/v1/service-calls"),
    ("GET", "/v1/service-calls/{service_call}"),
    ("POST", "/v1/service-calls/{service_call}/action"),
    ("POST", "/v1/service-calls/{service_call}/cancel"),
    ("POST", "/v1/service-calls/{service_call}/retry"),
    ("GET", "/v1/shipments"),
    ("GET", "/v1/shipments/{shipment}"),
    ("POST", "/v1/shipments/{shipment}/shipped"),
    ("POST", "/v1/shipments/{shipment}/delivered"),
    ("POST", "/v1/shipments/{shipment}/confirmed"),
    ("POST", "/v1/shipments/{shipment}/returned"),
    ("POST", "/v1/shipments/{shipment}/settle"),
    ("GET", "/v1/attention"),
    ("GET", "/v1/outbox-messages"),
    ("GET", "/v1/outbox-messages/{outbox_message}"),
    ("POST", "/v1/outbox-messages/{outbox_message}/send-again"),
    ("POST", "/v1/outbox-messages/{outbox_message}/give-up"),
    ("POST", "/v1/derms/acknowledgements"),
    ("POST", "/v1/head-end/answers"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
]


@pytest.fixture(scope="module")
def schema(running: RunningStack) -> Any:
    return schemathesis.openapi.from_url(f"{running.description['api_url']}/openapi.json")


def test_every_endpoint_is_fuzzed(schema: Any) -> None:
    assert sorted((one.ok().method.upper(), one.ok().path) for one in schema.get_all_operations()) == sorted(ENDPOINTS)


@pytest.mark.parametrize("examples", [3, pytest.param(60, marks=pytest.mark.soak)])
@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_every_response_is_described(running: RunningStack, schema: Any, method: str, path: str, examples: int) -> None:
    headers = {"Authorization": f"Bearer {running.description['token']}"}
    params = {"dry_run": "true"} if (method, path) == ("PUT", "/v1/catalog") else None

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method].as_strategy())
    def tried(case: Any) -> None:
        case.call_and_validate(headers=headers, params=params, checks=CHECKS)

    tried()
