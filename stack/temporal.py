"""Runs the Temporal server and its UI of the Python environment, which keep their histories in one file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stack.health import is_healthy
from stack.ports import LOOPBACK
from stack.processes.process import Program, find_program

# Measured on two cores: without the pragmas it has a third of the speed, and the concurrency adds 40 %.
TUNING = (
    *("--sqlite-pragma", "journal_mode=WAL"),
    *("--sqlite-pragma", "synchronous=NORMAL"),
    *("--dynamic-config-value", "history.shardIOConcurrency=4"),
    *("--log-level", "error"),
)


@dataclass(frozen=True)
class Temporal:
    """A server; its search attributes map names to types."""

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
        """Asks the server through the UI: a response means that both are up."""
        return is_healthy(self.ui_port, "/api/v1/namespaces/default")
