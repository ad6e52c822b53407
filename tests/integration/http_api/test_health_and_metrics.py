"""Health, readiness and metrics, for the operators."""

from tests.integration.clients.running_stack import RunningStack


def test_liveness_is_reported(stack: RunningStack) -> None:
    health = stack.api.get("/healthz").json()
    assert health["status"] == "ok"
    assert {"courier 1", "courier cleanup"} <= {task["name"] for task in health["tasks"]}
    assert [task for task in health["tasks"] if task["error"]] == []


def test_readiness_lists_the_parts(stack: RunningStack) -> None:
    readiness = stack.api.get("/readyz").json()
    assert readiness["status"] == "ready"
    assert {name: part["ready"] for name, part in readiness["parts"].items()} == {
        "database": True,
        "temporal": True,
        "delivery": True,
    }


def test_requests_are_counted_by_route_and_never_by_id(stack: RunningStack) -> None:
    enrollment = stack.submit_accepted(stack.build_application())
    stack.get_enrollment(enrollment)
    metrics = stack.api.get("/metrics").text
    route = '{method="GET",route="/v1/program-enrollments/{enrollment}",status="200"}'
    assert f"gridenroll_http_requests_total{route}" in metrics
    assert "enr_" not in metrics


def test_waiting_work_is_measured(stack: RunningStack) -> None:
    names = {line.split("{")[0].split(" ")[0] for line in stack.api.get("/metrics").text.splitlines()}
    assert {"gridenroll_outbox_waiting", "gridenroll_outbox_oldest_seconds", "gridenroll_sync_requests"} <= names


def test_an_unknown_path_and_a_wrong_method_are_problems(stack: RunningStack) -> None:
    for response, status in ((stack.api.get("/v1/nothing"), 404), (stack.api.delete("/v1/customers"), 405)):
        assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
        assert response.json()["status"] == status
