"""Finds the wait points in the workflows' code: for a signal, for a timer, for an activity."""

import ast
import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from temporalio import workflow

import workflows

WAIT_CALLS = (
    "wait_condition",
    "sleep",
    "execute_activity_method",
    "execute_local_activity_method",
    "start_activity_method",
    "start_local_activity_method",
)


class CodeLocation(NamedTuple):
    """A file and a line."""

    file: str
    line: int


def find_wait_points() -> set[CodeLocation]:
    """Return every place at which a workflow may wait."""
    paths = [path for folder in workflows.__path__ for path in Path(folder).rglob("*.py")]
    return {
        CodeLocation(path.name, line) for path in paths for line in _lines(ast.parse(path.read_text(encoding="utf-8")))
    }


def _lines(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {f"workflow.{name}" for name in WAIT_CALLS}:
            yield node.lineno


@contextmanager
def recording_waits() -> Iterator[set[CodeLocation]]:
    """Record the places at which workflows wait during the block."""
    places: set[CodeLocation] = set()
    with pytest.MonkeyPatch.context() as patch:
        for name in WAIT_CALLS:
            patch.setattr(workflow, name, _noting(getattr(workflow, name), places))
        yield places


def _noting(wait: Callable[..., Any], places: set[CodeLocation]) -> Callable[..., Any]:
    def noted(*args: Any, **kwargs: Any) -> Any:
        # A worker that evicts a workflow cancels its tasks: a wait that begins then is not a step of the workflow.
        loop: Any = asyncio.get_running_loop()
        if not loop._deleting:
            caller = sys._getframe(1)
            places.add(CodeLocation(Path(caller.f_code.co_filename).name, caller.f_lineno))
        return wait(*args, **kwargs)

    return noted
