"""The relay recovers from outages that once stopped it silently.

The outages: a database that turns read-only for a while, a Temporal server that hangs, a namespace that is deleted and
recreated. Messages accepted afterwards are delivered, and health says so.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from bench.stack import running_stack
from tests.integration.clients.running_stack import RunningStack
from tests.integration.database.test_outages import set_read_only
from tests.waiting import wait_for


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with (
        tempfile.TemporaryDirectory(prefix="gridenroll-failover-") as folder,
        running_stack(Path(folder) / "data") as description,
    ):
        stack = RunningStack(description)
        yield stack
        stack.close()


def worker_health(stack: RunningStack) -> dict[str, dict[str, Any]]:
    """Return the worker's background tasks by name."""
    listening = psutil.Process(stack.description["pids"]["worker"]).net_connections("tcp")
    port = next(one.laddr.port for one in listening if one.status == psutil.CONN_LISTEN)
    tasks = httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).json()["tasks"]
    return {task["name"]: task for task in tasks}


async def test_the_relay_delivers_accepted_requests_after_temporal_hung_and_the_database_was_read_only(
    stack: RunningStack,
) -> None:
    url, temporal = stack.description["database_url"], stack.description["pids"]["temporal"]
    await set_read_only(url, read_only=True)
    try:
        assert stack.submit(stack.build_application()).status_code == 503
        wait_for(lambda: worker_health(stack)["relay"]["error"])
    finally:
        await set_read_only(url, read_only=False)
    os.kill(temporal, signal.SIGSTOP)
    try:
        enrollment = stack.submit_accepted(stack.build_application())
        tried = "SELECT count(*) FROM outbox_message WHERE workflow_id = $1 AND attempts > 0"
        wait_for(lambda: stack.database.value(tried, f"enroll/{enrollment}"))
        assert stack.api.get("/readyz").json()["status"] == "degraded"
    finally:
        os.kill(temporal, signal.SIGCONT)
    stack.wait_for_sync_request(enrollment, "synchronized")
    wait_for(lambda: not worker_health(stack)["relay"]["error"])
    wait_for(lambda: stack.api.get("/readyz").json()["status"] == "ready")


def namespace(stack: RunningStack, *words: str) -> None:
    program = shutil.which("temporal", path=Path(sys.executable).parent) or "temporal"
    address = ("--address", stack.description["temporal_address"], "-n", "default")
    subprocess.run([program, "operator", "namespace", *words, *address], check=True, timeout=120, capture_output=True)


def test_a_recreated_namespace_loses_no_workflow_start(stack: RunningStack) -> None:
    """Messages accepted meanwhile are delivered to the new namespace, which the relay prepares by itself."""
    namespace(stack, "delete", "--yes")
    enrollment = stack.submit_accepted(stack.build_application())
    said = "SELECT error FROM outbox_message WHERE workflow_id = $1"
    wait_for(lambda: "not found" in (stack.database.value(said, f"enroll/{enrollment}") or ""))
    assert stack.database.value("SELECT count(*) FROM outbox_message WHERE state <> 'waiting'") == 0
    namespace(stack, "create")
    stack.wait_for_sync_request(enrollment, "synchronized")
    stack.enroll()
