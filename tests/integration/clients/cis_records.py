"""CIS records of customers at their service points."""

from typing import Any

_NUMBERS = {"latitude": float, "longitude": float, "phase_count": int}
_FLAGS = ("critical", "owner_occupied")


def build_cis_record(customer: dict[str, str], **changes: Any) -> dict[str, Any]:
    """Build the CIS record of a row of examples/customers.csv."""
    told: dict[str, Any] = {name: value for name, value in customer.items() if value}
    told |= {name: kind(told[name]) for name, kind in _NUMBERS.items() if name in told}
    told |= {name: told[name] == "true" for name in _FLAGS}
    return {**told, **changes}
