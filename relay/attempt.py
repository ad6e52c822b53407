"""One attempt to deliver a message, whatever happens to it: a row that cannot be read never stops the others."""

import structlog
from temporalio.client import Client

from connectors.temporal.deliver import DeliveryOutcome, DeliveryResult, deliver
from operations.platform.outbox import Delivery

log = structlog.get_logger()

MAX_ATTEMPTS_ON_FAULT = 5
"""A message on which our own code fails is tried so often; then it is undeliverable."""


async def try_deliver(client: Client, one: Delivery) -> DeliveryResult | None:
    """Returns what Temporal made of the message, or None if our own code failed on it."""
    try:
        return await deliver(client, one.kind, one.workflow_id, one.name, one.payload)
    except Exception as error:
        fault = type(error).__name__
        log.error("a message cannot be delivered", message=one.id, workflow=one.workflow_id, name=one.name, error=fault)
        if one.attempts < MAX_ATTEMPTS_ON_FAULT:
            return None
        return DeliveryResult(DeliveryOutcome.REFUSED, f"The message could not be read: {fault}.")
