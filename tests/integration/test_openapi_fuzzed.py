"""Requests made up from the OpenAPI document, against the running stack: never a 500, never an answer it denies."""

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

from tests.integration.doors import Doors

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
DOORS = [
    ("GET", "/v1/program-enrollments"),
    ("POST", "/v1/program-enrollments"),
    ("GET", "/v1/program-enrollments/{enrollment}"),
    ("POST", "/v1/program-enrollments/{enrollment}/cancel"),
    ("POST", "/v1/program-enrollments/{enrollment}/retry"),
    ("GET", "/v1/customers"),
    ("PUT", "/v1/customers"),
    ("GET", "/v1/customers/{customer}"),
    ("GET", "/v1/customers/{customer}/eligible-programs"),
    ("GET", "/v1/customers/{customer}/enrollments"),
    ("GET", "/v1/programs"),
    ("GET", "/v1/catalog"),
    ("PUT", "/v1/catalog"),
    ("GET", "/v1/sync-requests"),
    ("GET", "/v1/sync-requests/{sync_request}"),
    ("POST", "/v1/sync-requests/{sync_request}/retry"),
    ("POST", "/v1/sync-requests/{sync_request}/cancel"),
    ("POST", "/v1/derms/acknowledgements"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
]


@pytest.fixture(scope="module")
def schema(running: Doors) -> Any:
    return schemathesis.openapi.from_url(f"{running.stack['api_url']}/openapi.json")


def test_every_door_is_tried(schema: Any) -> None:
    assert sorted((one.ok().method.upper(), one.ok().path) for one in schema.get_all_operations()) == sorted(DOORS)


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_no_request_gets_an_answer_that_is_not_described(running: Doors, schema: Any, method: str, path: str) -> None:
    headers = {"Authorization": f"Bearer {running.stack['token']}"}
    params = {"dry_run": "true"} if (method, path) == ("PUT", "/v1/catalog") else None

    @settings(
        max_examples=8,
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
