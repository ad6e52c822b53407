"""The digest by which a repeated request is distinguished from a different one under the same key."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson


def compute_digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a JSON document, whatever the order of its keys."""
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
