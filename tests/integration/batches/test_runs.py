"""Manual runs: one for each idempotency key, concurrently, with progress while they run."""

from models.batches import BatchName
from tests.integration.clients.batch_runs import complete_run, start_run, wait_for_run
from tests.integration.clients.running_stack import RunningStack


def test_a_repeated_idempotency_key_returns_the_same_run(stack: RunningStack) -> None:
    key = stack.unique_name("key")
    first, second = (start_run(stack, "initial-load", **{"Idempotency-Key": key}) for _ in range(2))
    assert first == second


def test_a_key_of_another_batchs_run_is_a_conflict(stack: RunningStack) -> None:
    headers = {"Idempotency-Key": stack.unique_name("key")}
    start_run(stack, "initial-load", **headers)
    assert stack.api.post("/v1/batches/reconciliation/runs", headers=headers).status_code == 409


def test_two_runs_of_a_batch_may_overlap(stack: RunningStack) -> None:
    run_locations = [start_run(stack, "reconciliation") for _ in range(2)]
    assert [wait_for_run(stack, one)["state"] for one in run_locations] == ["completed", "completed"]


def test_every_batch_is_listed_with_its_last_run(stack: RunningStack) -> None:
    newest = complete_run(stack, "initial-load")["id"]
    listed = {one["name"]: one for one in stack.api.get("/v1/batches").json()["items"]}
    assert set(listed) == set(BatchName)
    assert listed["initial-load"]["last_run"]["id"] == newest


def test_runs_are_listed_newest_first(stack: RunningStack) -> None:
    older, newer = complete_run(stack, "initial-load")["id"], complete_run(stack, "initial-load")["id"]
    page = stack.api.get("/v1/batches/initial-load/runs", params={"limit": 2}).json()
    assert [one["id"] for one in page["items"]] == [newer, older]


def test_a_run_is_found_under_its_own_batch_only(stack: RunningStack) -> None:
    found = complete_run(stack, "initial-load")["id"]
    assert stack.api.get(f"/v1/batches/reconciliation/runs/{found}").status_code == 404


def test_an_unknown_batch_cannot_be_run(stack: RunningStack) -> None:
    assert stack.api.post("/v1/batches/spring-cleaning/runs").status_code == 422


def test_only_a_reconciliation_run_can_be_resent(stack: RunningStack) -> None:
    found = complete_run(stack, "initial-load")["id"]
    assert stack.api.post(f"/v1/batches/reconciliation/runs/{found}/resend").status_code == 404
