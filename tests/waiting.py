"""How long tests wait, in one place: machines may be slow and busy.

A long timeout costs nothing when all is well. A failed wait says what it waited for, and what there was instead.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

T = TypeVar("T")

WAIT_SECONDS = 240.0
"""For one thing: an answer, a state, the end of a process."""
CHAOS_WAIT_SECONDS = 1200.0
"""For hundreds of things, as the tests in tests/chaos wait for."""
_FIRST_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 0.2
_LONGEST_TEXT = 2000


def wait_for(what: Callable[[], T], *, instead: Callable[[], object] | None = None, seconds: float = WAIT_SECONDS) -> T:
    """Return the first true value; the pauses between attempts grow.

    `instead` returns what there is for the message of a failed wait; without it, the message shows the last value.
    """
    end, pause = time.monotonic() + seconds, _FIRST_PAUSE_SECONDS
    while not (found := what()):
        if time.monotonic() > end:
            there = instead() if instead else found
            raise AssertionError(f"waited {seconds:.0f} s for {_describe(what)}; there was {_shorten(there)}")
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
    return found


async def wait_until(look: Callable[[], Awaitable[T]], holds: Callable[[T], bool], wanted: object) -> T:
    """Return the first value for which the condition holds; `wanted` describes it in the message of a failed wait."""
    seen: object = "nothing: nobody answered"
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            pause = _FIRST_PAUSE_SECONDS
            while not holds(found := await look()):
                seen = found
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
            return found
    except TimeoutError:
        raise AssertionError(f"waited {WAIT_SECONDS:.0f} s for {wanted}; there was {_shorten(seen)}") from None


async def wait_for_result(answer: Awaitable[T], wanted: object) -> T:
    """Return the result of an awaitable, or fail after the timeout."""
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            return await answer
    except TimeoutError:
        raise AssertionError(f"waited {WAIT_SECONDS:.0f} s for {wanted} in vain") from None


def _describe(what: Callable[[], Any]) -> str:
    """Return the source of the condition, and the values that it refers to."""
    try:
        source = " ".join(inspect.getsource(what).split())
        values = inspect.getclosurevars(what).nonlocals
    except (OSError, TypeError):
        return repr(what)
    return f"`{source}` with {_shorten(values)}" if values else f"`{source}`"


def _shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
