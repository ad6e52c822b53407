"""Where head-ends answer."""

from fastapi import APIRouter

from api.auth import AsHeadEnd
from api.context import InContext
from api.shipment_bodies import AnswersTaken
from connectors.head_end.wire import Answers
from operations import head_end_requests, outbox
from operations.database import transaction
from operations.head_end_requests import HeadEndAnswer

router = APIRouter(prefix="/v1/head-end", tags=["device setup"])


@router.post("/answers", status_code=202)
async def answer(body: Answers, scope: AsHeadEnd, context: InContext) -> AnswersTaken:
    """Take answers in: the first to each request stands, and its flow is told."""
    answers = [HeadEndAnswer.model_validate(one.model_dump()) for one in body.answers]
    async with transaction(context.sessions) as session:
        new = await head_end_requests.receive(session, scope, answers)
    context.courier.take(outbox.written(session))
    return AnswersTaken(received=len(answers), new=new)
