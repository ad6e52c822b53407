"""Checks over HTTP whether a part of the stack is healthy, ignoring proxy settings."""

import http.client

from stack.ports import LOOPBACK


def is_healthy(port: int, path: str) -> bool:
    """Returns whether the endpoint responds with 200 within some seconds: a busy machine responds late."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
