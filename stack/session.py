"""Runs a stack on a data folder, from the lock of the folder to the orderly stop of all parts."""

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
    print_line: Callable[[str], None],
    print_welcome: Callable[[DataDir, Addresses], None],
    policy: RestartPolicy | None = None,
) -> None:
    """Runs a stack until a signal asks to stop.

    Raises:
        StackError: the stack cannot start, or a part failed too often; everything has stopped then.
    """
    with StopSignals() as signals, explain_os_errors(root), open_data_dir(root) as data:
        data.stack.unlink(missing_ok=True)
        for name in stop_leftovers(data):
            print_line(f"Stopped {name}, which was left over from a stack that was killed")
        plan = make_plan(data)
        print_line(f"Starting; data and logs are in {data.root}")
        is_welcomed = False

        def report_ready(pids: Mapping[str, int]) -> None:
            nonlocal is_welcomed
            write_json(data.stack, plan.addresses.describe(pids))
            if not is_welcomed:
                print_welcome(data, plan.addresses)
            is_welcomed = True

        try:
            Supervisor(data, signals, print_line, policy).run(plan.steps, report_ready)
        finally:
            data.stack.unlink(missing_ok=True)
