"""Decides on messages when they fall due, many in one transaction, and passes the answers on to the courier."""

import asyncio
import contextlib
import logging
import sqlite3
import time
from typing import NoReturn

from simulator.courier import Courier
from simulator.faults import FaultBoard, Faults
from simulator.messages import Messages
from simulator.settlement import Settlement
from simulator.store import Store

_AT_ONCE = 100
_SHORTEST_WAIT_SECONDS = 0.02
_AFTER_TROUBLE_SECONDS = 1.0

_log = logging.getLogger("simulator.clerk")


class Clerk:
    """The store is its only list of work, so that a kill -9 loses nothing. Idle while the mode is `never`."""

    def __init__(
        self, store: Store, messages: Messages, settlement: Settlement, faults: FaultBoard[Faults], courier: Courier
    ) -> None:
        self._store = store
        self._messages = messages
        self._settlement = settlement
        self._faults = faults
        self._courier = courier
        self._news = asyncio.Event()
        self._idle = True
        faults.when_changed(self._news.set)

    def expect(self) -> None:
        """A message came in. Wakes only an idle clerk: a busy one comes by anyway, and decides on many together."""
        if self._idle:
            self._news.set()

    async def run(self) -> NoReturn:
        while True:
            try:
                await self._until_due()
                self._decide_due()
            except sqlite3.Error:
                _log.exception("The store failed; trying again")
                await asyncio.sleep(_AFTER_TROUBLE_SECONDS)

    async def _until_due(self) -> None:
        self._news.clear()
        due = None if self._faults.now.acknowledge == "never" else self._messages.next_due()
        self._idle = due is None
        wait = None if due is None else max(due - time.time(), _SHORTEST_WAIT_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._news.wait()

    def _decide_due(self) -> None:
        if self._faults.now.acknowledge == "never":
            return
        told: list[str] = []
        with self._store.transaction():
            for taken in self._messages.due(time.time(), _AT_ONCE):
                lost = self._faults.strikes(self._faults.now.lost_acknowledgement_share)
                self._settlement.settle(taken, taken.message(), "lost" if lost else "waiting")
                if not lost:
                    told.append(taken.message_id)
        self._courier.carry(told)
