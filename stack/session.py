"""One life of a stack on a data folder, from taking hold of the folder to leaving it tidy."""

from collections.abc import Callable, Mapping
from pathlib import Path

from stack.data.directory import DataDir, explain_os_errors, open_data_dir
from stack.data.json_files import write_json
from stack.environment import Addresses
from stack.plan import Plan
from stack.processes.leftovers import stop_leftovers
from stack.processes.part import RestartPolicy
from stack.processes.stop_signals import StopSignals
from stack.processes.supervisor import Supervisor


def run_stack(
    root: Path,
    make_plan: Callable[[DataDir], Plan],
    say: Callable[[str], None],
    welcome: Callable[[DataDir, Addresses], None],
    patience: RestartPolicy | None = None,
) -> None:
    """Until somebody asks to stop.

    Raises:
        StackError: it cannot start, or a part of it cannot be kept running; everything is stopped then.
    """
    with StopSignals() as signals, explain_os_errors(root), open_data_dir(root) as data:
        data.stack.unlink(missing_ok=True)
        for name in stop_leftovers(data):
            say(f"{name} was left over from a stack that was killed; it is stopped now")
        plan = make_plan(data)
        say(f"Starting; data and logs are in {data.root}")
        greeted = False

        def complete(pids: Mapping[str, int]) -> None:
            nonlocal greeted
            write_json(data.stack, plan.addresses.describe(pids))
            if not greeted:
                welcome(data, plan.addresses)
            greeted = True

        try:
            Supervisor(data, signals, say, patience).run(plan.steps, complete)
        finally:
            data.stack.unlink(missing_ok=True)
