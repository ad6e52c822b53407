"""`gridenroll batch`: runs from the command line, printed as text or as JSON."""

import pytest

from tests.integration.clients.command_line import CommandLine
from tests.integration.clients.running_stack import RunningStack


@pytest.fixture
def command(stack: RunningStack) -> CommandLine:
    return CommandLine(stack)


def test_a_run_that_is_waited_for_prints_its_result(command: CommandLine) -> None:
    output = command.run_successfully("batch", "run", "sync-request-monitor", "--wait")
    assert [words for words in ("completed", "drafts expired", "released") if words not in output] == []


def test_a_run_is_printed_as_one_json_document(command: CommandLine) -> None:
    view = command.run_for_json("batch", "run", "initial-load", "--wait")
    assert (view["batch"], view["state"]) == ("initial-load", "completed")


def test_the_batches_are_listed_with_their_schedule(command: CommandLine) -> None:
    listed = command.run_successfully("batch", "list")
    assert [name for name in ("initial-load", "reconciliation", "5 minutes", "1 day") if name not in listed] == []
