"""Signatures of the Standard Webhooks specification, which bind id, time and body of a message together."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

TOLERANCE_SECONDS = 300


def build_signature_headers(secret: str, message_id: str, now: float, body: bytes) -> dict[str, str]:
    """Returns the headers that sign a message; none without a secret."""
    if not secret:
        return {}
    timestamp = str(int(now))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": _compute_signature(secret, message_id, timestamp, body).decode(),
    }


def find_signature_error(secret: str, headers: Mapping[str, str], now: float, body: bytes) -> str | None:
    """Returns what is wrong with a message's signature; None when one of its signatures is valid."""
    if not secret:
        return None
    timestamp = headers.get("webhook-timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return "webhook-id, webhook-timestamp and webhook-signature are required."
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        return f"webhook-timestamp is more than {TOLERANCE_SECONDS} seconds from now."
    expected = _compute_signature(secret, headers.get("webhook-id", ""), timestamp, body)
    given = headers.get("webhook-signature", "").encode("latin-1").split(b" ")
    if any(hmac.compare_digest(expected, one) for one in given):
        return None
    return "webhook-signature does not match id, timestamp and body under the shared secret."


def _compute_signature(secret: str, message_id: str, timestamp: str, body: bytes) -> bytes:
    content = f"{message_id}.{timestamp}.".encode() + body
    return b"v1," + base64.b64encode(hmac.digest(secret.encode(), content, hashlib.sha256))
