"""One attempt to deliver a message of the outbox. A message that cannot be read never stops the others."""

import structlog
from temporalio.client import Client

from connectors.temporal.deliver import DeliveryOutcome, DeliveryResult, deliver
from operations.platform.outbox import Delivery

log = structlog.get_logger()

MAX_ATTEMPTS_ON_FAULT = 5
"""A message on which our own code fails is undeliverable after so many attempts."""


async def try_deliver(client: Client, one: Delivery) -> DeliveryResult | None:
    """Returns the result of the delivery; None if our own code failed, and the message is to be tried again."""
    try:
        return await deliver(client, one.kind, one.workflow_id, one.name, one.payload)
    except Exception as error:
        fault = type(error).__name__
        log.error("a message cannot be delivered", message=one.id, workflow=one.workflow_id, name=one.name, error=fault)
        if one.attempts < MAX_ATTEMPTS_ON_FAULT:
            return None
        return DeliveryResult(DeliveryOutcome.REFUSED, f"The message could not be read: {fault}.")
