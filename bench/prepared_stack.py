"""A stack with customers who can enroll, which is what the measurements start from."""

import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import customers
from bench.stack import running_stack
from cli.client import ApiClient
from cli.commands.customers import put_customers


@dataclass(frozen=True)
class PreparedStack:
    """A running stack, and applications that none of its customers has submitted yet."""

    stack: dict[str, Any]
    api: ApiClient
    applications: list[dict[str, Any]]
    imported_customers: int
    import_seconds: float


@contextmanager
def prepare_stack(customer_count: int) -> Generator[PreparedStack]:
    """Runs a stack with this many made-up customers until the block ends."""
    with tempfile.TemporaryDirectory(prefix="gridenroll-bench-") as folder:
        file = Path(folder) / "customers.csv"
        rows = customers.make_customers(file, customer_count)
        applications = [customers.build_application(row, number) for number, row in enumerate(rows)]
        with running_stack(Path(folder) / "data") as stack:
            api = ApiClient(stack["api_url"], stack["token"])
            began = time.perf_counter()
            imported = put_customers(api, file)["taken"]
            yield PreparedStack(stack, api, applications, imported, time.perf_counter() - began)
