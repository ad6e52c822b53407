"""API clients that keep retrying the same request while the API is down."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import httpx

from tests.waiting import CHAOS_WAIT_SECONDS

# The first attempts to reconnect follow after 0, 0.5 and 1 seconds; then the request is retried as a whole.
CONNECT_RETRIES = 3
RESPONSE_TIMEOUT_SECONDS = 60
"""The request is retried after this time."""


class RetryingClients:
    """Submits all requests concurrently, over a limited number of connections."""

    def __init__(self, description: dict[str, Any], connections: int) -> None:
        self._http = httpx.AsyncClient(
            base_url=description["api_url"],
            headers={"Authorization": f"Bearer {description['token']}"},
            transport=httpx.AsyncHTTPTransport(
                retries=CONNECT_RETRIES, limits=httpx.Limits(max_connections=connections)
            ),
            timeout=httpx.Timeout(RESPONSE_TIMEOUT_SECONDS, pool=None),
        )
        self.accepted: dict[str, str] = {}
        self.repeated = 0

    async def close(self) -> None:
        await self._http.aclose()

    async def submit(
        self, applications: Iterable[dict[str, Any]], *, when: int = 0, then: Callable[[], None] | None = None
    ) -> None:
        """Submit all applications concurrently; call `then` as soon as `when` of them are accepted."""
        before = len(self.accepted)

        async def one(application: dict[str, Any]) -> None:
            self.accepted[application["transaction_id"]] = await self._submit_until_accepted(application)
            if then is not None and len(self.accepted) == before + when:
                then()

        await asyncio.gather(*map(one, applications))

    async def _submit_until_accepted(self, application: dict[str, Any]) -> str:
        """Retry until the request is accepted, and return the enrollment's id."""
        async with asyncio.timeout(CHAOS_WAIT_SECONDS):
            while True:
                try:
                    response = await self._http.post("/v1/program-enrollments", json=application)
                except httpx.TransportError:
                    self.repeated += 1
                    continue
                if response.status_code == httpx.codes.ACCEPTED:
                    return response.json()["id"]
                # Nothing else may be retried.
                assert response.status_code == httpx.codes.SERVICE_UNAVAILABLE, response.text
                self.repeated += 1
