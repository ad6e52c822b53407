"""The one Temporal client of a process, and what every namespace needs before workflows run in it."""

import os
from typing import Any
from urllib.parse import quote

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError, RPCStatusCode

from models.errors import Unavailable
from models.messages.search_attributes import SEARCH_ATTRIBUTES

TASK_QUEUE = "gridenroll"


async def connect(*, lazy: bool = False) -> Client:
    """Returns a client as configured by TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_TLS… and TEMPORAL_API_KEY.

    Raises:
        Unavailable: no server answers at that address.
    """
    options: dict[str, Any] = dict(ClientConfig.load_client_connect_config(override_env_vars=dict(os.environ)))
    options.setdefault("target_host", "127.0.0.1:7233")
    try:
        return await Client.connect(**options, data_converter=pydantic_data_converter, lazy=lazy)
    except RuntimeError as error:
        raise Unavailable(
            f"No Temporal server answers at {options['target_host']}.",
            fix="Start one (make up does) or set TEMPORAL_ADDRESS.",
        ) from error


async def register_search_attributes(client: Client) -> list[str]:
    """Registers our search attributes in the namespace; returns those that were new. Safe to repeat."""
    known = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    missing = {name: kind for name, kind in SEARCH_ATTRIBUTES.items() if name not in known.custom_attributes}
    if missing:
        kinds = {name: IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}") for name, kind in missing.items()}
        try:
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(namespace=client.namespace, search_attributes=kinds)
            )
        except RPCError as error:
            if error.status is not RPCStatusCode.ALREADY_EXISTS:
                raise
    return sorted(missing)


def workflow_url(ui: str, namespace: str, workflow_id: str) -> str:
    """Returns the address of the workflow in the Temporal UI."""
    return f"{ui.rstrip('/')}/namespaces/{quote(namespace, safe='')}/workflows/{quote(workflow_id, safe='')}"
