"""Sends answers to the callback address: many in one POST, and again until the other side accepts them."""

import asyncio
import contextlib
import logging
import sqlite3
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn, Protocol

import httpx

from simulator.shared.signature import build_signature_headers

_TIMEOUT_SECONDS = 10
_MAX_BATCH_SIZE = 100
_FIRST_RETRY_SECONDS = 0.1
_MAX_RETRY_SECONDS = 5.0
_REORDER_WINDOW_SECONDS = 0.5
_STORE_ERROR_PAUSE_SECONDS = 1.0
_RETRYABLE_STATUSES = frozenset({408, 429})

_log = logging.getLogger("simulator.callbacks")

CallbackState = Literal["none", "waiting", "delivered", "lost", "undeliverable"]
Answer = tuple[str, bytes]
"""The id of a message or request, and its answer as JSON."""


class CallbackOutbox(Protocol):
    """The stored answers that a sender reads and marks."""

    def list_waiting(self) -> list[str]:
        """Returns the ids whose answers wait for their callback, the oldest first."""
        ...

    def list_answers(self, ids: Iterable[str]) -> list[Answer]:
        """Returns the answers of these ids, in the same order."""
        ...

    def record_delivery(self, sent: Sequence[Answer], outcome: CallbackState, *, posts: int) -> None:
        """Records the outcome of a delivery and the number of successful POSTs, in one transaction."""
        ...


@dataclass(frozen=True, slots=True)
class CallbackTarget:
    """Where the answers go. `field` is the name of their list in the body."""

    url: str
    secret: str
    field: str


def build_http_client() -> httpx.AsyncClient:
    """Builds the client for callbacks. It ignores proxy settings: both programs run on one machine or network."""
    return httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False)


def _never() -> bool:
    return False


class CallbackSender:
    """Sends the answers that wait in the store. Its queue is only a copy, which each start reads anew."""

    def __init__(
        self,
        outbox: CallbackOutbox,
        http: httpx.AsyncClient,
        target: CallbackTarget,
        is_duplicating: Callable[[], bool],
        is_reordering: Callable[[], bool] = _never,
    ) -> None:
        self._outbox = outbox
        self._http = http
        self._target = target
        self._is_duplicating = is_duplicating
        self._is_reordering = is_reordering
        self._queue = deque(outbox.list_waiting())
        self._queue_changed = asyncio.Event()
        self._batch_lock = asyncio.Lock()

    def enqueue(self, ids: Iterable[str]) -> None:
        """Adds the answers of these ids to the queue."""
        self._queue.extend(ids)
        self._queue_changed.set()

    async def run(self) -> NoReturn:
        """Runs one sender until it is cancelled."""
        while True:
            batch = await self._next_batch()
            try:
                await self._deliver(batch)
            except sqlite3.Error:
                _log.exception("The store failed; sending the same answers again")
                await asyncio.sleep(_STORE_ERROR_PAUSE_SECONDS)
                self.enqueue(batch)

    async def _next_batch(self) -> list[str]:
        async with self._batch_lock:
            await self._wait_until_queued(1)
            if self._is_reordering():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_REORDER_WINDOW_SECONDS):
                        await self._wait_until_queued(2)
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), _MAX_BATCH_SIZE))]
            return batch[::-1] if self._is_reordering() else batch

    async def _wait_until_queued(self, count: int) -> None:
        while len(self._queue) < count:
            self._queue_changed.clear()
            await self._queue_changed.wait()

    async def _deliver(self, ids: Sequence[str]) -> None:
        sent = self._outbox.list_answers(ids)
        if not sent:
            return
        body = f'{{"{self._target.field}":['.encode() + b",".join(answer for _, answer in sent) + b"]}"
        posts = 2 if self._is_duplicating() else 1
        outcomes: list[CallbackState] = [await self._post_until_accepted(body) for _ in range(posts)]
        self._outbox.record_delivery(sent, outcomes[-1], posts=outcomes.count("delivered"))

    async def _post_until_accepted(self, body: bytes) -> CallbackState:
        """Posts until the other side accepts the body, or refuses it for good."""
        url, delivery_id = self._target.url, f"cbk_{uuid.uuid4().hex}"
        pause = _FIRST_RETRY_SECONDS
        while True:
            status = await self._post(delivery_id, body)
            if 200 <= status < 300:
                return "delivered"
            if 400 <= status < 500 and status not in _RETRYABLE_STATUSES:
                _log.error("Callbacks are undeliverable: %s responds with status %s", url, status)
                return "undeliverable"
            if pause == _FIRST_RETRY_SECONDS:
                _log.warning("%s does not accept callbacks (%s); trying until it does", url, status or "no response")
            await asyncio.sleep(pause)
            pause = min(pause * 2, _MAX_RETRY_SECONDS)

    async def _post(self, delivery_id: str, body: bytes) -> int:
        """Returns the status of the response; 0 without one."""
        signature = build_signature_headers(self._target.secret, delivery_id, time.time(), body)
        headers = {"content-type": "application/json", **signature}
        try:
            response = await self._http.post(self._target.url, content=body, headers=headers)
        except httpx.TransportError:
            return 0
        return response.status_code
