"""The baseline of the measurements: a workflow of four empty activities, on the same server in the same run."""

import asyncio
import sys
import time
from datetime import timedelta

import uvloop
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

QUEUE = "bench-empty"
_TIMEOUT = timedelta(seconds=60)


@activity.defn(name="nothing")
async def do_nothing() -> None:
    """Does nothing."""


@workflow.defn
class EmptyWorkflow:
    """Runs four empty activities, one after the other."""

    @workflow.run
    async def run(self) -> None:
        """Schedules each activity and waits for it."""
        for _ in range(4):
            await workflow.execute_activity(do_nothing, start_to_close_timeout=_TIMEOUT)


async def measure_rate(address: str, count: int, concurrency: int, prefix: str) -> float:
    """Returns workflows per second from start to result, at a steady concurrency."""
    client = await Client.connect(address)
    numbers = iter(range(count))

    async def slot() -> None:
        for number in numbers:
            await client.execute_workflow(EmptyWorkflow.run, id=f"{prefix}-{number}", task_queue=QUEUE)

    began = time.perf_counter()
    await asyncio.gather(*(slot() for _ in range(concurrency)))
    return count / (time.perf_counter() - began)


async def serve(address: str) -> None:
    """Runs the workflow's worker until the process is killed."""
    client = await Client.connect(address)
    worker = Worker(
        client,
        task_queue=QUEUE,
        workflows=[EmptyWorkflow],
        activities=[do_nothing],
        max_concurrent_workflow_tasks=50,
        max_concurrent_activities=50,
    )
    async with worker:
        print("serving", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
