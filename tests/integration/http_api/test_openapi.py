"""The OpenAPI document has all that a generated client and its readers need."""

import ast
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from models.views.device_setup import HeadEndRequestSummary, ShipmentSummary
from models.views.view import View
from tests.integration.clients.running_stack import RunningStack

ROOT = Path(__file__).parents[3]
ROUTES = ROOT / "api/routes"
PROBLEM_TYPES = (ROOT / "docs/problems.md").read_text(encoding="utf-8")
PROBES = {("GET /healthz", "503"), ("GET /readyz", "503")}
"""These answer with their own views."""


@pytest.fixture(scope="module")
def document(running: RunningStack) -> dict[str, Any]:
    return running.api.get("/openapi.json").json()


def _operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{m.upper()} {p}": one for p, methods in document["paths"].items() for m, one in methods.items()}


def test_every_operation_has_a_summary_and_a_description(document: dict[str, Any]) -> None:
    assert [name for name, one in _operations(document).items() if not (one["summary"] and one["description"])] == []


def test_an_operation_id_is_the_name_of_the_routes_function(document: dict[str, Any]) -> None:
    functions = [node.name for path in ROUTES.glob("*.py") for node in _list_route_functions(path)]
    ids = [one["operationId"] for one in _operations(document).values()]
    assert sorted(ids) == sorted(functions)
    assert len(ids) == len(set(ids))


def _list_route_functions(path: Path) -> list[ast.AsyncFunctionDef]:
    nodes = ast.parse(path.read_text(encoding="utf-8")).body
    return [node for node in nodes if isinstance(node, ast.AsyncFunctionDef) and node.decorator_list]


def test_a_summary_is_the_operation_id_in_words(document: dict[str, Any]) -> None:
    summaries = {one["operationId"]: one["summary"] for one in _operations(document).values()}
    assert summaries["list_program_enrollments"] == "List program enrollments"
    assert summaries["receive_head_end_answers"] == "Receive head-end answers"


def test_every_operation_documents_only_the_errors_it_can_give(document: dict[str, Any]) -> None:
    for name, one in _operations(document).items():
        probe = name in ("GET /healthz", "GET /readyz")
        parameters = {parameter["name"]: parameter["in"] for parameter in one.get("parameters", ())}
        has_id = name == "POST /v1/sync-requests" or "path" in (parameters | {"name": ""}).values()
        expected = {"422", "503"} | (set() if probe else {"401"})
        expected |= {"400", "413", "415"} if "requestBody" in one else set()
        expected |= {"404"} if has_id else set()
        expected |= {"412"} if "If-Match" in parameters else set()
        documented = {status for status in one["responses"] if status >= "400"}
        assert documented - {"409"} == expected, name
        assert not (name.startswith("GET") and "409" in documented), name


def test_every_documented_error_is_a_problem(document: dict[str, Any]) -> None:
    for name, one in _operations(document).items():
        for status, response in one["responses"].items():
            if status >= "400" and (name, status) not in PROBES:
                content = response["content"]["application/problem+json"]
                assert content["schema"] == {"$ref": "#/components/schemas/Problem"}, (name, status)
                assert content["example"]["status"] == int(status), (name, status)
                code = content["example"]["type"].rpartition("#")[2]
                assert f"\n## {code}\n" in PROBLEM_TYPES, (name, status)


def test_every_body_has_an_example_that_its_schema_allows(document: dict[str, Any]) -> None:
    faults: list[str] = []
    for name, one in _operations(document).items():
        bodies = {"request": one["requestBody"]} if "requestBody" in one else {}
        for label, body in {**bodies, **one["responses"]}.items():
            for content in body["content"].values():
                validator = jsonschema_rs.Draft202012Validator(
                    {**content["schema"], "components": document["components"]}
                )
                faults += [f"{name} {label}: {error.message}" for error in validator.iter_errors(content["example"])]
    assert faults == []


def test_one_schema_serves_requests_and_responses(document: dict[str, Any]) -> None:
    names = document["components"]["schemas"]
    assert [name for name in names if name.endswith(("-Input", "-Output"))] == []


def test_every_reference_resolves(document: dict[str, Any]) -> None:
    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            here = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return here + [one for value in part.values() for one in references(value)]
        return [one for value in part for one in references(value)] if isinstance(part, list) else []

    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) <= known


@pytest.mark.parametrize("view", [ShipmentSummary, HeadEndRequestSummary])
def test_the_example_in_a_views_schema_is_valid(document: dict[str, Any], view: type[View]) -> None:
    (example,) = document["components"]["schemas"][view.__name__]["examples"]
    assert view.model_validate(example).model_dump(mode="json", exclude_none=True) == example


def test_the_api_accepts_the_example_of_an_enrollment(stack: RunningStack, document: dict[str, Any]) -> None:
    operation = document["paths"]["/v1/program-enrollments"]["post"]
    example = operation["requestBody"]["content"]["application/json"]["example"]
    assert stack.submit({**example, "transaction_id": stack.unique_name()}).status_code == 202


def test_the_api_accepts_the_example_of_a_catalog(stack: RunningStack, document: dict[str, Any]) -> None:
    operation = document["paths"]["/v1/catalog"]["put"]
    example = operation["requestBody"]["content"]["application/json"]["example"]
    answer = stack.api.put("/v1/catalog", json=example, params={"dry_run": True})
    # The example is a whole catalog: it lacks the programs that other tests have added and enrolled in.
    faults = [one for one in answer.json().get("errors", ()) if "is missing but" not in one["detail"]]
    assert faults == []


@pytest.mark.parametrize("spelling", ["re_enrol", "re_enroll"])
def test_the_api_accepts_both_spellings_and_returns_the_contracts(stack: RunningStack, spelling: str) -> None:
    enrollment = stack.submit_accepted(stack.build_application(installation_method=spelling))
    assert stack.get_enrollment(enrollment)["installation_method"] == "re_enrol"
