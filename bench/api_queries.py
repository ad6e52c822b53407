"""The API queries that a large database must answer fast: every list with its filters, single items, the metrics."""

from collections.abc import Callable, Mapping
from typing import Any

SendQuery = Callable[[str, dict[str, Any]], Any]
"""Sends a GET request for a path with these parameters and returns the document."""

_LISTS: Mapping[str, tuple[dict[str, Any], ...]] = {
    "/v1/program-enrollments": (
        {},
        {"state": "waitlisted"},
        {"state": "enrolled"},
        {"state": "needs_attention"},
        {"program": "RARE"},
        {"program": "MOST"},
        {"program": "MOST", "state": "cancelled"},
        {"subscription_state": "active"},
        {"subscription_state": "suspended"},
        {"program": "RARE", "subscription_state": "active"},
        {"transaction_id": "M-00000777"},
        {"customer": "CUSTOMER"},
        {"account": "M-ACC-00000777"},
    ),
    "/v1/sync-requests": (
        {},
        {"state": "error"},
        {"state": "synchronized"},
        {"kind": "unenroll"},
        {"kind": "replace_device"},
        {"program": "RARE"},
        {"program": "RARE", "state": "error"},
        {"subscription": "SUBSCRIPTION"},
        {"enrollment": "ENROLLMENT"},
        {"error_code": "unknown-feeder"},
        {"older_than": "P690D"},
        {"state": "synchronized", "older_than": "P690D"},
    ),
    "/v1/program-unenrollments": (
        {},
        {"state": "scheduled"},
        {"program": "RARE"},
        {"subscription": "SUBSCRIPTION"},
        {"enrollment": "ENROLLMENT"},
        {"transaction_id": "M-U-00000777"},
        {"account": "M-ACC-00000777"},
    ),
    "/v1/service-calls": (
        {},
        {"state": "needs_attention"},
        {"program": "RARE"},
        {"device": "DEVICE"},
    ),
    "/v1/work-orders": (
        {},
        {"state": "scheduled"},
        {"kind": "troubleshoot"},
        {"technician": "T-7"},
        {"program": "RARE"},
    ),
    "/v1/shipments": ({}, {"state": "returned"}, {"program": "RARE"}),
    "/v1/process-flows": ({}, {"state": "draft"}, {"type": "unenroll"}),
    "/v1/customers": ({},),
    "/v1/attention": ({}, {"kind": "sync_request_in_error"}, {"kind": "not_controllable"}, {"program": "RARE"}),
}
_SINGLE = (
    "/v1/program-enrollments/ENROLLMENT",
    "/v1/customers/CUSTOMER",
    "/v1/customers/CUSTOMER/timeline",
    "/v1/customers/CUSTOMER/eligible-programs",
    "/v1/programs",
    "/v1/batches",
    "/metrics",
)


def build_queries(ask: SendQuery) -> dict[str, tuple[str, dict[str, Any]]]:
    """Returns path and parameters of every query by its name, with values that the database has."""
    values = _find_example_values(ask)
    queries: dict[str, tuple[str, dict[str, Any]]] = {}
    for path, filters in _LISTS.items():
        for query in filters:
            parameters = {name: values.get(value, value) for name, value in query.items()}
            label = " ".join(f"{name}={value}" for name, value in query.items())
            queries[f"{path} {label}".strip()] = path, {"limit": 50, **parameters}
    for path in _SINGLE:
        word = next((word for word in values if word in path), "")
        queries[path] = (path.replace(word, values[word]) if word else path), {}
    second_page = ask("/v1/program-enrollments", {"limit": 200})["next_cursor"]
    queries["/v1/program-enrollments, its second page"] = (
        "/v1/program-enrollments",
        {"limit": 50, "cursor": second_page},
    )
    return queries


def _find_example_values(ask: SendQuery) -> dict[str, str]:
    """Returns the ids of an enrolled customer, and the programs with the most and the fewest enrollments."""
    found = ask("/v1/program-enrollments", {"transaction_id": "M-00000777"})["items"][0]
    enrollment = ask(f"/v1/program-enrollments/{found['id']}", {})
    programs = [one["code"] for one in ask("/v1/programs", {})["items"]]
    return {
        "ENROLLMENT": found["id"],
        "CUSTOMER": found["customer"],
        "SUBSCRIPTION": enrollment["subscription"]["id"],
        "DEVICE": enrollment["subscription"]["devices"][0]["id"],
        "MOST": programs[0],
        "RARE": programs[-1],
    }
