"""What every test may count on: an `async def` test runs, each in an event loop of its own; slow ones are marked so."""

import asyncio
import inspect
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_SLOW = frozenset({"chaos", "e2e", "integration"})
"""Folders whose tests need a whole stack, or start and stop one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what `make quick` leaves out."""
    for item in items:
        if item.path.relative_to(_HERE).parts[0] in _SLOW:
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Runs a coroutine test to its end; any other is left to pytest."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True
