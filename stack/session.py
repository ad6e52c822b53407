"""One life of a stack on a data folder, from taking hold of the folder to leaving it tidy."""

from collections.abc import Callable, Mapping
from pathlib import Path

from stack.data_dir import DataDir, explaining, opened
from stack.environment import Addresses
from stack.files import write_json
from stack.leftovers import clear_leftovers
from stack.part import Patience
from stack.plan import Plan
from stack.signals import Signals
from stack.supervisor import Supervisor


def run(
    root: Path,
    make_plan: Callable[[DataDir], Plan],
    say: Callable[[str], None],
    welcome: Callable[[DataDir, Addresses], None],
    patience: Patience | None = None,
) -> None:
    """Until somebody asks to stop.

    Raises:
        StackError: it cannot start, or a part of it cannot be kept running; everything is stopped then.
    """
    with Signals() as signals, explaining(root), opened(root) as data:
        data.stack.unlink(missing_ok=True)
        for name in clear_leftovers(data):
            say(f"{name} was left over from a stack that was killed; it is stopped now")
        plan = make_plan(data)
        say(f"Starting; data and logs are in {data.root}")
        greeted = False

        def complete(pids: Mapping[str, int]) -> None:
            nonlocal greeted
            write_json(data.stack, plan.addresses.description(pids))
            if not greeted:
                welcome(data, plan.addresses)
            greeted = True

        try:
            Supervisor(data, signals, say, patience).run(plan.steps, complete)
        finally:
            data.stack.unlink(missing_ok=True)
