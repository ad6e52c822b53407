"""`gridenroll serve api|worker`: one process each, for `gridenroll up`, containers and service managers."""

import gc
from importlib import import_module
from types import ModuleType

import typer

app = typer.Typer(help="Run one process in the foreground.", no_args_is_help=True)

_PROCESSES = "cli.processes"
"""By name: nobody who asks for a list shall wait for the worker and the API to be loaded."""


@app.command()
def api() -> None:
    """Serve the HTTP API."""
    _loaded().api()


@app.command(name="worker")
def work() -> None:
    """Run flows, activities and the relay; see to it that the batches have their schedules."""
    _loaded().work()


def _loaded() -> ModuleType:
    """Loads both without looking for garbage meanwhile: what is loaded stays, and looking is a sixth of it."""
    gc.disable()
    module = import_module(_PROCESSES)
    gc.freeze()
    gc.enable()
    return module
