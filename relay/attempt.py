"""One attempt to deliver a message, whatever happens to it: a row that cannot be read never stops the others."""

import structlog
from temporalio.client import Client

from connectors.temporal.deliver import Outcome, Result, deliver
from operations.outbox import Delivery

log = structlog.get_logger()

TRIES_OF_A_FAULT = 5
"""A message on which our own code fails is tried so often; then it is undeliverable."""


async def attempt(client: Client, one: Delivery) -> Result | None:
    """Returns what Temporal made of the message, or None if our own code failed on it."""
    try:
        return await deliver(client, one.kind, one.workflow_id, one.name, one.payload)
    except Exception as error:
        fault = type(error).__name__
        log.error("a message cannot be delivered", message=one.id, workflow=one.workflow_id, name=one.name, error=fault)
        if one.attempts < TRIES_OF_A_FAULT:
            return None
        return Result(Outcome.REFUSED, f"The message could not be read: {fault}.")
