"""Starts Temporal test servers that skip time, with our search attributes."""

import shutil
import sys
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from models.messages.search_attributes import SEARCH_ATTRIBUTES


def find_program(name: str) -> str:
    """Return the path of a program in the environment."""
    found = shutil.which(name, path=Path(sys.executable).parent) or shutil.which(name)
    assert found, f"{name} is not installed: make test installs it"
    return found


async def start_time_skipping_server(**how: Any) -> WorkflowEnvironment:
    """Start a time-skipping server."""
    environment = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=find_program("temporal-test-server"), data_converter=pydantic_data_converter, **how
    )
    kinds = {
        name: IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}") for name, kind in SEARCH_ATTRIBUTES.items()
    }
    # This server cannot list search attributes, so our own registration does not work on it.
    await environment.client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(search_attributes=kinds, namespace=environment.client.namespace)
    )
    return environment
