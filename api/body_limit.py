"""Bounds on what is read before anything is known of who sends it."""

from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem

MAXIMUM_BODY_BYTES = 4 * 1024 * 1024


class _TooLargeError(Exception):
    pass


class BodySizeLimit:
    """Refuses bodies over BODY_BYTES, announced or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Counts what comes in."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > MAXIMUM_BODY_BYTES:
            await _send_too_large(scope, receive, send)
            return
        seen, refused = 0, False

        async def counted() -> Message:
            nonlocal seen, refused
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > MAXIMUM_BODY_BYTES:
                refused = True
                raise _TooLargeError
            return message

        async def sent(message: Message) -> None:
            # Whoever read the body may have taken our error for one of its own and answer with that.
            if not refused:
                await send(message)

        with suppress(_TooLargeError):
            await self._app(scope, counted, sent)
        if refused:
            await _send_too_large(scope, receive, send)


async def _send_too_large(scope: Scope, receive: Receive, send: Send) -> None:
    answer = problem(
        413,
        "too-large",
        "Too large",
        f"A body may have {MAXIMUM_BODY_BYTES} bytes at most.",
        "Send it in several parts.",
    )
    await answer(scope, receive, send)
