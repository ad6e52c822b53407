"""`gridenroll serve api|worker`: one process each, for `gridenroll up`, containers and service managers."""

import gc
from importlib import import_module
from types import ModuleType

import typer

app = typer.Typer(help="Run one process in the foreground.", no_args_is_help=True)


@app.command(name="api")
def serve_api() -> None:
    """Serve the HTTP API."""
    _load_process("cli.processes.api_process").run()


@app.command(name="worker")
def serve_worker() -> None:
    """Run workflows, activities and the relay, and make sure that the batches have their schedules."""
    _load_process("cli.processes.worker_process").run()


def _load_process(name: str) -> ModuleType:
    """Returns the module of a process. It is loaded by name, so that no other command waits for it.

    The garbage collector is off meanwhile: what is loaded stays, and collecting takes a sixth of the time.
    """
    gc.disable()
    module = import_module(name)
    gc.freeze()
    gc.enable()
    return module
