"""Receives requests for devices and answers them, at once or when they fall due."""

import time

from simulator.head_end.devices import DeviceRepository, Operation
from simulator.head_end.faults import Faults
from simulator.head_end.requests import RequestRepository, StoredRequest
from simulator.shared.callbacks import CallbackSender, CallbackState
from simulator.shared.contract import Document
from simulator.shared.due_loop import DueLoop
from simulator.shared.faults import FaultControl
from simulator.shared.store import Store

_MAX_BATCH_SIZE = 100


class RequestInbox:
    """Each step is one transaction. The mode `never` only stores requests; `loop` answers them later."""

    def __init__(
        self,
        store: Store,
        requests: RequestRepository,
        devices: DeviceRepository,
        faults: FaultControl[Faults],
        callbacks: CallbackSender,
    ) -> None:
        self._store = store
        self._requests = requests
        self._devices = devices
        self._faults = faults
        self._callbacks = callbacks
        self.loop = DueLoop(self._get_next_due_time, self._answer_due)
        faults.on_change(self.loop.wake)

    def receive(self, document: Document, operation: Operation) -> StoredRequest | None:
        """Stores a request once, however often it comes; returns None if its key was used for another request."""
        due = time.time() + self._faults.current.answer_after_seconds
        with self._store.transaction():
            request = self._requests.receive(document, operation, due)
            if request is not None and request.answer is None and self._should_answer_at_once(request):
                request = request._replace(answer=self._answer(request, "none"))
        self.loop.expect(due)
        return request

    def force_answer(self, request: StoredRequest, outcome: str, text: str) -> bytes:
        """Sends an answer by callback now, whatever the state of the device is."""
        answer = self._requests.record_answer(request, outcome, text, "waiting")
        self._callbacks.enqueue([request.request_id])
        return answer

    def _should_answer_at_once(self, request: StoredRequest) -> bool:
        return self._faults.current.answer == "at_once" and self._devices.get_state(request.device_key) != "silent"

    def _answer(self, request: StoredRequest, callback: CallbackState) -> bytes:
        outcome, text = self._devices.perform(request.device_key, request.asked)
        return self._requests.record_answer(request, outcome, text, callback)

    def _get_next_due_time(self) -> float | None:
        return None if self._faults.current.answer == "never" else self._requests.get_next_due_time()

    def _answer_due(self, now: float) -> None:
        if self._faults.current.answer == "never":
            return
        answered: list[str] = []
        with self._store.transaction():
            for request in self._requests.list_due(now, _MAX_BATCH_SIZE):
                is_lost = self._faults.should_inject(self._faults.current.lost_answer_share)
                self._answer(request, "lost" if is_lost else "waiting")
                if not is_lost:
                    answered.append(request.request_id)
        self._callbacks.enqueue(answered)
