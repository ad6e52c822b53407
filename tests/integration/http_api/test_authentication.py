"""Every endpoint but health needs the token, and reveals nothing without it."""

import httpx
import pytest

from tests.integration.clients.running_stack import RunningStack

OPEN = {"/healthz", "/readyz"}


def _operations(doors: RunningStack) -> list[tuple[str, str]]:
    paths = doors.api.get("/openapi.json").json()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods if path not in OPEN]


@pytest.mark.parametrize("authorization", ["", "Bearer wrong", "Bearer", "Basic b3BlcmF0b3I6eA==", "Bearer \u00e9"])
def test_every_endpoint_needs_the_token(doors: RunningStack, authorization: str) -> None:
    headers = {"Authorization": authorization.encode()} if authorization else {}
    with httpx.Client(base_url=doors.description["api_url"], trust_env=False) as stranger:
        answers = {
            (method, path): stranger.request(method, path, headers=headers, json={} if method != "GET" else None)
            for method, path in _operations(doors)
        }
    assert len(answers) >= 15
    assert {door: answer.status_code for door, answer in answers.items() if answer.status_code != 401} == {}
    assert all(answer.headers["www-authenticate"].startswith("Bearer") for answer in answers.values())


def test_health_endpoints_need_no_token(doors: RunningStack) -> None:
    for path in OPEN:
        assert httpx.get(f"{doors.description['api_url']}{path}", trust_env=False).status_code == 200
