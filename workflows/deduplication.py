"""Recognizing messages that were received before: Temporal, the relay and people may all send one twice."""

import hashlib

_MAX_REMEMBERED = 1000


class MessageDeduplicator:
    """Remembers the last messages of one kind, so that a repeated message counts once."""

    def __init__(self) -> None:
        self._digests: dict[str, None] = {}

    def is_new(self, identity: str) -> bool:
        """Returns whether a message with this identity was not received before, and remembers it."""
        digest = hashlib.sha256(identity.encode()).hexdigest()
        if digest in self._digests:
            return False
        self._digests[digest] = None
        if len(self._digests) > _MAX_REMEMBERED:
            del self._digests[next(iter(self._digests))]
        return True
