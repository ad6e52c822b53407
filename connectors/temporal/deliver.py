"""Bringing a start or a signal to its flow. Bringing the same one twice changes nothing."""

from datetime import timedelta
from enum import StrEnum
from typing import Any, Literal

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

_PATIENCE = timedelta(seconds=5)


class Delivered(StrEnum):
    """What became of it."""

    ARRIVED = "arrived"
    NO_SUCH_FLOW = "no_such_flow"
    LATER = "later"


async def deliver(
    client: Client, kind: Literal["start", "signal"], workflow_id: str, name: str, payload: dict[str, Any]
) -> Delivered:
    """Starts or signals; `LATER` when Temporal is away, and the caller keeps what it has."""
    try:
        if kind == "start":
            await _start(client, workflow_id, name, payload)
        else:
            handle = client.get_workflow_handle(workflow_id)
            await handle.signal(name, payload, rpc_timeout=_PATIENCE)
    except WorkflowAlreadyStartedError:
        return Delivered.ARRIVED
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return Delivered.NO_SUCH_FLOW
        return Delivered.LATER
    except RuntimeError:
        # A lazy client that cannot connect says so with this.
        return Delivered.LATER
    return Delivered.ARRIVED


async def _start(client: Client, workflow_id: str, name: str, payload: dict[str, Any]) -> None:
    attributes = [
        SearchAttributePair(SearchAttributeKey.for_keyword(key), value) for key, value in payload["attributes"].items()
    ]
    # A repair may start a flow again that was broken off, never one that came to its end.
    again = WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY
    await client.start_workflow(
        name,
        payload["input"],
        id=workflow_id,
        task_queue=TASK_QUEUE,
        id_reuse_policy=again if payload.get("again") else WorkflowIDReusePolicy.REJECT_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        search_attributes=TypedSearchAttributes(attributes),
        static_summary=payload["summary"],
        static_details=payload["details"],
        rpc_timeout=_PATIENCE,
    )
