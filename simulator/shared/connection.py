"""HTTP connections that can be cut from inside a request, as those of a DERMS that breaks down are."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class AbortableConnection(HttpToolsProtocol):
    """Hands each request the means to cut its connection: uvicorn itself would always answer something."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope.setdefault("state", {})["cut"] = self.transport.abort
