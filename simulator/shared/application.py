"""What every simulator consists of, and the web application that runs it."""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import httpx
import orjson
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from simulator.shared.callbacks import CallbackSender, build_http_client
from simulator.shared.due_loop import DueLoop
from simulator.shared.faults import FaultControl, FaultsT
from simulator.shared.paging import InvalidPageError
from simulator.shared.responses import ProblemError, handle_http_error, handle_invalid_input, handle_problem
from simulator.shared.store import Store

_log = logging.getLogger("simulator")


@dataclass(frozen=True, slots=True)
class SimulatorParts(Generic[FaultsT]):
    """The parts that every simulator has. Endpoints reach them through `request.state.simulator`."""

    secret: str
    faults: FaultControl[FaultsT]
    loop: DueLoop
    callbacks: CallbackSender
    sender_count: int
    """How many senders run at a time. One keeps the order of the answers, several bound the POSTs in flight."""


SimulatorT = TypeVar("SimulatorT", bound=SimulatorParts[Any])


@asynccontextmanager
async def run_simulator(
    store: Store, assemble: Callable[[Store, httpx.AsyncClient], SimulatorT]
) -> AsyncGenerator[SimulatorT]:
    """Runs a simulator's background tasks until the block ends, then stops them and closes the store."""
    async with build_http_client() as http:
        simulator = assemble(store, http)
        runs = (simulator.loop.run(), *(simulator.callbacks.run() for _ in range(simulator.sender_count)))
        tasks = [asyncio.create_task(run) for run in runs]
        for task in tasks:
            task.add_done_callback(_exit_if_failed)
        try:
            yield simulator
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            store.close()


def _exit_if_failed(task: asyncio.Task[None]) -> None:
    """Ends the process: a simulator that accepts requests and never answers would be a fault nobody asked for."""
    if not task.cancelled() and task.exception() is not None:
        _log.critical("A background task failed; the simulator stops", exc_info=task.exception())
        os._exit(1)  # the store survives it


def build_application(routes: Sequence[Route], run: Callable[[], AbstractAsyncContextManager[Any]]) -> Starlette:
    """Builds the web application; `run` starts the simulator, which lives as long as the application."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[dict[str, Any]]:
        async with run() as simulator:
            yield {"simulator": simulator}

    return Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={
            HTTPException: handle_http_error,
            ProblemError: handle_problem,
            ValidationError: handle_invalid_input,
            InvalidPageError: handle_invalid_input,
            orjson.JSONDecodeError: handle_invalid_input,
        },
    )
