"""How flows are found in the Temporal UI."""

from collections.abc import Mapping

SEARCH_ATTRIBUTES: Mapping[str, str] = {
    "Program": "Keyword",
    "AccountId": "Keyword",
    "Stage": "Keyword",
    "NeedsAttention": "Bool",
}
"""What flows can be found by in the Temporal UI. Ids and stages only: these are never encrypted."""
