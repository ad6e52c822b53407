"""`gridenroll sync-requests` and `attention`: showing and repairing what the DERMS refused."""

import pytest

from tests.integration.clients.command_line import CommandLine
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for


@pytest.fixture
def command(stack: RunningStack) -> CommandLine:
    return CommandLine(stack)


def refused(stack: RunningStack, count: int = 1) -> tuple[str, list[str]]:
    """Add a program with this many enrollments that the DERMS refused and would accept now."""
    code = stack.unique_name("P")
    stack.add_program(code)
    stack.derms.put("/reference", json={"programs": ["TSTAT-DR"]}).raise_for_status()
    enrollments = [stack.submit_accepted(stack.build_application(program=code)) for _ in range(count)]
    requests = [stack.wait_for_sync_request(enrollment, "error")["id"] for enrollment in enrollments]
    stack.derms.put("/reference", json={}).raise_for_status()
    return code, requests


def state(stack: RunningStack, request: str) -> str:
    return stack.api.get(f"/v1/sync-requests/{request}").json()["state"]


def test_one_sync_request_is_shown_and_retried(stack: RunningStack, command: CommandLine) -> None:
    _, (request,) = refused(stack)
    assert "UNKNOWN_PROGRAM" in command.run_successfully("sync-requests", "show", request)
    assert command.run_for_json("sync-requests", "retry", request)["state"] == "pending"
    wait_for(lambda: state(stack, request) == "synchronized")


def test_many_sync_requests_are_counted_first_and_retried_on_confirmation(
    stack: RunningStack, command: CommandLine
) -> None:
    code, requests = refused(stack, 2)
    assert "2 in error match" in command.run_successfully("sync-requests", "retry", "--program", code)
    assert {state(stack, request) for request in requests} == {"error"}
    assert "2 retried" in command.run_successfully("sync-requests", "retry", "--program", code, "--yes")
    for request in requests:
        wait_for(lambda one=request: state(stack, one) == "synchronized")


def test_a_sync_request_is_cancelled_with_a_reason(stack: RunningStack, command: CommandLine) -> None:
    _, (request,) = refused(stack)
    assert "cancelled" in command.run_successfully("sync-requests", "cancel", request, "--reason", "Sold")


def test_the_attention_list_prints_reasons_and_actions(stack: RunningStack, command: CommandLine) -> None:
    code, (request,) = refused(stack)
    said = command.run_successfully("attention", "--program", code)
    assert f"gridenroll sync-requests retry {request}" in said
    assert "why:  UNKNOWN_PROGRAM" in said
    assert f"  see:  gridenroll sync-requests show {request}\n" in said
    assert "  see:  gridenroll enrollments show enr_" in said
    listed = command.run_for_json("attention", "--program", code)
    assert listed == stack.api.get("/v1/attention", params={"program": code}).json()


def test_a_time_without_an_offset_is_local_time(stack: RunningStack, command: CommandLine) -> None:
    code, _ = refused(stack)
    assert "in error" in command.run_successfully("attention", "--program", code, "--since", "2020-01-01T00:00")
    assert (
        command.run_successfully("attention", "--program", code, "--since", "2099-01-01") == "Nothing needs a person.\n"
    )
    assert command.run("attention", "--since", "yesterday").exit_code == 2


def test_an_empty_attention_list_prints_a_sentence(command: CommandLine) -> None:
    assert command.run_successfully("attention", "--program", "NO-SUCH") == "Nothing needs a person.\n"


def test_a_list_is_filtered(stack: RunningStack, command: CommandLine) -> None:
    code, requests = refused(stack)
    listed = command.run_for_json("sync-requests", "list", "--program", code, "--state", "error")
    assert [one["id"] for one in listed["items"]] == requests
    assert "no such sync requests" in command.run_successfully(
        "sync-requests", "list", "--program", code, "--older-than", "P1D"
    )


@pytest.mark.parametrize("words", [("retry",), ("retry", "syn_1", "--in-error")])
def test_a_retry_needs_a_selection(command: CommandLine, words: tuple[str, ...]) -> None:
    assert "Which sync requests?" in command.run_and_fail("sync-requests", *words)
