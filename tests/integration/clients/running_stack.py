"""The running stack as tests use it: the API, the DERMS simulator, Temporal, and the database behind them."""

import asyncio
import csv
import os
import re
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil
from temporalio.client import Client, WorkflowExecutionDescription
from temporalio.service import RPCError

from tests.waiting import WAIT_SECONDS, wait_for

ROOT = Path(__file__).parents[3]
_STATEMENTS = re.compile(r"^gridenroll_sql_statements (\S+)$", re.MULTILINE)
_ELIGIBLE_CUSTOMER = {
    "account_status": "active",
    "meter_type": "ami",
    "critical": "false",
    "customer_class": "residential",
    "owner_occupied": "true",
    "effective_to": "",
}


class Database:
    """Accesses the tables directly, past the API: to check that nothing was stored, and that the database refuses bad
    rows.

    The event loop has a thread of its own, so that coroutine tests may query, too.
    """

    def __init__(self, url: str) -> None:
        self._thread = ThreadPoolExecutor(1, "database")
        self._runner = asyncio.Runner()
        self._connection = self._run(asyncpg.connect, url)

    def _run(self, ask: Callable[..., Any], *values: Any) -> Any:
        async def asked() -> Any:
            return await ask(*values)

        return self._thread.submit(lambda: self._runner.run(asked())).result()

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in self._run(self._connection.fetch, statement, *values)]

    def value(self, statement: str, *values: Any) -> Any:
        return self._run(self._connection.fetchval, statement, *values)

    def execute(self, statement: str, *values: Any) -> str:
        return self._run(self._connection.execute, statement, *values)

    @contextmanager
    def holding_lock(self, statement: str, *values: Any) -> Generator[None]:
        """Run the block's queries in one transaction that begins by taking a lock and changes nothing."""
        self.execute("BEGIN")
        try:
            self.execute(statement, *values)
            yield
        finally:
            self.execute("ROLLBACK")

    def close(self) -> None:
        self._run(self._connection.close)
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()


class CustomerPool:
    """The customers of examples/customers.csv, each used once, so that tests do not meet each other or the demo."""

    def __init__(self, api: httpx.Client) -> None:
        self._api = api
        with (ROOT / "examples/customers.csv").open(encoding="utf-8", newline="") as lines:
            self._rows = list(csv.DictReader(lines))
        people = [row["cis_person_id"] for row in self._rows]
        # The documentation uses the first ten. A second service point would make `the customer's` ambiguous.
        self._available = [row for row in self._rows[10:] if people.count(row["cis_person_id"]) == 1]

    def take(self, **wanted: str) -> dict[str, str]:
        """Take a customer who qualifies for the thermostat program, except for these properties."""
        asked = {**_ELIGIBLE_CUSTOMER, **wanted}
        fits = (
            row
            for row in self._available
            if all(row[name] == value for name, value in asked.items())
            and (row["feeder"] or "feeder" in asked)
            and not self._has_enrolled(row["cis_account_id"])
        )
        row = next(fits)
        self._available.remove(row)
        return row

    def _has_enrolled(self, account: str) -> bool:
        """Return whether the demo, or somebody else, has enrolled the account."""
        found = self._api.get("/v1/program-enrollments", params={"account": account, "limit": 1})
        return bool(found.raise_for_status().json()["items"])


class RunningStack:
    """Clients of everything in a running stack, with helpers for what most tests do."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.description = description
        headers = {"Authorization": f"Bearer {description['token']}"}
        self.api = httpx.Client(base_url=description["api_url"], headers=headers, trust_env=False, timeout=WAIT_SECONDS)
        self.derms = httpx.Client(base_url=description["derms_url"], trust_env=False, timeout=WAIT_SECONDS)
        self.head_end = httpx.Client(base_url=description["head_end_url"], trust_env=False, timeout=WAIT_SECONDS)
        self.database = Database(description["database_url"])
        self.customers = CustomerPool(self.api)
        self._numbers: Iterator[int] = count(1)
        self._run = f"{os.getpid()}-{time.monotonic_ns() // 1_000_000}"

    def close(self) -> None:
        self.api.close()
        self.derms.close()
        self.head_end.close()
        self.database.close()

    def unique_name(self, prefix: str = "t") -> str:
        """Return a name that nobody has used."""
        return f"{prefix}-{self._run}-{next(self._numbers)}"

    def build_application(self, customer: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
        """Build a request for one thermostat of the customer's own."""
        who = customer or self.customers.take()
        return {
            "transaction_id": self.unique_name(),
            "account": who["cis_account_id"],
            "service_point": who["cis_service_point_id"],
            "program": "TSTAT-DR",
            "devices": [{"specification": "ecobee-premium", "serial_number": self.unique_name("SN")}],
            "terms": {"version": "2026-01", "accepted_by": "A tester", "accepted_at": "2026-06-01T00:00:00Z"},
            **changes,
        }

    def submit(self, application: dict[str, Any], **headers: str) -> httpx.Response:
        return self.api.post("/v1/program-enrollments", json=application, headers=headers)

    def submit_accepted(self, application: dict[str, Any]) -> str:
        """Submit a request that must be accepted, and return the enrollment's id."""
        response = self.submit(application)
        assert response.status_code == 202, response.text
        return response.json()["id"]

    def get_enrollment(self, enrollment: str) -> dict[str, Any]:
        return self.api.get(f"/v1/program-enrollments/{enrollment}").raise_for_status().json()

    def wait_for_enrollment(self, enrollment: str, state: str) -> dict[str, Any]:
        """Wait until the enrollment is in this state, and return its view."""
        self.wait_for_state("enrollment", enrollment, state)
        return self.get_enrollment(enrollment)

    def wait_for_state(self, table: str, row: str, *states: str) -> None:
        """Wait until the row is in one of these states; it is read from the table, which costs the API nothing."""
        asked = f"SELECT state FROM {table} WHERE id = $1"
        wait_for(
            lambda: self.database.value(asked, row) in states,
            instead=lambda: self.database.rows(f"SELECT * FROM {table} WHERE id = $1", row),
        )

    def wait_for_sync_request(self, enrollment: str, state: str) -> dict[str, Any]:
        """Wait until the enrollment's newest sync request is in this state, and return its view."""
        newest = "SELECT id, state FROM sync_request WHERE enrollment_id = $1 ORDER BY id DESC LIMIT 1"

        def there() -> Any:
            found = self.database.rows(newest, enrollment)
            return found and found[0]["state"] == state and found[0]["id"]

        request = wait_for(there, instead=lambda: self.get_enrollment(enrollment))
        return self.api.get(f"/v1/sync-requests/{request}").raise_for_status().json()

    def enroll(self, **changes: Any) -> str:
        """Submit an enrollment, and wait until the DERMS knows it."""
        enrollment = self.submit_accepted(self.build_application(**changes))
        self.wait_for_sync_request(enrollment, "synchronized")
        return enrollment

    def set_derms_faults(self, **named: Any) -> None:
        """Configure faults of the DERMS simulator for this test."""
        self.derms.put("/faults", json=named).raise_for_status()

    def search_derms(self, query: str) -> list[dict[str, Any]]:
        """Search the DERMS for resources."""
        return self.derms.get("/ders", params={"q": query}).raise_for_status().json()["items"]

    def list_from_derms(self, path: str) -> list[dict[str, Any]]:
        """Return all items of a list endpoint of the DERMS."""
        items: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = self.derms.get(path, params={"limit": 200, "cursor": cursor}).raise_for_status().json()
            items += page["items"]
            cursor = page["next_cursor"]
        return items

    def describe_enroll_workflow(self, enrollment: str) -> WorkflowExecutionDescription:
        """Describe the enrollment's workflow as Temporal knows it."""
        return self.describe_workflow(f"enroll/{enrollment}")

    def describe_workflow(self, workflow_id: str) -> WorkflowExecutionDescription:
        """Describe a workflow as Temporal knows it."""

        async def described() -> WorkflowExecutionDescription:
            client = await Client.connect(self.description["temporal_address"])
            return await client.get_workflow_handle(workflow_id).describe()

        return asyncio.run(described())

    def wait_for_workflow_end(self, workflow_id: str) -> WorkflowExecutionDescription:
        """Wait until the workflow, which may not have started yet, has ended; return its description."""

        def closed() -> WorkflowExecutionDescription | None:
            with suppress(RPCError):
                found = self.describe_workflow(workflow_id)
                return found if found.close_time else None
            return None

        return wait_for(closed, instead=lambda: self.describe_workflow(workflow_id).raw_description)

    def count_statements(self) -> float:
        """Return how many SQL statements the API and the worker have sent so far."""
        listening = psutil.Process(self.description["pids"]["worker"]).net_connections("tcp")
        port = next(one.laddr.port for one in listening if one.status == psutil.CONN_LISTEN)
        stack = (self.api.get("/metrics"), httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False))
        return sum(float(found.group(1)) for path in stack if (found := _STATEMENTS.search(path.text)))

    def get_catalog(self) -> dict[str, Any]:
        return self.api.get("/v1/catalog").raise_for_status().json()["catalog"]

    def add_program(self, code: str, like: str = "TSTAT-DR", **changes: Any) -> None:
        """Add a program that differs from an existing one by these changes."""
        self.add_programs({code: changes}, like)

    def add_programs(self, programs: dict[str, dict[str, Any]], like: str = "TSTAT-DR") -> None:
        """Add several programs, by their codes."""
        catalog = self.get_catalog()
        model = next(program for program in catalog["programs"] if program["code"] == like)
        catalog["programs"] += [
            {**model, "code": code, "conflict_group": code, **changes} for code, changes in programs.items()
        ]
        self.api.put("/v1/catalog", json=catalog).raise_for_status()
