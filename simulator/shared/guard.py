"""What stands before every door of a contract: the faults strike here, the signatures count here."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from simulator.shared.faults import FaultControl
from simulator.shared.responses import AbortedResponse, build_problem
from simulator.shared.signature import find_signature_error

_MAX_BODY_BYTES = 1_048_576


class GuardedSimulator(Protocol):
    """A machine with doors of a contract."""

    @property
    def secret(self) -> str: ...

    @property
    def faults(self) -> FaultControl[Any]: ...


M = TypeVar("M", bound=GuardedSimulator)


def guard_endpoint(door: Callable[[M, Request, bytes], Response]) -> Callable[[Request], Awaitable[Response]]:
    """Puts the faults in force and the signature's check before a door of the contract."""

    async def endpoint(request: Request) -> Response:
        machine: M = request.state.machine
        faults = machine.faults
        if faults.is_refusing():
            return AbortedResponse()
        try:
            body = await _read_body(request)
        except ClientDisconnect:
            return AbortedResponse()
        if body is None:
            return build_problem(413, "too-large", f"At most {_MAX_BODY_BYTES} bytes are taken.")
        if faults.current.latency_seconds:
            await asyncio.sleep(faults.current.latency_seconds)
        if faults.should_inject(faults.current.error_share):
            return build_problem(500, "fault", "This error was asked for; nothing was taken.")
        objected = find_signature_error(machine.secret, request.headers, time.time(), body)
        if objected:
            return build_problem(401, "not-signed", objected)
        return door(machine, request, body)

    return endpoint


async def _read_body(request: Request) -> bytes | None:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > _MAX_BODY_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)
