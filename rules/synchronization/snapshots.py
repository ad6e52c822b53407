"""Whether two snapshots say the same, and the key under which a revision of one is sent."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_MESSAGE_FIELDS = frozenset(
    {"message_id", "sync_request_id", "version", "sent_at", "sequence", "transaction_id", "kind"}
)


def snapshot_hash(message: Mapping[str, Any]) -> str:
    """Returns a digest of what the DERMS must hold, whichever message carries it."""
    held = {name: value for name, value in message.items() if name not in _MESSAGE_FIELDS}
    return hashlib.sha256(json.dumps(held, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def message_key(sync_request_id: str, revision: int) -> str:
    """The idempotency key: the sync request's id, with the revision once the snapshot was corrected."""
    return sync_request_id if revision == 1 else f"{sync_request_id}.{revision}"
