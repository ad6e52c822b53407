"""A real Temporal server with its UI, from the Python environment, that keeps its histories in one file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stack.health import is_healthy
from stack.ports import LOOPBACK
from stack.processes.process import Program, find_program

# Measured on two cores: a third of the speed without the pragmas, 40 % more with the concurrency.
TUNING = (
    *("--sqlite-pragma", "journal_mode=WAL"),
    *("--sqlite-pragma", "synchronous=NORMAL"),
    *("--dynamic-config-value", "history.shardIOConcurrency=4"),
    *("--log-level", "error"),
)


@dataclass(frozen=True)
class Temporal:
    """One server; search attributes are given as name and type."""

    database: Path
    log: Path
    port: int
    ui_port: int
    search_attributes: Mapping[str, str]

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def ui_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ui_port}"

    def prepare(self) -> Program:
        attributes = [
            part for name, kind in self.search_attributes.items() for part in ("--search-attribute", f"{name}={kind}")
        ]
        return Program(
            name="temporal",
            command=(
                *(find_program("temporal"), "server", "start-dev", "--ip", LOOPBACK),
                *("--port", str(self.port), "--ui-port", str(self.ui_port), "--db-filename", str(self.database)),
                *TUNING,
                *attributes,
            ),
            log=self.log,
        )

    def is_serving(self, _pid: int) -> bool:
        """Asked through the UI, which asks the server: both are up when this is answered."""
        return is_healthy(self.ui_port, "/api/v1/namespaces/default")
