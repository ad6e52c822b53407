"""Health, readiness and metrics, for the operators."""

from tests.integration.clients.running_stack import RunningStack


def test_liveness_is_reported(doors: RunningStack) -> None:
    health = doors.api.get("/healthz").json()
    assert health["status"] == "ok"
    assert {"courier 1", "courier cleanup"} <= {task["name"] for task in health["tasks"]}
    assert [task for task in health["tasks"] if task["error"]] == []


def test_readiness_lists_the_parts(doors: RunningStack) -> None:
    readiness = doors.api.get("/readyz").json()
    assert readiness["status"] == "ready"
    assert {name: part["ready"] for name, part in readiness["parts"].items()} == {
        "database": True,
        "temporal": True,
        "delivery": True,
    }


def test_requests_are_counted_by_route_and_never_by_id(doors: RunningStack) -> None:
    enrollment = doors.submit_accepted(doors.build_application())
    doors.get_enrollment(enrollment)
    metrics = doors.api.get("/metrics").text
    route = '{method="GET",route="/v1/program-enrollments/{enrollment}",status="200"}'
    assert f"gridenroll_http_requests_total{route}" in metrics
    assert "enr_" not in metrics


def test_waiting_work_is_measured(doors: RunningStack) -> None:
    names = {line.split("{")[0].split(" ")[0] for line in doors.api.get("/metrics").text.splitlines()}
    assert {"gridenroll_outbox_waiting", "gridenroll_outbox_oldest_seconds", "gridenroll_sync_requests"} <= names


def test_an_unknown_path_and_a_wrong_method_are_problems(doors: RunningStack) -> None:
    for answer, status in ((doors.api.get("/v1/nothing"), 404), (doors.api.delete("/v1/customers"), 405)):
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.json()["status"] == status
