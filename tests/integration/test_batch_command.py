"""`gridenroll batch`: a run from the command line, told in words or as JSON."""

import pytest

from tests.integration.commands import Commands
from tests.integration.doors import Doors


@pytest.fixture
def command(doors: Doors) -> Commands:
    return Commands(doors)


def test_a_run_that_is_waited_for_tells_what_it_came_to(command: Commands) -> None:
    told = command.says("batch", "run", "sync-request-monitor", "--wait")
    assert [words for words in ("completed", "drafts expired", "released") if words not in told] == []


def test_a_run_is_told_as_one_json_document(command: Commands) -> None:
    seen = command.document("batch", "run", "initial-load", "--wait")
    assert (seen["batch"], seen["state"]) == ("initial-load", "completed")


def test_the_batches_are_listed_with_their_rhythm(command: Commands) -> None:
    listed = command.says("batch", "list")
    assert [name for name in ("initial-load", "reconciliation", "5 minutes", "1 day") if name not in listed] == []
