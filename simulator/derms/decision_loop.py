"""Decides on messages when they fall due, many in one transaction, and passes the answers on to the courier."""

import asyncio
import contextlib
import logging
import sqlite3
import time
from typing import NoReturn

from simulator.derms.grid_model.processing import MessageProcessor
from simulator.derms.messages import MessageRepository
from simulator.shared.callbacks import CallbackSender
from simulator.shared.faults import FaultControl, Faults
from simulator.shared.store import Store

_MAX_BATCH_SIZE = 100
_MIN_WAIT_SECONDS = 0.02
_STORE_ERROR_PAUSE_SECONDS = 1.0

_log = logging.getLogger("simulator.derms.decision_loop")


class DecisionLoop:
    """The store is its only list of work, so that a kill -9 loses nothing. Idle while the mode is `never`."""

    def __init__(
        self,
        store: Store,
        messages: MessageRepository,
        settlement: MessageProcessor,
        faults: FaultControl[Faults],
        courier: CallbackSender,
    ) -> None:
        self._store = store
        self._messages = messages
        self._settlement = settlement
        self._faults = faults
        self._courier = courier
        self._wake_up = asyncio.Event()
        self._idle = True
        faults.on_change(self._wake_up.set)

    def notify(self) -> None:
        """A message came in. Wakes only an idle clerk: a busy one comes by anyway, and decides on many together."""
        if self._idle:
            self._wake_up.set()

    async def run(self) -> NoReturn:
        while True:
            try:
                await self._wait_until_due()
                self._decide_due()
            except sqlite3.Error:
                _log.exception("The store failed; trying again")
                await asyncio.sleep(_STORE_ERROR_PAUSE_SECONDS)

    async def _wait_until_due(self) -> None:
        self._wake_up.clear()
        due = None if self._faults.current.acknowledge == "never" else self._messages.get_next_due_time()
        self._idle = due is None
        wait = None if due is None else max(due - time.time(), _MIN_WAIT_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._wake_up.wait()

    def _decide_due(self) -> None:
        if self._faults.current.acknowledge == "never":
            return
        told: list[str] = []
        with self._store.transaction():
            for taken in self._messages.list_due(time.time(), _MAX_BATCH_SIZE):
                lost = self._faults.should_inject(self._faults.current.lost_acknowledgement_share)
                self._settlement.process(taken, taken.parse(), "lost" if lost else "waiting")
                if not lost:
                    told.append(taken.message_id)
        self._courier.enqueue(told)
