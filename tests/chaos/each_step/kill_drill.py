"""Kills the worker with -9 while one request is blocked at each point of each workflow, then completes all requests."""

import json
import tempfile
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.stack import running_stack
from models.batches import BatchName
from tests.chaos.each_step.blocking_worker import Arrival, BlockingPoint
from tests.chaos.each_step.replacement_worker import ReplacementWorker
from tests.chaos.each_step.workload import Workload
from tests.chaos.stack_processes import StackProcesses
from tests.integration.clients.batch_runs import pausing_schedule
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import CHAOS_WAIT_SECONDS, wait_for


@dataclass
class KillDrill:
    """The killed worker and the finished requests."""

    steps: frozenset[str]
    """Every activity that the worker had."""
    arrivals: list[Arrival]
    under_way: set[str]
    """The workflows that were open at the kill."""
    journeys: Workload


@contextmanager
def kill_worker_at_each_step() -> Generator[KillDrill]:
    """Run the drill on a stack of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="gridenroll-chaos-") as folder,
        running_stack(Path(folder, "data"), GRIDENROLL_HEAD_END_ANSWER_WITHIN="PT1S") as description,
        closing(RunningStack(description)) as stack,
        closing(Workload(stack)) as journeys,
    ):
        log = Path(folder, "arrivals")
        watch = _Monitor(journeys, log)
        # The monitor runs only by hand here.
        with pausing_schedule(stack, BatchName.SYNC_REQUEST_MONITOR):
            journeys.prepare()
            with ReplacementWorker(StackProcesses(Path(folder, "data")), log) as worker:
                journeys.begin_in_trouble()
                watch.wait_until(watch.have_all_been_refused)
                journeys.begin()
                watch.wait_until(watch.are_all_blocked)
                under_way = journeys.list_open_workflows()
                worker.kill()
                watch.wait_until(watch.are_all_finished)
        steps, arrivals = _read(log)
        yield KillDrill(steps, arrivals, under_way, journeys)


class _Monitor:
    """Lets the simulated actors act, and asks Temporal only when everything seems quiet, because that is expensive."""

    def __init__(self, journeys: Workload, log: Path) -> None:
        self._journeys = journeys
        self._log = log
        self._read_so_far = 0

    def wait_until(self, reached: Callable[[], bool]) -> None:
        """Wait until the condition holds; report the unfinished requests otherwise."""
        wait_for(reached, instead=self._describe_unfinished, seconds=CHAOS_WAIT_SECONDS)

    def _describe_unfinished(self) -> dict[str, object]:
        blocked = {one.workflow_id: one.place for one in _read(self._log)[1] if one.stays}
        under_way = {workflow_id: blocked.get(workflow_id) for workflow_id in self._journeys.list_open_workflows()}
        return {"under way": under_way, "not final": self._journeys.list_unfinished_records()}

    def have_all_been_refused(self) -> bool:
        """Return whether every request that shall fail has failed or is blocked."""
        return self._journeys.list_not_yet_refused() <= self._list_blocked()

    def are_all_blocked(self) -> bool:
        """Return whether every open workflow is blocked and no message is on its way."""
        self._journeys.help_on()
        return self._is_quiet() and self._journeys.list_open_workflows() <= self._list_blocked()

    def _is_quiet(self) -> bool:
        before, self._read_so_far = self._read_so_far, self._log.stat().st_size if self._log.exists() else 0
        return self._read_so_far == before and not self._journeys.has_outbox_messages()

    def _list_blocked(self) -> set[str]:
        return {one.workflow_id for one in _read(self._log)[1] if one.stays}

    def are_all_finished(self) -> bool:
        """Return whether every request has reached its end."""
        self._journeys.help_on()
        return not (
            self._journeys.list_unfinished_records()
            or self._journeys.has_outbox_messages()
            or self._journeys.list_open_workflows()
        )


def _read(log: Path) -> tuple[frozenset[str], list[Arrival]]:
    # The text after the last line break is still being written.
    lines = log.read_text().split("\n")[:-1] if log.exists() else []
    steps, *arrivals = map(json.loads, lines or ["[]"])
    return frozenset(steps), [Arrival(**{**one, "place": BlockingPoint(**one["place"])}) for one in arrivals]
