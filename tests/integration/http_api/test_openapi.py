"""The OpenAPI document is complete enough to generate a client."""

from typing import Any

import pytest

from models.views.device_setup import HeadEndRequestSummary, ShipmentSummary
from models.views.view import View
from tests.integration.clients.running_stack import RunningStack


@pytest.fixture(scope="module")
def document(running: RunningStack) -> dict[str, Any]:
    return running.api.get("/openapi.json").json()


def _operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{m.upper()} {p}": one for p, methods in document["paths"].items() for m, one in methods.items()}


def test_every_operation_says_what_it_does(document: dict[str, Any]) -> None:
    assert [name for name, one in _operations(document).items() if not (one["summary"] and one["description"])] == []


def test_operation_ids_are_unique(document: dict[str, Any]) -> None:
    ids = [one["operationId"] for one in _operations(document).values()]
    assert len(ids) == len(set(ids))


def test_every_operation_describes_its_problems(document: dict[str, Any]) -> None:
    for name, one in _operations(document).items():
        if name.split(" ")[1] not in ("/healthz", "/readyz"):
            for status in ("401", "422", "503"):
                assert "application/problem+json" in one["responses"][status]["content"], (name, status)


def test_every_reference_resolves(document: dict[str, Any]) -> None:
    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            here = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return here + [one for value in part.values() for one in references(value)]
        return [one for value in part for one in references(value)] if isinstance(part, list) else []

    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) <= known


@pytest.mark.parametrize("view", [ShipmentSummary, HeadEndRequestSummary])
def test_the_enrollment_view_example_is_valid(document: dict[str, Any], view: type[View]) -> None:
    (example,) = document["components"]["schemas"][view.__name__]["examples"]
    assert view.model_validate(example).model_dump(mode="json", exclude_none=True) == example


def test_the_enrollment_request_example_is_accepted(stack: RunningStack, document: dict[str, Any]) -> None:
    (example,) = document["components"]["schemas"]["ProgramEnrollmentRequest"]["examples"]
    assert stack.submit({**example, "transaction_id": stack.unique_name()}).status_code == 202
