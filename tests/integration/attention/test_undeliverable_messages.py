"""A message that Temporal never accepts stays with its error until a person decides, and delays no other."""

import json
from typing import Any

import pytest

from operations.platform import outbox
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for

INSERT = (
    "INSERT INTO outbox_message (kind, workflow_id, name, payload, created_at, due_at, attempts, state)"
    " VALUES ($1, $2, $3, $4::jsonb, now(), now(), $5, 'waiting') RETURNING id"
)


def put(stack: RunningStack, kind: str, workflow: str, name: str, payload: Any, attempts: int = 0) -> str:
    """Insert a message as an operation would."""
    return f"msg_{stack.database.value(INSERT, kind, workflow, name, json.dumps(payload), attempts)}"


def start(text: str = "") -> dict[str, Any]:
    return {"input": {"text": text}, "attributes": {}, "summary": "", "details": ""}


def message(stack: RunningStack, which: str) -> dict[str, Any]:
    return stack.api.get(f"/v1/outbox-messages/{which}").raise_for_status().json()


def undeliverable(stack: RunningStack, which: str) -> dict[str, Any]:
    wait_for(lambda: message(stack, which)["state"] == "undeliverable")
    return message(stack, which)


@pytest.fixture
def workflow(stack: RunningStack) -> str:
    return f"enroll/{stack.unique_name('nobody')}"


@pytest.mark.parametrize(
    ("kind", "payload", "attempts", "said"),
    [
        pytest.param("signal", {}, 0, "NOT_FOUND: workflow not found", id="a workflow that there is not"),
        pytest.param("start", start("a" * 3_000_000), 0, "INVALID_ARGUMENT: Blob data size", id="too large"),
        pytest.param("start", start("a" * 6_000_000), 0, "RESOURCE_EXHAUSTED", id="too large for gRPC"),
        pytest.param("start", {"input": {}}, 10, "could not be read: ValidationError", id="a malformed row"),
    ],
)
def test_an_undeliverable_message_is_kept_and_listed_with_its_error(
    stack: RunningStack, workflow: str, kind: str, payload: Any, attempts: int, said: str
) -> None:
    which = put(stack, kind, workflow, "anything", payload, attempts)
    view = undeliverable(stack, which)
    assert said in view["error"]
    assert view["available_actions"] == ["send-again", "give-up"]
    items = stack.api.get("/v1/attention", params={"kind": "message_undeliverable"}).json()["items"]
    (item,) = [one for one in items if one["id"] == which]
    assert said in item["why"]
    assert [one["action"] for one in item["actions"]] == ["send-again", "give-up"]
    stack.api.post(f"/v1/outbox-messages/{which}/give-up", json={"reason": "A test."}).raise_for_status()
    assert message(stack, which)["state"] == "given_up"


def test_an_undeliverable_message_delays_no_other(stack: RunningStack, workflow: str) -> None:
    put(stack, "start", workflow, "anything", {"input": {}})
    stack.enroll()


def test_an_undeliverable_start_delays_its_signals_and_an_undeliverable_signal_delays_none(
    stack: RunningStack, workflow: str
) -> None:
    first = put(stack, "start", workflow, "anything", {"input": {}}, 10)
    behind = put(stack, "signal", workflow, "later", {})
    undeliverable(stack, first)
    assert (message(stack, behind)["state"], message(stack, behind)["attempts"]) == ("waiting", 0)
    given_up = stack.api.post(f"/v1/outbox-messages/{first}/give-up", json={"reason": "A test."})
    assert given_up.json()["state"] == "given_up"
    assert message(stack, behind)["state"] == "given_up"
    signals = [put(stack, "signal", f"{workflow}-2", f"signal{number}", {}) for number in range(2)]
    assert [undeliverable(stack, one)["attempts"] for one in signals] == [1, 1]


def test_a_resent_message_is_delivered_once_its_cause_is_removed(stack: RunningStack, workflow: str) -> None:
    which = put(stack, "signal", workflow, "anything", {})
    undeliverable(stack, which)
    assert stack.api.post(f"/v1/outbox-messages/{which}/send-again").json()["state"] == "waiting"
    undeliverable(stack, which)
    enrollment = stack.enroll()
    stack.database.execute(
        "UPDATE outbox_message SET workflow_id = $1 WHERE id = $2", f"enroll/{enrollment}", int(which[4:])
    )
    stack.api.post(f"/v1/outbox-messages/{which}/send-again").raise_for_status()
    wait_for(lambda: stack.api.get(f"/v1/outbox-messages/{which}").status_code == 404)


def test_a_waiting_message_cannot_be_discarded(stack: RunningStack, workflow: str) -> None:
    which = put(stack, "signal", workflow, "anything", {})
    undeliverable(stack, which)
    stack.api.post(f"/v1/outbox-messages/{which}/give-up", json={"reason": "A test."}).raise_for_status()
    again = stack.api.post(f"/v1/outbox-messages/{which}/send-again")
    assert (again.status_code, again.json()["type"].rpartition("#")[2]) == (409, "illegal-transition")
    assert stack.api.post("/v1/outbox-messages/msg_999999999/send-again").status_code == 404


def test_the_cost_of_a_claim_does_not_grow_with_the_backlog(stack: RunningStack) -> None:
    """The claim neither scans nor sorts the table, with thousands of waiting rows and as many that wait for others."""
    with stack.database.holding_lock("LOCK TABLE outbox_message IN SHARE ROW EXCLUSIVE MODE"):
        stack.database.execute(
            "INSERT INTO outbox_message (kind, workflow_id, name, payload, created_at, due_at, attempts, state)"
            " SELECT 'signal', 'w' || n / 2, 'x', '{}', now(), now() - interval '1 hour', 0, 'waiting'"
            " FROM generate_series(1, 20000) n"
        )
        stack.database.execute("ANALYZE outbox_message")
        sql = str(outbox._CLAIM).replace(":lease", "now()").replace(":now", "now()").replace(":limit", "500")
        plan = "\n".join(row["QUERY PLAN"] for row in stack.database.rows(f"EXPLAIN {sql}"))
    assert "Seq Scan on outbox_message" not in plan, plan
    assert "Sort" not in plan, plan
