"""Any bad input is answered with a problem document that names its location; nothing is stored and nothing breaks."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.stack import running_stack
from tests.integration.clients.running_stack import RunningStack

SUBMIT = "/v1/program-enrollments"
TABLES = ("enrollment", "audit_entry", "inbox_message", "catalog_version", "customer")


def _stored(stack: RunningStack) -> list[int]:
    return [stack.database.value(f"SELECT count(*) FROM {table}") for table in TABLES]


def _refused(response: httpx.Response, *statuses: int) -> dict[str, Any]:
    assert response.status_code in (statuses or (422,)), response.text[:500]
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"].startswith("https://")
    assert problem["detail"]
    return problem


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack of its own: on the shared one, requests of other tests may still be under way and store something."""
    data_dir = Path(tmp_path_factory.mktemp("bad-input"), "data")
    with running_stack(data_dir) as description, closing(RunningStack(description)) as stack:
        yield stack


@pytest.fixture(autouse=True)
def nothing_is_stored(stack: RunningStack) -> Any:
    before = _stored(stack)
    yield
    assert _stored(stack) == before


@pytest.fixture(scope="module")
def good(running: RunningStack) -> dict[str, Any]:
    return running.build_application()


BROKEN: dict[str, tuple[bytes, tuple[int, ...]]] = {
    "nothing": (b"", (400, 422)),
    "half a document": (b'{"transaction_id": "x"', (400,)),
    "no JSON": (b"<xml/>", (400,)),
    "not UTF-8": (b'{"transaction_id": "\xff\xfe"}', (400, 422)),
    "a list": (b"[]", (422,)),
    "a number": (b"1e400", (400, 422)),
    "null": (b"null", (422,)),
    "NaN": (b'{"transaction_id": NaN}', (400, 422)),
    "a deep nest": (b"[" * 100_000 + b"]" * 100_000, (400, 422)),
    "a deep nest of objects": (b'{"answers":' * 5_000 + b"1" + b"}" * 5_000, (400, 422)),
    "a huge integer": (b'{"transaction_id": ' + b"9" * 10_000 + b"}", (400, 422)),
    "five megabytes": (b'{"transaction_id": "' + b"x" * 5_000_000 + b'"}', (413,)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_invalid_request_body_is_refused(stack: RunningStack, name: str) -> None:
    body, statuses = BROKEN[name]
    _refused(stack.api.post(SUBMIT, content=body, headers={"content-type": "application/json"}), *statuses)


def test_an_oversized_body_without_content_length_is_refused(stack: RunningStack) -> None:
    chunks = (b" " * 100_000 for _ in range(60))
    _refused(stack.api.post(SUBMIT, content=chunks, headers={"content-type": "application/json"}), 413)


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", ""])
def test_another_content_type_is_refused(stack: RunningStack, good: dict[str, Any], content_type: str) -> None:
    _refused(stack.api.post(SUBMIT, content=json.dumps(good), headers={"content-type": content_type}), 400, 415, 422)


DEVICE = "/devices/0"
FIELDS: list[tuple[str, Any]] = [
    ("/surprise", 1),
    ("/transaction_id", None),
    ("/transaction_id", 12),
    ("/transaction_id", ""),
    ("/transaction_id", "x" * 65),
    ("/transaction_id", "with space"),
    ("/transaction_id", "nul\x00"),
    ("/transaction_id", "\ud800"),
    ("/account", ["A-1"]),
    ("/account", "x" * 100_000),
    ("/program", "../etc"),
    ("/start_date", "2026-02-30"),
    ("/start_date", "0000-01-01"),
    ("/start_date", "tomorrow"),
    ("/start_date", 10**30),
    ("/installation_method", "by_magic"),
    ("/asset_ownership", {}),
    ("/devices", "one"),
    ("/devices", [{}] * 101),
    (DEVICE + "/serial_number", "\u0007bell"),
    (DEVICE + "/serial_number", "---"),
    (DEVICE + "/serial_number", "\U0001f50b"),
    (DEVICE + "/serial_number", 10**400),
    (DEVICE + "/rated_kw", 3),
    ("/terms/accepted_by", "new\nline"),
    ("/terms/accepted_by", "\u202eevil"),
    ("/terms/accepted_by", "x" * 201),
    ("/terms/accepted_at", "2026-06-01T00:00:00"),
    ("/terms/accepted_at", "9999-12-31T23:59:59-12:00"),
    ("/terms/accepted_at", "0001-01-01T00:00:00+12:00"),
    ("/answers", {"question": "\x00"}),
    ("/answers", {"": "x"}),
    ("/work_order", {"contact_phone": "call me"}),
    ("/work_order", {"window": {"start": "2031-06-03T10:00:00Z", "end": "2031-06-03T08:00:00Z"}}),
]


def _put(document: Any, pointer: str, value: Any) -> Any:
    """Return the document with one place changed."""
    changed = json.loads(json.dumps(document))
    *path, last = pointer.strip("/").split("/")
    place = changed
    for step in path:
        place = place[int(step) if isinstance(place, list) else step]
    place[last] = value
    return changed


@pytest.mark.parametrize(("pointer", "value"), FIELDS, ids=lambda one: ascii(one)[:40])
def test_an_invalid_field_is_reported_by_pointer(
    stack: RunningStack, good: dict[str, Any], pointer: str, value: Any
) -> None:
    body = json.dumps(_put(good, pointer, value)).encode()
    response = stack.api.post(SUBMIT, content=body, headers={"content-type": "application/json"})
    problem = _refused(response, 400, 422)
    if response.status_code == 422:
        assert any(one["pointer"].startswith(pointer) for one in problem["errors"]), problem["errors"]
    assert len(response.content) < 20_000


@pytest.mark.parametrize("key", ["", "x" * 256, "t\u00e9", "a b"])
def test_a_bad_idempotency_key_is_refused(stack: RunningStack, good: dict[str, Any], key: str) -> None:
    headers = {"Idempotency-Key": key.encode()}
    problem = _refused(stack.api.post(SUBMIT, json=good, headers=headers))  # type: ignore[arg-type]
    assert problem["errors"][0]["pointer"].startswith("header/")


PATHS = ["x", "enr_", "enr_" + "0" * 26, "cus_" + "0" * 26, "%00", "..%2f..", "%F0%9F%94%8B", "enr_" + "0" * 5000]


@pytest.mark.parametrize("path", ["program-enrollments", "customers", "sync-requests"])
@pytest.mark.parametrize("id", PATHS)
def test_a_bad_id_in_a_path_is_refused(stack: RunningStack, path: str, id: str) -> None:
    _refused(stack.api.get(f"/v1/{path}/{id}"), 404, 422)


@pytest.mark.parametrize("q", ["\x00", "\u202e", "x" * 201])
def test_a_bad_search_is_refused(stack: RunningStack, q: str) -> None:
    _refused(stack.api.get("/v1/customers", params={"q": q}))


@pytest.mark.parametrize("q", ["'", "& | !", ":*", "%", "\\", "\U0001f50b", "\u0623\u062d\u0645\u062f", "a" * 200])
def test_any_search_text_is_answered(stack: RunningStack, q: str) -> None:
    assert stack.api.get("/v1/customers", params={"q": q}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"acknowledgements": []},
        {"acknowledgements": [{"message_id": "a"}]},
        {"acknowledgements": [{"message_id": "a", "sync_request_id": "\x00", "result": "positive"}]},
        {"acknowledgements": [{"message_id": "a", "sync_request_id": "b", "result": "maybe"}]},
        {"acknowledgements": [{"message_id": "a", "sync_request_id": "b", "result": "positive", "version": 10**30}]},
        {"acknowledgements": [{"message_id": "a", "sync_request_id": "b", "result": "negative", "text": "x" * 2001}]},
    ],
)
def test_a_bad_acknowledgement_is_refused(stack: RunningStack, body: dict[str, Any]) -> None:
    assert _refused(stack.api.post("/v1/derms/acknowledgements", json=body), 422)["errors"]


def test_an_acknowledgement_with_a_nul_in_its_text_breaks_nothing(stack: RunningStack) -> None:
    one = {"message_id": "a", "sync_request_id": "b", "result": "negative", "text": "a\x00b"}
    _refused(stack.api.post("/v1/derms/acknowledgements", json={"acknowledgements": [one]}), 422)
