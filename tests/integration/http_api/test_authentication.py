"""Every endpoint but health needs the token, and reveals nothing without it."""

import httpx
import pytest

from tests.integration.clients.running_stack import RunningStack

OPEN = {"/healthz", "/readyz"}


def _operations(stack: RunningStack) -> list[tuple[str, str]]:
    paths = stack.api.get("/openapi.json").json()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods if path not in OPEN]


@pytest.mark.parametrize("authorization", ["", "Bearer wrong", "Bearer", "Basic b3BlcmF0b3I6eA==", "Bearer \u00e9"])
def test_every_endpoint_needs_the_token(stack: RunningStack, authorization: str) -> None:
    headers = {"Authorization": authorization.encode()} if authorization else {}
    with httpx.Client(base_url=stack.description["api_url"], trust_env=False) as stranger:
        answers = {
            (method, path): stranger.request(method, path, headers=headers, json={} if method != "GET" else None)
            for method, path in _operations(stack)
        }
    assert len(answers) >= 15
    assert {
        endpoint: response.status_code for endpoint, response in answers.items() if response.status_code != 401
    } == {}
    assert all(response.headers["www-authenticate"].startswith("Bearer") for response in answers.values())


def test_health_endpoints_need_no_token(stack: RunningStack) -> None:
    for path in OPEN:
        assert httpx.get(f"{stack.description['api_url']}{path}", trust_env=False).status_code == 200
