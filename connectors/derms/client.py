"""The DERMS over HTTP: sends sync messages and asks for their status. The only module that knows its endpoints."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, TypeVar, cast
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import orjson
from pydantic import ValidationError

from connectors.derms.protocol import OutgoingMessage
from connectors.derms.wire import (
    Acknowledgement,
    HeldResources,
    MessageResult,
    MessageResults,
    MessageStatus,
    SyncMessage,
)
from connectors.standard_webhooks import build_signature_headers
from models.errors import OutcomeUnknown, Refused, Unavailable

T = TypeVar("T", Acknowledgement, MessageStatus, MessageResults, HeldResources)

_TIMEOUT = timedelta(seconds=10)
_RESOURCES_PER_PAGE = 200
_OVERLOADED_STATUS_CODES = frozenset({408, 425, 429})


class DermsClient:
    """Talks to the DERMS at the address that a message names, or else at the one in the settings."""

    def __init__(
        self, http: httpx.AsyncClient, default_endpoint: str, secret: str, patience: timedelta = _TIMEOUT
    ) -> None:
        self._http = http
        self._default = default_endpoint.rstrip("/")
        self._secret = secret
        self._timeout_seconds = patience.total_seconds()
        # Connecting times out first: then it is certain that the DERMS has received nothing.
        self._phase_timeouts = httpx.Timeout(
            self._timeout_seconds, connect=self._timeout_seconds / 2, pool=self._timeout_seconds / 2
        )

    async def send(self, message: OutgoingMessage) -> Acknowledgement | None:
        """Sends a message; returns the acknowledgement if the DERMS answers at once.

        Raises:
            Unavailable: it is down or overloaded, and has not taken it.
            OutcomeUnknown: it may have taken it.
            Refused: it will never take this message.
        """
        body = self._build_body(message)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.key,
            **build_signature_headers(self._secret, message.key, datetime.now(UTC), body),
        }
        response = await self._request("POST", f"{message.endpoint or self._default}/sync-messages", headers, body)
        if response.status_code == HTTPStatus.ACCEPTED:
            return None
        return _parse(Acknowledgement, response)

    async def send_batch(self, endpoint: str, messages: Sequence[OutgoingMessage]) -> dict[str, MessageResult]:
        """Sends many messages in one call; returns the result of each that the DERMS mentions, by key.

        Raises:
            Unavailable, OutcomeUnknown: it may have taken some; sending the same again is harmless.
            Refused: it does not take many in one, or not these.
        """
        body = b'{"messages":[' + b",".join(self._build_body(message) for message in messages) + b"]}"
        headers = {
            "Content-Type": "application/json",
            **build_signature_headers(self._secret, f"many_{uuid4().hex}", datetime.now(UTC), body),
        }
        url = f"{endpoint or self._default}/sync-message-batches"
        response = await self._request("POST", url, headers, body, may_be_missing=True)
        return {result.message_id: result for result in _parse(MessageResults, response).results}

    async def get_message_status(self, endpoint: str, key: str) -> MessageStatus | None:
        """Returns the status of a message; None when the DERMS does not know it.

        Raises:
            Unavailable, OutcomeUnknown: no answer; asking again is harmless.
            Refused: it does not answer such questions.
        """
        headers = build_signature_headers(self._secret, key, datetime.now(UTC), b"")
        response = await self._request("GET", f"{endpoint or self._default}/sync-messages/{key}", headers, None)
        if response.status_code == HTTPStatus.NOT_FOUND:
            return None
        return _parse(MessageStatus, response)

    async def list_resources(self, endpoint: str, cursor: str) -> HeldResources:
        """Returns a page of all the resources that the DERMS holds, from the first if the cursor is empty.

        Raises:
            Unavailable, OutcomeUnknown: no answer; asking again is harmless.
            Refused: it does not list what it holds.
        """
        headers = build_signature_headers(self._secret, "ders", datetime.now(UTC), b"")
        where = {"limit": str(_RESOURCES_PER_PAGE)} | ({"cursor": cursor} if cursor else {})
        response = await self._request("GET", f"{endpoint or self._default}/ders?{urlencode(where)}", headers, None)
        if response.status_code == HTTPStatus.NOT_FOUND:
            raise Refused("The DERMS does not list what it holds.", code="derms-refused")
        return _parse(HeldResources, response)

    def _build_body(self, message: OutgoingMessage) -> bytes:
        document = SyncMessage.model_validate(
            {
                **message.snapshot,
                "message_id": message.key,
                "sync_request_id": message.sync_request_id,
                "version": message.revision,
            }
        )
        return document.model_dump_json().encode()

    async def _request(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None, *, may_be_missing: bool = False
    ) -> httpx.Response:
        try:
            # httpx limits each phase, and a server that sends a byte now and then never ends one.
            async with asyncio.timeout(self._timeout_seconds):
                response = await self._http.request(
                    method, url, headers=headers, content=body, timeout=self._phase_timeouts
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unavailable("The DERMS cannot be reached.", code="derms-unreachable") from error
        except (httpx.TransportError, TimeoutError) as error:
            raise OutcomeUnknown("The DERMS gave no answer in time.", code="derms-no-answer") from error
        if may_be_missing and response.status_code == HTTPStatus.NOT_IMPLEMENTED:
            raise Refused("The DERMS does not offer this.", code="derms-refused")
        if response.status_code in _OVERLOADED_STATUS_CODES or response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unavailable(f"The DERMS answers {response.status_code}.", code="derms-unavailable")
        refused = response.is_client_error
        if refused and not (method == "GET" and response.status_code == HTTPStatus.NOT_FOUND):
            raise Refused(_describe_refusal(response), code="derms-refused")
        return response


def _describe_refusal(response: httpx.Response) -> str:
    """Returns the title of the problem. Its detail might repeat what we sent, which is personal data."""
    try:
        document: Any = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        document = None
    title = cast(dict[str, Any], document).get("title") if isinstance(document, dict) else None
    return f"The DERMS refuses the message with {response.status_code}" + (f": {str(title)[:200]}" if title else ".")


def _parse(kind: type[T], response: httpx.Response) -> T:
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        raise Refused(
            f"The DERMS answers {response.status_code} with a document that is not as agreed.", code="derms-refused"
        ) from error
