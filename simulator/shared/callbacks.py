"""Carries acknowledgements to the callback address: many in one POST, again and again until they are taken."""

import asyncio
import contextlib
import logging
import sqlite3
import time
import uuid
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NoReturn

import httpx

from simulator.derms.messages import CallbackState, MessageRepository
from simulator.shared.faults import FaultControl, Faults
from simulator.shared.signature import build_signature_headers
from simulator.shared.store import Store

SENDER_COUNT = 4
_MAX_BATCH_SIZE = 100
_FIRST_RETRY_SECONDS = 0.1
_MAX_RETRY_SECONDS = 5.0
_REORDER_WINDOW_SECONDS = 0.5
_STORE_ERROR_PAUSE_SECONDS = 1.0
_RETRYABLE_STATUSES = frozenset({408, 429})

_log = logging.getLogger("simulator.shared.callbacks")

Sent = Sequence[tuple[str, bytes]]


class CallbackSender:
    """What is to be carried stands in the store; the queue here is only its copy, read anew on each start."""

    def __init__(
        self,
        store: Store,
        messages: MessageRepository,
        faults: FaultControl[Faults],
        http: httpx.AsyncClient,
        address: str,
        secret: str,
    ) -> None:
        self._store = store
        self._messages = messages
        self._faults = faults
        self._http = http
        self._address = address
        self._secret = secret
        self._queue = deque(messages.list_waiting())
        self._arrival = asyncio.Event()
        self._taking = asyncio.Lock()

    def enqueue(self, message_ids: Iterable[str]) -> None:
        """Has the acknowledgements of these messages delivered."""
        self._queue.extend(message_ids)
        self._arrival.set()

    async def run(self) -> NoReturn:
        """One carrier; there are CARRIERS of them, which bounds the POSTs in flight."""
        while True:
            batch = await self._next_batch()
            try:
                await self._deliver(batch)
            except sqlite3.Error:
                _log.exception("The store failed; carrying the same again")
                await asyncio.sleep(_STORE_ERROR_PAUSE_SECONDS)
                self.enqueue(batch)

    async def _next_batch(self) -> list[str]:
        async with self._taking:
            await self._wait_until_queued(1)
            if self._faults.current.reorder_acknowledgements:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_REORDER_WINDOW_SECONDS):
                        await self._wait_until_queued(2)
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), _MAX_BATCH_SIZE))]
            return batch[::-1] if self._faults.current.reorder_acknowledgements else batch

    async def _wait_until_queued(self, number: int) -> None:
        while len(self._queue) < number:
            self._arrival.clear()
            await self._arrival.wait()

    async def _deliver(self, message_ids: Sequence[str]) -> None:
        sent = self._messages.list_acknowledgements(message_ids)
        body = b'{"acknowledgements":[' + b",".join(acknowledgement for _, acknowledgement in sent) + b"]}"
        posts = 2 if self._faults.current.duplicate_acknowledgements else 1
        outcomes: list[CallbackState] = [await self._post_until_accepted(body) for _ in range(posts)]
        with self._store.transaction():
            self._messages.record_delivery(sent, outcomes[-1], posts=outcomes.count("delivered"))

    async def _post_until_accepted(self, body: bytes) -> CallbackState:
        """Until the other side takes it, or says that it never will."""
        delivery_id = f"cbk_{uuid.uuid4().hex}"
        pause = _FIRST_RETRY_SECONDS
        while True:
            status = await self._post(delivery_id, body)
            if 200 <= status < 300:
                return "delivered"
            if 400 <= status < 500 and status not in _RETRYABLE_STATUSES:
                _log.error("Acknowledgements are undeliverable: %s answers %s", self._address, status)
                return "undeliverable"
            if pause == _FIRST_RETRY_SECONDS:
                _log.warning("Acknowledgements are not taken (%s); trying until they are", status or "no answer")
            await asyncio.sleep(pause)
            pause = min(pause * 2, _MAX_RETRY_SECONDS)

    async def _post(self, delivery_id: str, body: bytes) -> int:
        """The status answered; 0 when nobody answered."""
        headers = {
            "content-type": "application/json",
            **build_signature_headers(self._secret, delivery_id, time.time(), body),
        }
        try:
            response = await self._http.post(self._address, content=body, headers=headers)
        except httpx.TransportError:
            return 0
        return response.status_code
