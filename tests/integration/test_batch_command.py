"""`gridenroll batch`: a run from the command line, told in words or as JSON."""

import json
import os
import subprocess
import sys

from tests.integration.doors import ROOT, Doors


def batch(doors: Doors, *words: str) -> str:
    """What the command tells on the standard output."""
    where = {"GRIDENROLL_API_URL": doors.stack["api_url"], "GRIDENROLL_API_TOKEN": doors.stack["token"]}
    answer = subprocess.run(
        [sys.executable, "-m", "cli.main", "batch", *words],
        cwd=ROOT,
        env={**os.environ, **where, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_a_run_that_is_waited_for_tells_what_it_came_to(doors: Doors) -> None:
    told = batch(doors, "run", "sync-request-monitor", "--wait")
    assert [words for words in ("completed", "drafts expired", "released") if words not in told] == []


def test_a_run_is_told_as_one_json_document(doors: Doors) -> None:
    seen = json.loads(batch(doors, "run", "initial-load", "--wait", "--json"))
    assert (seen["batch"], seen["state"]) == ("initial-load", "completed")


def test_the_batches_are_listed_with_their_rhythm(doors: Doors) -> None:
    listed = batch(doors, "list")
    assert [name for name in ("initial-load", "reconciliation", "5 minutes", "1 day") if name not in listed] == []
