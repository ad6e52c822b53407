"""Made-up customers who qualify for the thermostat program, and their applications."""

import csv
import subprocess
import sys
from pathlib import Path
from typing import Any

_EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
_QUALIFIED = {"account_status": "active", "meter_type": "ami", "critical": "false", "customer_class": "residential"}


def make_customers(file: Path, count: int) -> list[dict[str, str]]:
    """Writes this many customers to a file; returns the service points that qualify."""
    script = _EXAMPLES / "make_customers.py"
    subprocess.run([sys.executable, str(script), "--count", str(count), "--out", str(file)], check=True)
    return list_qualified(file)


def list_qualified(file: Path) -> list[dict[str, str]]:
    """Returns the service points in a file that qualify for the thermostat program."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [
        row
        for row in rows
        if not row["effective_to"] and row["feeder"] and all(row[name] == value for name, value in _QUALIFIED.items())
    ]


def build_application(row: dict[str, str], number: int) -> dict[str, Any]:
    """Builds a customer's application with one thermostat of their own."""
    return {
        "transaction_id": f"bench-{number}",
        "account": row["cis_account_id"],
        "service_point": row["cis_service_point_id"],
        "program": "TSTAT-DR",
        "devices": [{"specification": "ecobee-premium", "serial_number": f"BENCH-{number:07d}"}],
        "terms": {"version": "2026-01", "accepted_by": "bench", "accepted_at": "2026-06-01T00:00:00Z"},
    }
