"""The OpenAPI document as clients need it: errors are problem documents, and CIS records have their shape."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import Problem
from models.requests.cis import CisRecord

_REF_TEMPLATE = "#/components/schemas/{model}"
_PUBLIC_PATHS = frozenset({"/healthz", "/readyz"})

_ERROR_DESCRIPTIONS = {
    "400": "The request cannot be read",
    "401": "No token, or a wrong one",
    "404": "Not found",
    "405": "Not possible here",
    "409": "Conflict with what is there",
    "412": "Changed meanwhile",
    "413": "Too large",
    "415": "A body that is not said to be JSON",
    "422": "Not as agreed; the pointers say where",
    "503": "Not available for the moment; try again",
}


def install_openapi(app: FastAPI) -> None:
    """Makes `app.openapi()` give our document, made once."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build_document(app)
        return app.openapi_schema

    app.openapi = document


def _build_document(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas = found["components"]["schemas"]
    for model in (Problem, CisRecord):
        schema = model.model_json_schema(ref_template=_REF_TEMPLATE)
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    answer = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, operations in found["paths"].items():
        for operation in operations.values():
            responses = operation["responses"]
            responses.pop("422", None)
            for status, reason in _ERROR_DESCRIPTIONS.items():
                if path not in _PUBLIC_PATHS or status in ("405", "503"):
                    responses.setdefault(status, {"description": reason, "content": answer})
    return found
