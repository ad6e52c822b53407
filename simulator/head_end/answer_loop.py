"""Answers requests when they fall due, and tells the answers to the callback address until they are taken."""

import asyncio
import contextlib
import logging
import time
import uuid
from typing import NoReturn

import httpx

from simulator.head_end.devices import DeviceRepository
from simulator.head_end.faults import Faults
from simulator.head_end.requests import CallbackState, RequestRepository, StoredRequest
from simulator.head_end.store import HeadEndStore
from simulator.shared.faults import FaultControl
from simulator.shared.signature import build_signature_headers

_AT_ONCE = 100
_SHORTEST_WAIT_SECONDS = 0.02
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_WORTH_ANOTHER_TRY = frozenset({408, 429})

_log = logging.getLogger("simulator.head_end")


class AnswerLoop:
    """The store is its only list of work, so that a kill -9 loses nothing."""

    def __init__(
        self,
        store: HeadEndStore,
        requests: RequestRepository,
        devices: DeviceRepository,
        faults: FaultControl[Faults],
        http: httpx.AsyncClient,
        address: str,
        secret: str,
    ) -> None:
        self._store = store
        self._requests = requests
        self._devices = devices
        self._faults = faults
        self._http = http
        self._address = address
        self._secret = secret
        self._news = asyncio.Event()
        self._to_tell = asyncio.Event()
        self._to_tell.set()
        faults.on_change(self._news.set)

    def notify(self) -> None:
        """Something changed: a request came in, a device or an answer was set."""
        self._news.set()
        self._to_tell.set()

    def answer_now(self, asking: StoredRequest, callback: CallbackState) -> bytes:
        """What the device does, and the answer that follows."""
        with self._store.transaction():
            outcome, text = self._devices.perform(asking.device_key, asking.asked)
            return self._requests.record_answer(asking, outcome, text, callback)

    async def answer_due_requests(self) -> NoReturn:
        """Answers what is due, for ever. Idle while the mode is `never`."""
        while True:
            self._news.clear()
            mute = self._faults.current.answer == "never"
            due = None if mute else self._requests.get_next_due_time()
            wait = None if due is None else max(due - time.time(), _SHORTEST_WAIT_SECONDS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news.wait()
            if self._faults.current.answer != "never":
                for asking in self._requests.list_due(time.time(), _AT_ONCE):
                    lost = self._faults.should_inject(self._faults.current.lost_answer_share)
                    self.answer_now(asking, "lost" if lost else "waiting")
                self._to_tell.set()

    async def send_answers(self) -> NoReturn:
        """Carries answers, for ever."""
        while True:
            await self._to_tell.wait()
            self._to_tell.clear()
            while sent := self._requests.list_waiting(_AT_ONCE):
                body = b'{"answers":[' + b",".join(answer for _, answer in sent) + b"]}"
                posts = 2 if self._faults.current.duplicate_answers else 1
                outcomes: list[CallbackState] = [await self._post_until_accepted(body) for _ in range(posts)]
                self._requests.record_delivery(sent, outcomes[-1], posts=outcomes.count("delivered"))

    async def _post_until_accepted(self, body: bytes) -> CallbackState:
        """Until the other side takes it, or says that it never will."""
        delivery_id = f"cbk_{uuid.uuid4().hex}"
        pause = _FIRST_PAUSE_SECONDS
        while True:
            status = await self._post(delivery_id, body)
            if 200 <= status < 300:
                return "delivered"
            if 400 <= status < 500 and status not in _WORTH_ANOTHER_TRY:
                _log.error("Answers are undeliverable: %s answers %s", self._address, status)
                return "undeliverable"
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _post(self, delivery_id: str, body: bytes) -> int:
        """The status answered; 0 when nobody answered."""
        headers = {
            "content-type": "application/json",
            **build_signature_headers(self._secret, delivery_id, time.time(), body),
        }
        try:
            return (await self._http.post(self._address, content=body, headers=headers)).status_code
        except httpx.TransportError:
            return 0
