"""The house's worker, soon out of patience, in which the first flow that comes to a place stands there until the worker
is killed; or, where it is told no file to write to, nobody stands.

A place is before a step of a flow, after it, or between: others have answered, and nothing of it is written down here.
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
"""For so many at once: who stands takes up room."""
_FORGOTTEN_AFTER = timedelta(seconds=1)
"""Temporal stops to look for the worker that a flow was with after so long."""
_STEP: ContextVar[str] = ContextVar("step")


@dataclass(frozen=True)
class BlockingPoint:
    """Where a flow may stand. `kind` sets journeys of one flow apart: their program, or batch."""

    flow: str
    kind: str
    step: str
    moment: str


@dataclass(frozen=True)
class Arrival:
    """A flow came there, and stays if it is the first."""

    place: BlockingPoint
    workflow_id: str
    stays: bool


class BlockingPoints:
    """Who stands where. Everything is written to a file, one in a line: first the steps that the worker knows."""

    def __init__(self, path: str) -> None:
        self._log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._kinds: dict[str, str] = {}
        self._stands: dict[str, BlockingPoint] = {}
        self._arrivals: set[Arrival] = set()

    def write(self, line: Any) -> None:
        """There at once, for whoever is killed writes no more."""
        os.write(self._log, json.dumps(line).encode() + b"\n")

    async def block_or_pass(self, moment: str) -> None:
        """Returns unless the flow stays here. One that stays does nothing else either, and tried again comes back."""
        info = activity.info()
        assert info.workflow_id
        assert info.workflow_type
        place = BlockingPoint(info.workflow_type, await self._get_kind(info.workflow_id), _STEP.get(), moment)
        if self._blocks(info.workflow_id, place):
            await asyncio.Event().wait()

    def _blocks(self, workflow_id: str, place: BlockingPoint) -> bool:
        """A worker that is slow may have its flow done again from before its stand, on a way that does not lead there
        any more: it stays where it comes to then."""
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
    """Before and after each step."""

    def __init__(self, places: BlockingPoints) -> None:
        self._places = places

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wraps every activity."""
        return _BlockingActivities(next, self._places)


class _BlockingActivities(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, places: BlockingPoints) -> None:
        super().__init__(next)
        self._places = places

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        """Each kind of a batch's pages is a step of its own."""
        (argument,) = input.args
        page = f" {argument.step}" if isinstance(argument, BatchProgress) else ""
        _STEP.set(activity.info().activity_type + page)
        await self._places.block_or_pass("before")
        result = await super().execute_activity(input)
        await self._places.block_or_pass("after")
        return result


def block_after_responses(places: BlockingPoints) -> None:
    """Has others do what they are asked to, before it may be that nobody here hears of it."""
    ask = httpx.AsyncHTTPTransport.handle_async_request

    async def ask_and_stay(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        response = await ask(transport, request)
        await response.aread()
        await places.block_or_pass("answered")
        return response

    httpx.AsyncHTTPTransport.handle_async_request = ask_and_stay


class BlockingPlugin(SimplePlugin):
    """With room for all that stand."""

    def __init__(self, places: BlockingPoints) -> None:
        super().__init__("standing", interceptors=[BlockingInterceptor(places)])
        self._places = places

    def configure_worker(self, config: WorkerConfig) -> WorkerConfig:
        """Says which steps there are, too."""
        self._places.write([one.__name__ for one in config.get("activities", ())])
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
