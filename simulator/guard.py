"""What stands before every door of a contract: the faults strike here, the signatures count here."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from simulator.answers import NoAnswer, problem
from simulator.faults import FaultBoard
from simulator.signature import objection

_LARGEST_BODY = 1_048_576


class Guarded(Protocol):
    """A machine with doors of a contract."""

    @property
    def secret(self) -> str: ...

    @property
    def faults(self) -> FaultBoard[Any]: ...


M = TypeVar("M", bound=Guarded)


def as_agreed(door: Callable[[M, Request, bytes], Response]) -> Callable[[Request], Awaitable[Response]]:
    """Puts the faults in force and the signature's check before a door of the contract."""

    async def endpoint(request: Request) -> Response:
        machine: M = request.state.machine
        faults = machine.faults
        if faults.refuses():
            return NoAnswer()
        try:
            body = await _body(request)
        except ClientDisconnect:
            return NoAnswer()
        if body is None:
            return problem(413, "too-large", f"At most {_LARGEST_BODY} bytes are taken.")
        if faults.now.latency_seconds:
            await asyncio.sleep(faults.now.latency_seconds)
        if faults.strikes(faults.now.error_share):
            return problem(500, "fault", "This error was asked for; nothing was taken.")
        objected = objection(machine.secret, request.headers, time.time(), body)
        if objected:
            return problem(401, "not-signed", objected)
        return door(machine, request, body)

    return endpoint


async def _body(request: Request) -> bytes | None:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > _LARGEST_BODY:
            return None
        parts.append(part)
    return b"".join(parts)
