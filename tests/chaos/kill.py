"""One kill -9 of the worker while one journey stands at each place of each flow; and all of them seen through."""

import json
import tempfile
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.stack import running_stack
from models.batches import BatchName
from tests.chaos.holding_worker import Arrival, Place
from tests.chaos.journeys import Journeys
from tests.chaos.victim import Victim
from tests.chaos.worker_alone import WorkerAlone
from tests.integration.batches import at_rest
from tests.integration.doors import Doors
from tests.patience import DRILL_PATIENCE_SECONDS, wait_for


@dataclass
class Killed:
    """The worker that was killed, and the journeys after their end."""

    steps: frozenset[str]
    """All that it knew."""
    arrivals: list[Arrival]
    under_way: set[str]
    """The flows that had not ended when it was killed."""
    journeys: Journeys


@contextmanager
def killed() -> Generator[Killed]:
    """On a stack of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="gridenroll-chaos-") as folder,
        running_stack(Path(folder, "data"), GRIDENROLL_HEAD_END_ANSWER_WITHIN="PT1S") as stack,
        closing(Doors(stack)) as doors,
        closing(Journeys(doors)) as journeys,
    ):
        log = Path(folder, "arrivals")
        watch = _Watch(journeys, log)
        # The monitor runs only when it is told to.
        with at_rest(doors, BatchName.SYNC_REQUEST_MONITOR):
            journeys.prepare()
            with WorkerAlone(Victim(Path(folder, "data")), log) as worker:
                journeys.begin_in_trouble()
                watch.until(watch.all_refused)
                journeys.begin()
                watch.until(watch.all_stand)
                under_way = journeys.under_way()
                worker.kill()
                watch.until(watch.all_over)
        steps, arrivals = _read(log)
        yield Killed(steps, arrivals, under_way, journeys)


class _Watch:
    """Sees to it that everybody is helped on, and asks Temporal only when all seems to be quiet: that is dear."""

    def __init__(self, journeys: Journeys, log: Path) -> None:
        self._journeys = journeys
        self._log = log
        self._read_so_far = 0

    def until(self, reached: Callable[[], bool]) -> None:
        """Waits, and says who did not get there."""
        wait_for(reached, instead=self._left, seconds=DRILL_PATIENCE_SECONDS)

    def _left(self) -> dict[str, object]:
        standing = {one.workflow_id: one.place for one in _read(self._log)[1] if one.stays}
        under_way = {flow: standing.get(flow) for flow in self._journeys.under_way()}
        return {"under way": under_way, "not final": self._journeys.unsettled()}

    def all_refused(self) -> bool:
        """Whether all who shall be refused something were, or stand somewhere."""
        return self._journeys.to_be_refused() <= self._standing()

    def all_stand(self) -> bool:
        """Whether all who have not come through stand somewhere, and nothing is on its way to them."""
        self._journeys.help_on()
        return self._quiet() and self._journeys.under_way() <= self._standing()

    def _quiet(self) -> bool:
        before, self._read_so_far = self._read_so_far, self._log.stat().st_size if self._log.exists() else 0
        return self._read_so_far == before and not self._journeys.messages_on_their_way()

    def _standing(self) -> set[str]:
        return {one.workflow_id for one in _read(self._log)[1] if one.stays}

    def all_over(self) -> bool:
        """Whether all have come to their end."""
        self._journeys.help_on()
        return not (self._journeys.unsettled() or self._journeys.messages_on_their_way() or self._journeys.under_way())


def _read(log: Path) -> tuple[frozenset[str], list[Arrival]]:
    # What stands after the last end of a line is being written.
    lines = log.read_text().split("\n")[:-1] if log.exists() else []
    steps, *arrivals = map(json.loads, lines or ["[]"])
    return frozenset(steps), [Arrival(**{**one, "place": Place(**one["place"])}) for one in arrivals]
