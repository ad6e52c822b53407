"""The calls to a head-end, for every workflow that asks something of a device."""

from datetime import timedelta

from temporalio import activity

from connectors.head_end.protocol import DeviceRequest, HeadEnd
from connectors.head_end.wire import Answer
from models.messages.head_end import HeadEndRequestProgress, SendHeadEndRequest
from models.scope import SystemScope
from models.states.head_end import HeadEndOutcome, HeadEndRequestState
from operations.field_work import head_end_requests
from operations.field_work.head_end_requests import OPEN_STATES, HeadEndAnswer
from operations.platform.database import Sessions, transaction

_SCOPE = SystemScope(actor="head-end")


class HeadEndActivities:
    """Runs on the worker's database and the head-end. `answer_within`: how long a workflow waits for an answer."""

    def __init__(self, sessions: Sessions, head_end: HeadEnd, answer_within: timedelta) -> None:
        self._sessions = sessions
        self._head_end = head_end
        self._answer_within = answer_within.total_seconds()

    @activity.defn(name="ask_head_end")
    async def send_head_end_request(self, request: SendHeadEndRequest) -> HeadEndRequestProgress:
        """Send a request to the head-end; sending it again is harmless. A request that was answered meanwhile is not
        sent, nor one that was given up while the head-end was down: nobody wants its effect on the device any more."""
        to_send, state, outcome = await self._load_request(request.request_id)
        if state not in OPEN_STATES:
            return HeadEndRequestProgress(outcome=outcome)
        answer = await self._head_end.send(to_send)
        if answer is None:
            async with transaction(self._sessions) as session:
                await head_end_requests.record_sent(session, _SCOPE, request.request_id)
            return HeadEndRequestProgress(answer_within_seconds=self._answer_within)
        return await self._record_answer(answer)

    @activity.defn(name="ask_what_came")
    async def get_head_end_answer(self, request: SendHeadEndRequest) -> HeadEndRequestProgress:
        """Ask the head-end about a request that it has not answered."""
        sent, *_ = await self._load_request(request.request_id)
        answer = await self._head_end.get_answer(sent)
        return HeadEndRequestProgress() if answer is None else await self._record_answer(answer)

    async def _load_request(self, request_id: str) -> tuple[DeviceRequest, HeadEndRequestState, HeadEndOutcome | None]:
        """Return the request, its state in our record, and its answer if there is one."""
        async with transaction(self._sessions) as session:
            row = await head_end_requests.get_request(session, request_id)
            sent = DeviceRequest(
                request_id=row.id,
                kind=row.kind,
                head_end=row.head_end,
                manufacturer=row.manufacturer,
                serial_number=row.serial_number,
                nic_id=row.nic_id,
            )
            return sent, row.state, HeadEndOutcome(row.outcome) if row.outcome else None

    async def _record_answer(self, answer: Answer) -> HeadEndRequestProgress:
        async with transaction(self._sessions) as session:
            recorded = HeadEndAnswer.model_validate(answer.model_dump())
            await head_end_requests.receive_answers(session, _SCOPE, [recorded], notify_workflows=False)
        return HeadEndRequestProgress(outcome=answer.outcome)
