"""The endpoint that the DERMS calls with its acknowledgements."""

from fastapi import APIRouter

from api.auth import AsDerms
from api.bodies.derms import AcknowledgementsReceivedView
from api.context import InContext
from connectors.derms.wire import Acknowledgements
from models.messages.synchronization import DermsAcknowledgement
from operations.platform import inbox
from operations.platform.database import transaction

router = APIRouter(prefix="/v1/derms", tags=["derms"])


@router.post("/acknowledgements", status_code=202)
async def receive_acknowledgements(
    body: Acknowledgements, scope: AsDerms, context: InContext
) -> AcknowledgementsReceivedView:
    """Receive acknowledgements from the DERMS. Each one is stored once, and its workflow is notified."""
    acknowledgements = [DermsAcknowledgement.model_validate(one.model_dump()) for one in body.acknowledgements]
    async with transaction(context.sessions) as session:
        new = await inbox.receive_acknowledgements(session, acknowledgements)
    context.deliver(session)
    return AcknowledgementsReceivedView(received=len(acknowledgements), new=new)
