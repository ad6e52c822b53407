"""CIS records of customers at their service points."""

from typing import Any

_NUMBERS = {"latitude": float, "longitude": float, "phase_count": int}
_FLAGS = ("critical", "owner_occupied")


def build_cis_record(customer: dict[str, str], **changes: Any) -> dict[str, Any]:
    """Build the CIS record of a row of examples/customers.csv."""
    texts: dict[str, Any] = {name: value for name, value in customer.items() if value}
    texts |= {name: kind(texts[name]) for name, kind in _NUMBERS.items() if name in texts}
    texts |= {name: texts[name] == "true" for name in _FLAGS}
    return {**texts, **changes}
