"""The limit on the size of a request's body, which applies before anything is known about the caller."""

from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import build_problem_response

MAXIMUM_BODY_BYTES = 4 * 1024 * 1024


class _TooLargeError(Exception):
    pass


class BodySizeLimit:
    """Rejects bodies over MAXIMUM_BODY_BYTES, whether their length is declared or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the bytes that arrive."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > MAXIMUM_BODY_BYTES:
            await _send_too_large(scope, receive, send)
            return
        received, is_too_large = 0, False

        async def receive_counted() -> Message:
            nonlocal received, is_too_large
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAXIMUM_BODY_BYTES:
                is_too_large = True
                raise _TooLargeError
            return message

        async def send_unless_too_large(message: Message) -> None:
            # Whoever reads the body may mistake our error for one of its own and answer with that.
            if not is_too_large:
                await send(message)

        with suppress(_TooLargeError):
            await self._app(scope, receive_counted, send_unless_too_large)
        if is_too_large:
            await _send_too_large(scope, receive, send)


async def _send_too_large(scope: Scope, receive: Receive, send: Send) -> None:
    response = build_problem_response(
        413,
        "too-large",
        "Too large",
        f"A body may have {MAXIMUM_BODY_BYTES} bytes at most.",
        "Send it in several parts.",
    )
    await response(scope, receive, send)
