"""The worker's slots fit its connection pool, and a shutdown waits for calls in flight."""

from unittest.mock import Mock

import pytest

import worker
from models.time_limits import GRACEFUL_SHUTDOWN_TIMEOUT
from settings.settings import Settings
from workflows import policies


def test_local_activities_leave_connections_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    composed = Mock()
    monkeypatch.setattr(worker, "Worker", composed)
    for size in (4, 10, 50):
        worker.create_worker(*(Mock() for _ in range(4)), database_pool_size=size)
        slots = composed.call_args.kwargs["max_concurrent_local_activities"]
        assert 1 <= slots == size - worker.RESERVED_CONNECTIONS
        assert composed.call_args.kwargs["graceful_shutdown_timeout"] == GRACEFUL_SHUTDOWN_TIMEOUT


def test_a_too_small_connection_pool_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDENROLL_DATABASE_POOL_SIZE", str(worker.RESERVED_CONNECTIONS))
    with pytest.raises(ValueError, match="greater than or equal to 4"):
        Settings()


def test_a_long_wait_holds_no_slot() -> None:
    retries = policies.OWN_DATABASE["retry_policy"]
    assert retries.initial_interval < policies.OWN_DATABASE["local_retry_threshold"]
    assert policies.OWN_DATABASE["local_retry_threshold"].total_seconds() <= 2
