"""Configuration of all tests: coroutine tests run in an event loop each, and slow tests are marked."""

import asyncio
import inspect
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_SLOW = frozenset({"chaos", "e2e", "integration"})
"""Folders whose tests need a whole stack, or start and stop one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that `make quick` leaves out."""
    for item in items:
        if item.path.relative_to(_HERE).parts[0] in _SLOW:
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine test to its end; leave any other to pytest."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True
