"""The endpoint that head-ends call with their answers."""

from fastapi import APIRouter

from api.auth import AsHeadEnd
from api.bodies.head_end import HeadEndAnswersReceivedView
from api.context import InContext
from connectors.head_end.wire import Answers
from operations.field_work import head_end_requests
from operations.field_work.head_end_requests import HeadEndAnswer
from operations.platform.database import transaction

router = APIRouter(prefix="/v1/head-end", tags=["device setup"])


@router.post("/answers", status_code=202)
async def receive_head_end_answers(body: Answers, scope: AsHeadEnd, context: InContext) -> HeadEndAnswersReceivedView:
    """Receive answers from a head-end. The first answer to each request counts, and its workflow is notified."""
    answers = [HeadEndAnswer.model_validate(one.model_dump()) for one in body.answers]
    async with transaction(context.sessions) as session:
        new = await head_end_requests.receive_answers(session, scope, answers)
    context.deliver(session)
    return HeadEndAnswersReceivedView(received=len(answers), new=new)
