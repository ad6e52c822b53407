"""Every refusal is a problem document that says what, where and what to do, in the client's terms."""

import re
from typing import Any

import httpx
import pytest

from tests.integration.clients.device_setup import DeviceSetupClient
from tests.integration.clients.installations import InstallationClient
from tests.integration.clients.running_stack import RunningStack
from tests.integration.clients.service_calls import ServiceCallClient

SUBMIT = "/v1/program-enrollments"
JSON = {"content-type": "application/json"}


def _problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text[:500]
    assert response.headers["content-type"] == "application/problem+json"
    found = response.json()
    assert found["type"].endswith(f"#{code}")
    assert found["detail"]
    assert found["fix"]
    return found


def _list_endpoints_with_a_body(stack: RunningStack) -> list[tuple[str, str]]:
    paths = stack.api.get("/openapi.json").json()["paths"]
    return [
        (method, re.sub(r"\{[a-z_]+\}", "x", path))
        for path, operations in paths.items()
        for method, operation in operations.items()
        if "requestBody" in operation
    ]


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", ""])
def test_a_body_without_the_json_content_type_is_refused_everywhere(stack: RunningStack, content_type: str) -> None:
    endpoints = _list_endpoints_with_a_body(stack)
    assert len(endpoints) > 15
    for method, path in endpoints:
        response = stack.api.request(method, path, content=b"{}", headers={"content-type": content_type})
        assert "application/json" in _problem(response, 415, "unknown-content-type")["fix"], path


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "application/merge-patch+json"])
def test_json_content_types_are_accepted(stack: RunningStack, content_type: str) -> None:
    response = stack.api.post(SUBMIT, content=b"{}", headers={"content-type": content_type})
    assert "/transaction_id" in [one["pointer"] for one in _problem(response, 422, "invalid")["errors"]]


def test_a_missing_body_is_reported(stack: RunningStack) -> None:
    assert _problem(stack.api.post(SUBMIT), 422, "invalid")["errors"] == [
        {"pointer": "", "detail": "The body is missing"}
    ]


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        (b"[" * 100_000 + b"]" * 100_000, "the-request-cannot-be-read", "nested too deep"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "the-request-cannot-be-read", "number"),
        (b'{"a": "\xff"}', "malformed-json", "UTF-8"),
        (b'{"a": }', "malformed-json", "not JSON"),
    ],
)
def test_an_unreadable_body_is_refused_with_the_reason(stack: RunningStack, body: bytes, code: str, said: str) -> None:
    found = _problem(stack.api.post(SUBMIT, content=body, headers=JSON), 400, code)
    assert said in found["detail"]


def test_a_missing_or_wrong_token_is_answered_with_instructions(stack: RunningStack) -> None:
    url = f"{stack.description['api_url']}/v1/programs"
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}):
        response = httpx.get(url, headers=headers, trust_env=False)
        assert "Authorization: Bearer" in _problem(response, 401, "who-are-you")["fix"]
        assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("endpoint", ["/v1/derms/acknowledgements", "/v1/head-end/answers"])
def test_a_wrong_signature_is_answered_with_instructions(stack: RunningStack, endpoint: str) -> None:
    url = f"{stack.description['api_url']}{endpoint}"
    signed = {"webhook-id": "a", "webhook-timestamp": "1", "webhook-signature": "v1,x"}
    for headers in (JSON, JSON | signed, JSON | signed | {"webhook-timestamp": "9" * 12}):
        _problem(httpx.post(url, content=b"{}", headers=headers, trust_env=False), 401, "who-are-you")


def test_an_unknown_path_is_answered_with_the_documentation(stack: RunningStack) -> None:
    assert "/docs" in _problem(stack.api.get("/v1/programmes"), 404, "not-found")["fix"]


def test_a_wrong_method_is_answered_with_the_allowed_methods(stack: RunningStack) -> None:
    response = stack.api.delete("/v1/catalog")
    assert "GET, PUT" in _problem(response, 405, "not-possible-here")["fix"]
    assert response.headers["allow"] == "GET, PUT"
    assert "GET" in _problem(stack.api.post("/docs"), 405, "not-possible-here")["fix"]


WORDS: list[tuple[str, Any, str]] = [
    ("transaction_id", "with space", "1 to 64 printable ASCII characters without spaces"),
    ("transaction_id", "", "1 to 64 printable ASCII characters without spaces"),
    ("program", "../etc", "letters, digits"),
    ("devices", "one", "list"),
    ("devices", {"0": {}}, "list"),
    ("terms", "yes", "object"),
    ("start_date", "tomorrow", "2026-06-01"),
    ("surprise", 1, "no such field"),
    ("work_order", {"contact_phone": "call me"}, "phone number"),
    ("terms", {"version": "1", "accepted_by": "x", "accepted_at": "2026-06-01T00:00:00"}, "offset"),
]


@pytest.mark.parametrize(("field", "value", "said"), WORDS)
def test_an_error_uses_the_clients_terms(stack: RunningStack, field: str, value: Any, said: str) -> None:
    response = stack.api.post(SUBMIT, json={field: value})
    faults = {one["pointer"]: one["detail"] for one in _problem(response, 422, "invalid")["errors"]}
    found = [detail for pointer, detail in faults.items() if pointer.startswith(f"/{field}")]
    assert any(said in detail for detail in found), faults


def test_no_error_reveals_implementation_details(stack: RunningStack) -> None:
    """No error about a body or a query mentions a regular expression, a class, or Python."""
    document = stack.api.get("/openapi.json").json()
    odd = ["wr ong!", {"x": 1}, -1, True, [], ""]
    for method, path in _list_endpoints_with_a_body(stack):
        name = path.rpartition("/")[2]
        for value in odd:
            texts = stack.api.request(method, path, json=dict.fromkeys(_fields(document), value)).text
            assert not re.search(r"(?i)pattern|tuple|dictionary|<\w+\.|Value error|timedelta|Extra inputs", texts), (
                name,
                texts,
            )


def _fields(document: dict[str, Any]) -> set[str]:
    return {name for schema in document["components"]["schemas"].values() for name in schema.get("properties", {})}


def test_no_parameter_error_reveals_implementation_details(stack: RunningStack) -> None:
    for path, operations in stack.api.get("/openapi.json").json()["paths"].items():
        for parameter in operations.get("get", {}).get("parameters", ()):
            place = path.replace(f"{{{parameter['name']}}}", "wr ong")
            asked = {parameter["name"]: "wr ong"} if parameter["in"] == "query" else {}
            texts = stack.api.get(place, params=asked).text
            assert not re.search(r"pattern|<\w+\.|timedelta", texts), (place, asked, texts)


def test_an_unknown_parameter_is_refused(stack: RunningStack) -> None:
    response = stack.api.get(SUBMIT, params={"stat": "enrolled", "limit": 1})
    (fault,) = _problem(response, 422, "invalid")["errors"]
    assert fault["pointer"] == "query/stat"
    assert "account" in fault["detail"]
    twice = stack.api.get(SUBMIT, params={"state": ["enrolled", "rejected"]})
    assert _problem(twice, 422, "invalid")["errors"] == [
        {"pointer": "query/state", "detail": "is given more than once"}
    ]
    for path in ("/healthz", "/v1/programs"):
        assert "none" in _problem(stack.api.get(path, params={"x": ""}), 422, "invalid")["errors"][0]["detail"]


def test_a_list_with_an_invalid_item_is_not_reported_as_empty(stack: RunningStack) -> None:
    found = _problem(stack.api.put("/v1/customers", json={"customers": ["x"]}), 422, "invalid")
    assert [one["pointer"] for one in found["errors"]] == ["/customers/0"]


def test_an_unknown_rule_is_answered_with_the_known_rules(stack: RunningStack) -> None:
    catalog = stack.get_catalog()
    catalog["programs"][0]["eligibility"] = [{"rule": "magic"}]
    found = _problem(stack.api.put("/v1/catalog", json=catalog, params={"dry_run": True}), 422, "invalid")
    assert found["errors"][0]["pointer"] == "/programs/0/eligibility/0"
    assert "'rule' should be one of 'customer_class', 'tariff'" in found["errors"][0]["detail"]


def test_errors_outside_the_body_name_their_location(stack: RunningStack) -> None:
    stale = stack.api.put(
        "/v1/catalog", json=stack.get_catalog(), params={"dry_run": True}, headers={"If-Match": "abc"}
    )
    assert _problem(stale, 422, "invalid")["errors"][0]["pointer"] == "header/If-Match"
    page = stack.api.get("/v1/customers", params={"cursor": "abc"})
    assert _problem(page, 422, "invalid-cursor")["errors"][0]["pointer"] == "query/cursor"
    key = {"Idempotency-Key": stack.unique_name("K")}
    stack.wait_for_enrollment(stack.submit(stack.build_application(terms=None), **key).json()["id"], "rejected")
    other = stack.submit(stack.build_application(terms=None), **key)
    assert [one["pointer"] for one in _problem(other, 409, "content-mismatch")["errors"]] == ["header/Idempotency-Key"]


def test_a_pointer_resolves_in_the_sent_document(stack: RunningStack) -> None:
    catalog = stack.get_catalog()
    program = next(one for one in catalog["programs"] if one["eligibility"])
    program["eligibility"][0] = {"rule": "cool_down", "days": 0}
    position = catalog["programs"].index(program)
    found = _problem(stack.api.put("/v1/catalog", json=catalog, params={"dry_run": True}), 422, "invalid")
    assert [one["pointer"] for one in found["errors"]] == [f"/programs/{position}/eligibility/0/days"]


def test_an_action_on_a_closed_call_suggests_a_new_call(stack: RunningStack) -> None:
    service_calls = ServiceCallClient(stack)
    call = service_calls.submit_accepted(service_calls.enroll_battery(), action="advice")
    service_calls.wait_for_state(call, "closed")
    for endpoint, body in (("action", {"action": "advice"}), ("cancel", {"reason": "Not needed."})):
        _problem(service_calls.post(call, endpoint, **body), 409, "illegal-transition")
    assert "POST /v1/service-calls" in service_calls.post(call, "action", action="advice").json()["fix"]


def test_an_action_during_a_visit_suggests_waiting_or_cancelling(stack: RunningStack) -> None:
    service_calls = ServiceCallClient(stack)
    call, _ = service_calls.submit_with_visit(service_calls.enroll_battery())
    fix = _problem(service_calls.post(call, "action", action="advice"), 409, "illegal-transition")["fix"]
    assert "report" in fix
    assert "/cancel" in fix
    assert service_calls.post(call, "cancel", reason="The test is over.").status_code == 200


def test_a_second_confirmation_explains_the_correction(stack: RunningStack) -> None:
    setup = DeviceSetupClient(stack)
    enrollment, parcel = setup.enroll_with_shipment()
    assert setup.post(parcel, "confirmed", **setup.build_device(), confirmed_by="the customer").status_code == 202
    response = setup.post(parcel, "confirmed", **setup.build_device(), confirmed_by="the customer")
    fix = _problem(response, 409, "illegal-transition")["fix"]
    assert enrollment in fix
    assert "service call" in fix
    stack.wait_for_sync_request(enrollment, "synchronized")


def test_a_late_appointment_names_the_next_step(stack: RunningStack) -> None:
    installations = InstallationClient(stack)
    _, order = installations.enroll_with_order()
    assert installations.post(order, "progress", step="on_site").status_code == 200
    window = {"start": "2099-06-01T09:00:00Z", "end": "2099-06-01T11:00:00Z"}
    fix = _problem(installations.post(order, "appointment", **window), 409, "illegal-transition")["fix"]
    assert "The technician is there and reports when done." in fix
