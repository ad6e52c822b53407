"""Where the DERMS acknowledges."""

from fastapi import APIRouter

from api.auth import AsDerms
from api.bodies import AcknowledgementsTaken
from api.context import InContext
from connectors.derms.wire import Acknowledgements
from models.messages.synchronize import Acknowledged
from operations import inbox, outbox
from operations.database import transaction

router = APIRouter(prefix="/v1/derms", tags=["derms"])


@router.post("/acknowledgements", status_code=202)
async def acknowledge(body: Acknowledgements, scope: AsDerms, context: InContext) -> AcknowledgementsTaken:
    """Take acknowledgements in: each is kept once, whatever it says, and its flow is told."""
    answers = [Acknowledged.model_validate(one.model_dump()) for one in body.acknowledgements]
    async with transaction(context.sessions) as session:
        new = await inbox.receive(session, answers)
    context.courier.take(outbox.written(session))
    return AcknowledgementsTaken(received=len(answers), new=new)
