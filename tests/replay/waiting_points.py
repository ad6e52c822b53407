"""The places in the flows' code where a flow waits: for a message, for time to pass, for a step to be done."""

import ast
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from temporalio import workflow

import workflows

WAITS = (
    "wait_condition",
    "sleep",
    "execute_activity_method",
    "execute_local_activity_method",
    "start_activity_method",
    "start_local_activity_method",
)


class Place(NamedTuple):
    """A file and a line of it."""

    file: str
    line: int


def in_the_code() -> set[Place]:
    """Every place at which a flow may wait."""
    paths = [path for folder in workflows.__path__ for path in Path(folder).glob("*.py")]
    return {Place(path.name, line) for path in paths for line in _lines(ast.parse(path.read_text(encoding="utf-8")))}


def _lines(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {f"workflow.{name}" for name in WAITS}:
            yield node.lineno


@contextmanager
def noticed() -> Iterator[set[Place]]:
    """The places at which flows wait while the block lasts."""
    places: set[Place] = set()
    with pytest.MonkeyPatch.context() as patch:
        for name in WAITS:
            patch.setattr(workflow, name, _noting(getattr(workflow, name), places))
        yield places


def _noting(wait: Callable[..., Any], places: set[Place]) -> Callable[..., Any]:
    def noted(*args: Any, **kwargs: Any) -> Any:
        caller = sys._getframe(1)
        places.add(Place(Path(caller.f_code.co_filename).name, caller.f_lineno))
        return wait(*args, **kwargs)

    return noted
