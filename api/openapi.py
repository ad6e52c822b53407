"""The OpenAPI document: operation ids and summaries from the routes' names, examples, and the errors that can occur."""

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from api.problem_responses import problem_responses
from api.problems import Problem
from models.requests.cis import CisRecord

_REF_TEMPLATE = "#/components/schemas/{model}"
_WITHOUT_DATABASE = frozenset({"/healthz", "/readyz"})
_JSON = "application/json"
_EXAMPLES = Path(__file__).parent / "openapi_examples"
"""JSON files, one a subject, with a request and a response for each operation id."""


def get_operation_id(route: APIRoute) -> str:
    """Returns the name of the route's function: the operation id, and the method's name in a generated client."""
    return route.name


def install_openapi(app: FastAPI) -> None:
    """Make `app.openapi()` return this module's document. It is built once."""

    def get_document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build_document(app)
        return app.openapi_schema

    app.openapi = get_document


def _build_document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        separate_input_output_schemas=False,
    )
    schemas = document["components"]["schemas"]
    for model in (Problem, CisRecord):
        schema = model.model_json_schema(ref_template=_REF_TEMPLATE)
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    examples = _load_examples()
    for path, path_item in document["paths"].items():
        for operation in path_item.values():
            operation["summary"] = _summarize(operation["operationId"])
            _add_errors(operation, has_database=path not in _WITHOUT_DATABASE)
            _add_examples(operation, examples.get(operation["operationId"], {}))
    return document


def _load_examples() -> dict[str, dict[str, Any]]:
    files = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(_EXAMPLES.glob("*.json"))]
    return {operation_id: example for file in files for operation_id, example in file.items()}


def _summarize(operation_id: str) -> str:
    return operation_id.replace("head_end", "head-end").replace("_", " ").capitalize()


def _add_errors(operation: dict[str, Any], *, has_database: bool) -> None:
    """Add the errors that follow from the operation's security, body and parameters to those that its route names."""
    responses: dict[str, Any] = operation["responses"]
    statuses = {422}  # every operation rejects unknown query parameters
    if "security" in operation:
        statuses.add(401)
    if "requestBody" in operation:
        statuses |= {400, 413, 415}
    if any(parameter["name"] == "If-Match" for parameter in operation.get("parameters", ())):
        statuses.add(412)
    if has_database:
        statuses.add(503)
    responses.update({str(status): response for status, response in problem_responses(*statuses).items()})
    operation["responses"] = dict(sorted(responses.items()))


def _add_examples(operation: dict[str, Any], examples: dict[str, Any]) -> None:
    """Add the `request`, the `response`, and for a probe the response when the process is `unavailable`."""
    if "request" in examples:
        operation["requestBody"]["content"][_JSON]["example"] = examples["request"]
    for status, response in operation["responses"].items():
        example = examples.get("response" if status.startswith("2") else "unavailable" if status == "503" else "")
        if example is not None:
            response["content"][_JSON]["example"] = example
