"""The head-end over HTTP. The only module that knows its endpoints."""

import asyncio
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from connectors.head_end.protocol import DeviceRequest
from connectors.head_end.wire import ActionRequest, Answer, RequestStatus, StatusCheckRequest
from connectors.standard_webhooks import build_signature_headers
from models.errors import OutcomeUnknown, Refused, Unavailable

T = TypeVar("T", Answer, RequestStatus)

_TIMEOUT = timedelta(seconds=10)
_OVERLOADED_STATUS_CODES = frozenset({408, 425, 429})


class HeadEndClient:
    """Talks to the head-end at the address in the settings."""

    def __init__(self, http: httpx.AsyncClient, address: str, secret: str, patience: timedelta = _TIMEOUT) -> None:
        self._http = http
        self._address = address.rstrip("/")
        self._secret = secret
        self._timeout_seconds = patience.total_seconds()
        # Connecting times out first: then it is certain that the head-end has received nothing.
        self._phase_timeouts = httpx.Timeout(
            self._timeout_seconds, connect=self._timeout_seconds / 2, pool=self._timeout_seconds / 2
        )

    async def send(self, request: DeviceRequest) -> Answer | None:
        """Sends a request; returns the answer if there is one at once.

        Raises:
            Unavailable: it is down or overloaded, and has not taken it.
            OutcomeUnknown: it may have taken it.
            Refused: it will never take this request.
        """
        body = _build_body(request)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": request.request_id,
            **build_signature_headers(self._secret, request.request_id, datetime.now(UTC), body),
        }
        response = await self._request("POST", self._build_url(request), headers, body)
        return None if response.status_code == HTTPStatus.ACCEPTED else _parse(Answer, response)

    async def get_answer(self, request: DeviceRequest) -> Answer | None:
        """Returns the answer to a request; None if there is none yet, or the head-end has never received the request.

        Raises:
            Unavailable, OutcomeUnknown: no answer; asking again is harmless.
            Refused: it does not answer such questions.
        """
        headers = build_signature_headers(self._secret, request.request_id, datetime.now(UTC), b"")
        response = await self._request(
            "GET", f"{self._build_url(request)}/{quote(request.request_id, safe='')}", headers, None
        )
        if response.status_code == HTTPStatus.NOT_FOUND:
            return None
        return _parse(RequestStatus, response).answer

    def _build_url(self, request: DeviceRequest) -> str:
        what = "status-checks" if request.kind.remote_action is None else "actions"
        return f"{self._address}/devices/{quote(request.serial_number, safe='')}/{what}"

    async def _request(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> httpx.Response:
        try:
            # httpx limits each phase, and a server that sends a byte now and then never ends one.
            async with asyncio.timeout(self._timeout_seconds):
                response = await self._http.request(
                    method, url, headers=headers, content=body, timeout=self._phase_timeouts
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unavailable("The head-end cannot be reached.", code="head-end-unreachable") from error
        except (httpx.TransportError, TimeoutError) as error:
            raise OutcomeUnknown("The head-end gave no answer in time.", code="head-end-no-answer") from error
        if response.status_code in _OVERLOADED_STATUS_CODES or response.is_server_error:
            raise Unavailable(f"The head-end answers {response.status_code}.", code="head-end-unavailable")
        if response.is_client_error and not (method == "GET" and response.status_code == HTTPStatus.NOT_FOUND):
            # Its text might repeat what we sent, and a serial number identifies a person.
            raise Refused(f"The head-end refuses the request with {response.status_code}.", code="head-end-refused")
        return response


def _build_body(request: DeviceRequest) -> bytes:
    named = {
        "request_id": request.request_id,
        "head_end": request.head_end,
        "manufacturer": request.manufacturer,
        "serial_number": request.serial_number,
        "nic_id": request.nic_id,
    }
    action = request.kind.remote_action
    if action is None:
        return StatusCheckRequest.model_validate(named).model_dump_json().encode()
    return ActionRequest.model_validate({**named, "action": action}).model_dump_json().encode()


def _parse(kind: type[T], response: httpx.Response) -> T:
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        raise Refused(
            f"The head-end answers {response.status_code} with a document that is not as agreed.",
            code="head-end-refused",
        ) from error
