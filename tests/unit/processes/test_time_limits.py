"""Calls to other systems end within their activity's timeout and the worker's shutdown, whatever is configured."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from models.time_limits import GRACEFUL_SHUTDOWN_TIMEOUT, MAXIMUM_DERMS_CALL, MAXIMUM_HEAD_END_CALL
from settings.settings import Settings
from workflows import policies


@pytest.mark.parametrize(("name", "longest"), [("DERMS", 12), ("HEAD_END", 17)])
def test_a_call_that_may_outlast_its_step_is_refused_with_the_limit(
    monkeypatch: pytest.MonkeyPatch, name: str, longest: int
) -> None:
    variable = f"GRIDENROLL_{name}_TIMEOUT"
    monkeypatch.setenv(variable, str(longest))
    Settings()
    monkeypatch.setenv(variable, f"PT{longest + 1}S")
    with pytest.raises(ValidationError, match=f"{variable} is {longest + 1} s and may be {longest} s at most"):
        Settings()


@pytest.mark.parametrize("name", ["DERMS_TIMEOUT", "HEAD_END_TIMEOUT", "ACKNOWLEDGEMENT_TIMEOUT"])
def test_no_time_at_all_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"GRIDENROLL_{name}", "0")
    with pytest.raises(ValidationError, match="greater than or equal"):
        Settings()


def test_seconds_and_iso_8601_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDENROLL_ACKNOWLEDGEMENT_TIMEOUT", "900")
    assert Settings().acknowledgement_timeout == timedelta(minutes=15)


def test_the_limits_leave_room_for_our_own_database() -> None:
    for policy in (policies.DERMS_SEND, policies.DERMS_STATUS):
        assert policy["start_to_close_timeout"] > MAXIMUM_DERMS_CALL
    for policy in (policies.HEAD_END, policies.BATCH_EXTERNAL):
        assert policy["start_to_close_timeout"] > MAXIMUM_HEAD_END_CALL
    assert max(MAXIMUM_DERMS_CALL, MAXIMUM_HEAD_END_CALL) < GRACEFUL_SHUTDOWN_TIMEOUT
