"""Finds the wait points in the workflows' code: for a signal, for a timer, for an activity."""

import ast
import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
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
STEP_CALLS = ("run_step", "run_step_unless", "_run_step", "mark", "mark_and_wait", "retry_until_done")
"""The methods that run a step on our own record. The step's place is where one of these is called."""
_STEP_MODULE = "record.py"


class CodeLocation(NamedTuple):
    """A file and a line."""

    file: str
    line: int


def find_wait_points() -> set[CodeLocation]:
    """Return every place at which a workflow may wait."""
    paths = [path for folder in workflows.__path__ for path in Path(folder).rglob("*.py") if path.name != _STEP_MODULE]
    return {
        CodeLocation(path.name, line) for path in paths for line in _lines(ast.parse(path.read_text(encoding="utf-8")))
    }


def _lines(node: ast.AST) -> Iterator[int]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.AsyncFunctionDef) and child.name in STEP_CALLS:
            continue
        if isinstance(child, ast.Call) and _may_wait(ast.unparse(child.func)):
            yield child.lineno
        yield from _lines(child)


def _may_wait(function: str) -> bool:
    module, _, name = function.rpartition(".")
    return name in WAIT_CALLS if module == "workflow" else name in STEP_CALLS


def find_caller() -> CodeLocation:
    """Return where the workflow waits, for a function that stands in for one of WAIT_CALLS."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_back is not None and _is_step_call(frame):
        frame = frame.f_back
    assert frame is not None
    return CodeLocation(Path(frame.f_code.co_filename).name, frame.f_lineno)


def _is_step_call(frame: FrameType) -> bool:
    return Path(frame.f_code.co_filename).name == _STEP_MODULE or frame.f_code.co_name in STEP_CALLS


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
            places.add(find_caller())
        return wait(*args, **kwargs)

    return noted
