"""Whether a part answers over HTTP; proxies of the environment are not asked."""

import http.client

from stack.ports import LOOPBACK


def is_healthy(port: int, path: str) -> bool:
    """True for a 200 within some seconds: a busy machine answers late."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
