"""The loop that processes what has fallen due."""

import asyncio
import contextlib
import logging
import math
import sqlite3
import time
from collections.abc import Callable
from typing import NoReturn

_MIN_WAIT_SECONDS = 0.02
_STORE_ERROR_PAUSE_SECONDS = 1.0

_log = logging.getLogger("simulator.due_loop")


class DueLoop:
    """Waits until something falls due, processes it, and waits again.

    It keeps no list of its own: both functions read the store, so that a kill -9 loses nothing.
    """

    def __init__(self, get_next_due_time: Callable[[], float | None], process_due: Callable[[float], None]) -> None:
        self._get_next_due_time = get_next_due_time
        self._process_due = process_due
        self._wake_up = asyncio.Event()
        self._next_look = math.inf

    def wake(self) -> None:
        """Makes the loop look again now, because something may fall due earlier than it seemed."""
        self._wake_up.set()

    def expect(self, due_time: float) -> None:
        """Makes sure that the loop looks again soon after this time. A look that is planned already stays, so that a
        busy loop processes many together."""
        if due_time + _MIN_WAIT_SECONDS < self._next_look:
            self._wake_up.set()

    async def run(self) -> NoReturn:
        """Runs until it is cancelled."""
        while True:
            try:
                await self._wait_until_due()
                self._process_due(time.time())
            except sqlite3.Error:
                _log.exception("The store failed; trying again")
                await asyncio.sleep(_STORE_ERROR_PAUSE_SECONDS)

    async def _wait_until_due(self) -> None:
        self._wake_up.clear()
        due_time = self._get_next_due_time()
        earliest = time.time() + _MIN_WAIT_SECONDS
        self._next_look = math.inf if due_time is None else max(due_time, earliest)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if due_time is None else self._next_look - time.time()):
                await self._wake_up.wait()
