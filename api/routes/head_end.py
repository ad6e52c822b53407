"""Where head-ends answer."""

from fastapi import APIRouter

from api.auth import AsHeadEnd
from api.context import InContext
from api.shipment_bodies import HeadEndAnswersReceivedView
from connectors.head_end.wire import Answers
from operations.field_work import head_end_requests
from operations.field_work.head_end_requests import HeadEndAnswer
from operations.platform import outbox
from operations.platform.database import transaction

router = APIRouter(prefix="/v1/head-end", tags=["device setup"])


@router.post("/answers", status_code=202)
async def receive_head_end_answers(body: Answers, scope: AsHeadEnd, context: InContext) -> HeadEndAnswersReceivedView:
    """Take answers in: the first to each request stands, and its flow is told."""
    answers = [HeadEndAnswer.model_validate(one.model_dump()) for one in body.answers]
    async with transaction(context.sessions) as session:
        new = await head_end_requests.receive_answers(session, scope, answers)
    context.courier.enqueue(outbox.pop_deliveries(session))
    return HeadEndAnswersReceivedView(received=len(answers), new=new)
