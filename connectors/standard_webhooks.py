"""Signatures of messages, both ways, as Standard Webhooks (standardwebhooks.com) has them: id, time and body are bound
together, so that nothing can be forged, altered or replayed later than TOLERANCE."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from models.errors import Unauthenticated

TOLERANCE = timedelta(minutes=5)


def _compute_signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    content = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def build_signature_headers(secret: str, message_id: str, instant: datetime, body: bytes) -> dict[str, str]:
    """Returns the three headers that authenticate a message; none without a secret."""
    if not secret:
        return {}
    timestamp = str(int(instant.timestamp()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": _compute_signature(secret, message_id, timestamp, body),
    }


def verify_signature(secret: str, headers: Mapping[str, str], body: bytes, instant: datetime) -> None:
    """Verifies the signature of a message. There may be several signatures while a secret is being replaced.

    Raises:
        Unauthenticated: the message is not signed, signed with another secret, altered, or too old.
    """
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        raise Unauthenticated(
            "The message is not signed.", fix="Send webhook-id, webhook-timestamp and webhook-signature."
        )
    if abs(instant.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise Unauthenticated("The message's timestamp is too far from now.", fix="Sign it anew, and check the clock.")
    expected = _compute_signature(secret, headers.get("webhook-id", ""), timestamp, body).encode()
    given = headers.get("webhook-signature", "").encode().split(b" ")
    if not secret or not any(hmac.compare_digest(expected, one) for one in given):
        raise Unauthenticated(
            "The signature does not match.", fix="Sign id, timestamp and the exact body with our secret."
        )
