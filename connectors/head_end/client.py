"""The head-end over HTTP. The only place that knows its doors."""

import asyncio
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from connectors.derms.signature import signed_headers
from connectors.head_end.protocol import DeviceRequest
from connectors.head_end.wire import ActionRequest, Answer, RequestStatus, StatusCheckRequest
from models.errors import OutcomeUnknown, Refused, Unavailable

T = TypeVar("T", Answer, RequestStatus)

_PATIENCE = timedelta(seconds=10)
_OVERLOADED = frozenset({408, 425, 429})


class HeadEndClient:
    """Talks to the head-end at the address in the settings."""

    def __init__(self, http: httpx.AsyncClient, address: str, secret: str, patience: timedelta = _PATIENCE) -> None:
        self._http = http
        self._address = address.rstrip("/")
        self._secret = secret
        self._patience = patience.total_seconds()
        # Connecting is given up first: then it is certain that the head-end has taken nothing.
        self._phases = httpx.Timeout(self._patience, connect=self._patience / 2, pool=self._patience / 2)

    async def ask(self, request: DeviceRequest) -> Answer | None:
        """Passes a request on; gives the answer if there is one at once.

        Raises:
            Unavailable: it is down or overloaded, and has not taken it.
            OutcomeUnknown: it may have taken it.
            Refused: it will never take this request.
        """
        body = _body(request)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": request.request_id,
            **signed_headers(self._secret, request.request_id, datetime.now(UTC), body),
        }
        response = await self._send("POST", self._door(request), headers, body)
        return None if response.status_code == HTTPStatus.ACCEPTED else _read(Answer, response)

    async def answer_to(self, request: DeviceRequest) -> Answer | None:
        """What became of a request; None while nothing did, or when it never came.

        Raises:
            Unavailable, OutcomeUnknown: no answer; asking again is harmless.
            Refused: it does not answer such questions.
        """
        headers = signed_headers(self._secret, request.request_id, datetime.now(UTC), b"")
        response = await self._send("GET", f"{self._door(request)}/{quote(request.request_id, safe='')}", headers, None)
        if response.status_code == HTTPStatus.NOT_FOUND:
            return None
        return _read(RequestStatus, response).answer

    def _door(self, request: DeviceRequest) -> str:
        what = "status-checks" if request.kind.action is None else "actions"
        return f"{self._address}/devices/{quote(request.serial_number, safe='')}/{what}"

    async def _send(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> httpx.Response:
        try:
            # httpx limits each phase, and a server that sends a byte now and then never ends one.
            async with asyncio.timeout(self._patience):
                response = await self._http.request(method, url, headers=headers, content=body, timeout=self._phases)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unavailable("The head-end cannot be reached.", code="head-end-unreachable") from error
        except (httpx.TransportError, TimeoutError) as error:
            raise OutcomeUnknown("The head-end gave no answer in time.", code="head-end-no-answer") from error
        if response.status_code in _OVERLOADED or response.is_server_error:
            raise Unavailable(f"The head-end answers {response.status_code}.", code="head-end-unavailable")
        if response.is_client_error and not (method == "GET" and response.status_code == HTTPStatus.NOT_FOUND):
            # Its words might repeat what we sent, and a serial number leads to a person.
            raise Refused(f"The head-end refuses the request with {response.status_code}.", code="head-end-refused")
        return response


def _body(request: DeviceRequest) -> bytes:
    named = {
        "request_id": request.request_id,
        "head_end": request.head_end,
        "manufacturer": request.manufacturer,
        "serial_number": request.serial_number,
        "nic_id": request.nic_id,
    }
    action = request.kind.action
    if action is None:
        return StatusCheckRequest.model_validate(named).model_dump_json().encode()
    return ActionRequest.model_validate({**named, "action": action}).model_dump_json().encode()


def _read(kind: type[T], response: httpx.Response) -> T:
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        raise Refused(
            f"The head-end answers {response.status_code} with a document that is not as agreed.",
            code="head-end-refused",
        ) from error
