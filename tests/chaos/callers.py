"""Channels that want something of the API and do not give up when it is away: they ask again with the same words."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import httpx

from tests.patience import DRILL_PATIENCE_SECONDS

# The first attempts to connect again come at once, then and after half a second and one; then it is all begun anew.
CONNECTING_AGAIN = 3
ANSWER_WITHIN_SECONDS = 60
"""Then it is asked again."""


class Callers:
    """As many at once as there are requests, over so many connections."""

    def __init__(self, stack: dict[str, Any], connections: int) -> None:
        self._http = httpx.AsyncClient(
            base_url=stack["api_url"],
            headers={"Authorization": f"Bearer {stack['token']}"},
            transport=httpx.AsyncHTTPTransport(
                retries=CONNECTING_AGAIN, limits=httpx.Limits(max_connections=connections)
            ),
            timeout=httpx.Timeout(ANSWER_WITHIN_SECONDS, pool=None),
        )
        self.accepted: dict[str, str] = {}
        self.repeated = 0

    async def close(self) -> None:
        await self._http.aclose()

    async def submit(
        self, applications: Iterable[dict[str, Any]], *, when: int = 0, then: Callable[[], None] | None = None
    ) -> None:
        """All of them at once; calls `then` as soon as `when` of these are accepted."""
        before = len(self.accepted)

        async def one(application: dict[str, Any]) -> None:
            self.accepted[application["transaction_id"]] = await self._insist(application)
            if then is not None and len(self.accepted) == before + when:
                then()

        await asyncio.gather(*map(one, applications))

    async def _insist(self, application: dict[str, Any]) -> str:
        """Until it is accepted; gives the enrolment's id."""
        async with asyncio.timeout(DRILL_PATIENCE_SECONDS):
            while True:
                try:
                    answer = await self._http.post("/v1/program-enrollments", json=application)
                except httpx.TransportError:
                    self.repeated += 1
                    continue
                if answer.status_code == httpx.codes.ACCEPTED:
                    return answer.json()["id"]
                # Nothing else is a reason to ask again.
                assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, answer.text
                self.repeated += 1
