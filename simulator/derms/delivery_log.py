"""Which messages came together in one call. In memory, the latest only: for those who count calls."""

from collections import deque

_MAX_DELIVERIES = 1000


class DeliveryLog:
    """Calls that brought messages, taken before or not."""

    def __init__(self) -> None:
        self._calls: deque[list[str]] = deque(maxlen=_MAX_DELIVERIES)

    def record(self, message_ids: list[str]) -> None:
        self._calls.append(message_ids)

    def list_deliveries(self) -> list[list[str]]:
        """The message ids of each call, the latest last."""
        return list(self._calls)
