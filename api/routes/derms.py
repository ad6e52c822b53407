"""Where the DERMS acknowledges."""

from fastapi import APIRouter

from api.auth import AsDerms
from api.bodies import AcknowledgementsReceivedView
from api.context import InContext
from connectors.derms.wire import Acknowledgements
from models.messages.synchronization import DermsAcknowledgement
from operations.platform import inbox, outbox
from operations.platform.database import transaction

router = APIRouter(prefix="/v1/derms", tags=["derms"])


@router.post("/acknowledgements", status_code=202)
async def receive_acknowledgements(
    body: Acknowledgements, scope: AsDerms, context: InContext
) -> AcknowledgementsReceivedView:
    """Take acknowledgements in: each is kept once, whatever it says, and its flow is told."""
    answers = [DermsAcknowledgement.model_validate(one.model_dump()) for one in body.acknowledgements]
    async with transaction(context.sessions) as session:
        new = await inbox.receive_acknowledgements(session, answers)
    context.courier.enqueue(outbox.pop_deliveries(session))
    return AcknowledgementsReceivedView(received=len(answers), new=new)
