"""A worker with short timeouts that blocks the first workflow to reach each blocking point until the worker is killed.

A blocking point is before an activity, after it, or between: the other system has answered and our database does not
know it yet. Without a log file to write to, the worker blocks nothing.
"""

import asyncio
import json
import os
import sys
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import httpx
from temporalio import activity
from temporalio.client import Client
from temporalio.plugin import SimplePlugin
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor, WorkerConfig

import worker
from connectors.temporal.client import connect
from models.messages.batch import BatchProgress
from settings.settings import Settings
from tests.chaos.each_step.shortened_timeouts import shorten_timeouts
from tests.chaos.each_step.workload_kinds import TROUBLES

_ROOM = 500
"""Worker slots. Blocked activities keep theirs."""
_FORGOTTEN_AFTER = timedelta(seconds=1)
"""How long Temporal waits for the worker that cached a workflow."""
_STEP: ContextVar[str] = ContextVar("step")


@dataclass(frozen=True)
class BlockingPoint:
    """A point where a workflow may be blocked. `kind` distinguishes requests of one workflow type: their program, or
    the batch."""

    workflow_name: str
    kind: str
    step: str
    moment: str


@dataclass(frozen=True)
class Arrival:
    """A workflow reached a blocking point, and stays there if it is the first."""

    place: BlockingPoint
    workflow_id: str
    stays: bool


class BlockingPoints:
    """Tracks which workflow is blocked where, and logs it to a file, one JSON value a line, the registered activities
    first."""

    def __init__(self, path: str) -> None:
        self._log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._kinds: dict[str, str] = {}
        self._stands: dict[str, BlockingPoint] = {}
        self._arrivals: set[Arrival] = set()

    def write(self, line: Any) -> None:
        """Write a line immediately: a killed process flushes nothing."""
        os.write(self._log, json.dumps(line).encode() + b"\n")

    async def block_or_pass(self, moment: str) -> None:
        """Return unless the workflow blocks here. A blocked workflow does nothing else, and its retries block again."""
        info = activity.info()
        assert info.workflow_id
        assert info.workflow_type
        place = BlockingPoint(info.workflow_type, await self._get_kind(info.workflow_id), _STEP.get(), moment)
        if self._blocks(info.workflow_id, place):
            await asyncio.Event().wait()

    def _blocks(self, workflow_id: str, place: BlockingPoint) -> bool:
        """Return whether the workflow blocks at this point.

        A slow worker may repeat a workflow from before its blocking point along a path that no longer leads there. It
        then blocks wherever it arrives.
        """
        stand = self._stands.get(workflow_id)
        if stand is not None:
            return stand == place or stand.step != place.step
        if place.step not in TROUBLES.get(place.kind, {place.step}):
            return False
        arrival = Arrival(place, workflow_id, stays=place not in self._stands.values())
        if arrival.stays:
            self._stands[workflow_id] = place
        if arrival not in self._arrivals:
            self._arrivals.add(arrival)
            self.write(asdict(arrival))
        return arrival.stays

    async def _get_kind(self, workflow_id: str) -> str:
        if workflow_id not in self._kinds:
            found = await activity.client().get_workflow_handle(workflow_id).describe()
            named = [str(pair.value) for pair in found.typed_search_attributes if pair.key.name == "Program"]
            self._kinds[workflow_id] = named[0] if named else workflow_id.split("/")[1]
        return self._kinds[workflow_id]


class BlockingInterceptor(Interceptor):
    """Blocks before and after each activity."""

    def __init__(self, places: BlockingPoints) -> None:
        self._places = places

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap every activity."""
        return _BlockingActivities(next, self._places)


class _BlockingActivities(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, places: BlockingPoints) -> None:
        super().__init__(next)
        self._places = places

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        """Run the activity. Each kind of batch page counts as a step of its own."""
        (argument,) = input.args
        page = f" {argument.step}" if isinstance(argument, BatchProgress) else ""
        _STEP.set(activity.info().activity_type + page)
        await self._places.block_or_pass("before")
        result = await super().execute_activity(input)
        await self._places.block_or_pass("after")
        return result


def block_after_responses(places: BlockingPoints) -> None:
    """Let the other system handle each HTTP request, then block before its response is recorded here."""
    ask = httpx.AsyncHTTPTransport.handle_async_request

    async def ask_and_stay(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        response = await ask(transport, request)
        await response.aread()
        await places.block_or_pass("answered")
        return response

    httpx.AsyncHTTPTransport.handle_async_request = ask_and_stay


class BlockingPlugin(SimplePlugin):
    """Gives the worker enough slots for every blocked activity."""

    def __init__(self, places: BlockingPoints) -> None:
        super().__init__("blocking", interceptors=[BlockingInterceptor(places)])
        self._places = places

    def configure_worker(self, config: WorkerConfig) -> WorkerConfig:
        """Enlarge the worker and log which activities it has."""
        registered = config.get("activities", ())
        self._places.write([activity._Definition.must_from_callable(one).name or "" for one in registered])
        config["max_concurrent_workflow_tasks"] = _ROOM
        config["max_concurrent_activities"] = _ROOM
        config["max_concurrent_local_activities"] = _ROOM
        config["sticky_queue_schedule_to_start_timeout"] = _FORGOTTEN_AFTER
        return super().configure_worker(config)


async def _run_worker(places: BlockingPoints | None) -> None:
    client = await connect()
    if places is not None:
        block_after_responses(places)
        client = Client(**{**client.config(), "plugins": [BlockingPlugin(places)]})
    async with worker.run_worker(Settings(), client):
        await asyncio.Event().wait()


if __name__ == "__main__":
    shorten_timeouts()
    asyncio.run(_run_worker(BlockingPoints(sys.argv[1]) if sys.argv[1:] else None))
