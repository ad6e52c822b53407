"""Delivering a start or a signal to its workflow. Delivering the same one twice changes nothing."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Literal

from temporalio.api.errordetails.v1 import NamespaceNotFoundFailure
from temporalio.client import Client
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from connectors.temporal.client import TASK_QUEUE
from models.messages.workflow_start import StartPayload

_RPC_TIMEOUT = timedelta(seconds=5)


class DeliveryOutcome(StrEnum):
    """The outcome of one attempt to deliver a message."""

    DELIVERED = "delivered"
    WORKFLOW_ENDED = "workflow_ended"
    UNAVAILABLE = "unavailable"
    """Temporal accepts nothing now; the message may arrive later."""
    UNPREPARED = "unprepared"
    """The namespace does not know our search attributes; once they are registered, the message will arrive."""
    REFUSED = "refused"
    """Temporal will never accept this message."""


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """The outcome, and the error that Temporal gave; never what was sent."""

    outcome: DeliveryOutcome
    error: str = ""


async def deliver(
    client: Client, kind: Literal["start", "signal"], workflow_id: str, name: str, payload: dict[str, Any]
) -> DeliveryResult:
    """Starts or signals a workflow, and returns the outcome. A malformed payload may raise any error."""
    try:
        if kind == "start":
            await _start(client, workflow_id, name, payload)
        else:
            handle = client.get_workflow_handle(workflow_id)
            await handle.signal(name, payload, rpc_timeout=_RPC_TIMEOUT)
    except WorkflowAlreadyStartedError:
        return DeliveryResult(DeliveryOutcome.DELIVERED)
    except RPCError as error:
        return _classify_error(error, kind)
    except RuntimeError:
        # A lazy client that cannot connect raises this.
        return DeliveryResult(DeliveryOutcome.UNAVAILABLE, "No Temporal server answers.")
    return DeliveryResult(DeliveryOutcome.DELIVERED)


def _classify_error(error: RPCError, kind: Literal["start", "signal"]) -> DeliveryResult:
    text = f"{error.status.name}: {error.message}"
    match error.status:
        # Both a missing namespace and a missing workflow are NOT_FOUND; only the details distinguish them.
        case RPCStatusCode.NOT_FOUND if kind == "start" or _is_namespace_missing(error):
            return DeliveryResult(DeliveryOutcome.UNAVAILABLE, text)
        case RPCStatusCode.NOT_FOUND if "already completed" in error.message:
            return DeliveryResult(DeliveryOutcome.WORKFLOW_ENDED, text)
        case RPCStatusCode.INVALID_ARGUMENT if "no mapping defined for search attribute" in error.message:
            return DeliveryResult(DeliveryOutcome.UNPREPARED, text)
        case RPCStatusCode.NOT_FOUND | RPCStatusCode.INVALID_ARGUMENT:
            return DeliveryResult(DeliveryOutcome.REFUSED, text)
        # A rate limit has the same status as a message that is too large for gRPC.
        case RPCStatusCode.RESOURCE_EXHAUSTED if "larger than max" in error.message:
            return DeliveryResult(DeliveryOutcome.REFUSED, text)
        case _:
            return DeliveryResult(DeliveryOutcome.UNAVAILABLE, text)


def _is_namespace_missing(error: RPCError) -> bool:
    status = error.grpc_status
    return any(detail.Is(NamespaceNotFoundFailure.DESCRIPTOR) for detail in (status.details if status else ()))


async def _start(client: Client, workflow_id: str, name: str, payload: dict[str, Any]) -> None:
    start = StartPayload.model_validate(payload)
    attributes = [
        SearchAttributePair(SearchAttributeKey.for_keyword(key), value) for key, value in start.attributes.items()
    ]
    # A repair may start a workflow again that was terminated or failed, never one that has completed.
    again = WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY
    await client.start_workflow(
        name,
        start.input,
        id=workflow_id,
        task_queue=TASK_QUEUE,
        id_reuse_policy=again if start.again else WorkflowIDReusePolicy.REJECT_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        search_attributes=TypedSearchAttributes(attributes),
        static_summary=start.summary,
        static_details=start.details,
        rpc_timeout=_RPC_TIMEOUT,
    )
