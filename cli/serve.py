"""`gridenroll serve api|worker`: one process each, for `gridenroll up`, containers and service managers."""

import gc
from importlib import import_module
from types import ModuleType

import typer

app = typer.Typer(help="Run one process in the foreground.", no_args_is_help=True)


@app.command()
def api() -> None:
    """Serve the HTTP API."""
    _load_process("cli.api_process").run()


@app.command(name="worker")
def run_worker() -> None:
    """Run flows, activities and the relay; see to it that the batches have their schedules."""
    _load_process("cli.worker_process").run()


def _load_process(name: str) -> ModuleType:
    """Loads a process by name, so that nobody who asks for a list waits for it; and without looking for garbage
    meanwhile: what is loaded stays, and looking is a sixth of it."""
    gc.disable()
    module = import_module(name)
    gc.freeze()
    gc.enable()
    return module
