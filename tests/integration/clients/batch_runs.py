"""Batch runs and the schedules, workflows and rows that batches look at."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from temporalio.client import Client

from models.batches import BatchName, schedule_id
from tests.integration.clients.running_stack import RunningStack
from tests.waiting import wait_for


def start_run(stack: RunningStack, name: str, **headers: str) -> str:
    """Start a run, and return its URL."""
    response = stack.api.post(f"/v1/batches/{name}/runs", headers=headers)
    assert response.status_code == 202, response.text
    return response.headers["Location"]


def wait_for_run(stack: RunningStack, path: str) -> dict[str, Any]:
    """Wait until the run has ended, and return its view."""

    def there() -> Any:
        view = stack.api.get(path).raise_for_status().json()
        return view["state"] != "running" and view

    return wait_for(there, instead=lambda: stack.api.get(path).text)


def complete_run(stack: RunningStack, name: str) -> dict[str, Any]:
    """Start a run and wait for its completion."""
    view = wait_for_run(stack, start_run(stack, name))
    assert view["state"] == "completed", view
    return view


def backdate_enrollment(stack: RunningStack, enrollment: str) -> None:
    """Make the enrollment and its sync requests look unchanged for an hour."""
    for statement in (
        "UPDATE enrollment SET updated_at = updated_at - interval '1 hour' WHERE id = $1",
        "UPDATE sync_request SET updated_at = updated_at - interval '1 hour', "
        "created_at = created_at - interval '1 hour' WHERE enrollment_id = $1",
    ):
        stack.database.execute(statement, enrollment)


def enroll_without_start(stack: RunningStack, **changes: Any) -> str:
    """Submit an enrollment whose workflow never starts, because its outbox row is lost."""
    application = stack.build_application(**changes)
    name = f"lose_{application['account']}".replace("-", "_").lower()
    stack.database.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF NEW.payload->'attributes'->>'AccountId' = '{application['account']}' THEN RETURN NULL; END IF; "
        "RETURN NEW; END $$"
    )
    stack.database.execute(
        f"CREATE TRIGGER {name} BEFORE INSERT ON outbox_message FOR EACH ROW EXECUTE FUNCTION {name}()"
    )
    try:
        return stack.submit_accepted(application)
    finally:
        stack.database.execute(f"DROP FUNCTION {name} CASCADE")


def get_sync_workflow_id(stack: RunningStack, sync_request: str) -> str:
    """Return the id of the workflow that synchronizes the request."""
    return stack.database.value("SELECT workflow_id FROM sync_request WHERE id = $1", sync_request)


@contextmanager
def pausing_schedule(stack: RunningStack, name: BatchName) -> Generator[None]:
    """Pause the batch's schedule during the block, so that it runs only by hand."""

    async def change(paused: bool) -> None:
        client = await Client.connect(stack.description["temporal_address"])
        schedule = client.get_schedule_handle(schedule_id(name))
        await (schedule.pause() if paused else schedule.unpause())

    asyncio.run(change(True))
    try:
        yield
    finally:
        asyncio.run(change(False))


def terminate_workflow(stack: RunningStack, workflow_id: str) -> None:
    """Terminate a workflow, as an operator may in Temporal."""

    async def end() -> None:
        client = await Client.connect(stack.description["temporal_address"])
        await client.get_workflow_handle(workflow_id).terminate()

    asyncio.run(end())
