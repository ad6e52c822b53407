"""Runs the PostgreSQL server of the Python environment, on loopback only and always with a password."""

import signal
from dataclasses import dataclass
from pathlib import Path

from stack.data.directory import POSTGRESQL_MAJOR
from stack.errors import StackError
from stack.ports import LOOPBACK
from stack.postgresql.cluster import DATABASE, SUPERUSER, NewCluster, build_environment, find_programs_folder
from stack.postgresql.owner import Owner, prepare_owner
from stack.processes.leftovers import stop_leftover_postgres
from stack.processes.process import Program

STATUS_LINE = 7
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}
# Data may be lost when the machine loses power, which is fine for tests.
UNSAFE_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Postgres:
    """A database cluster and the settings of its server."""

    cluster: Path
    log: Path
    port: int
    password: str
    unsafe_fast: bool = False

    @property
    def url(self) -> str:
        return f"postgresql://{SUPERUSER}:{self.password}@{LOOPBACK}:{self.port}/{DATABASE}"

    def prepare(self) -> Program:
        """Returns the server to run. Creates its cluster the first time, and stops a former server of it."""
        owner = prepare_owner(self.cluster, find_programs_folder())
        if not self.cluster.exists():
            NewCluster(self.cluster, self.log, owner, self.password, synchronize=not self.unsafe_fast).create()
        _check_major(self.cluster)
        stop_leftover_postgres(self.cluster)
        return self._build_program(owner)

    def _build_program(self, owner: Owner) -> Program:
        settings = {**SETTINGS, "port": str(self.port), **(UNSAFE_SETTINGS if self.unsafe_fast else {})}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Program(
            name="postgresql",
            command=(str(find_programs_folder() / "postgres"), "-D", str(self.cluster), *options),
            log=self.log,
            environment=build_environment(),
            user=owner.user,
            group=owner.group,
            # SIGINT ends the connections and writes a checkpoint; SIGTERM would wait for the last client.
            stop_signal=signal.SIGINT,
            # SIGKILL would not reach its child processes.
            fast_stop_signal=signal.SIGQUIT,
            orphan_signal=signal.SIGINT,
        )

    def is_accepting_connections(self, pid: int) -> bool:
        """Reads the status that PostgreSQL writes to the last line of this file, as pg_ctl does."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            return False
        return lines[0] == str(pid) and len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"


def _check_major(cluster: Path) -> None:
    found = (cluster / "PG_VERSION").read_text().strip()
    if found != str(POSTGRESQL_MAJOR):
        raise StackError(
            f"The data in {cluster} belong to PostgreSQL {found}; this is {POSTGRESQL_MAJOR}.",
            "Run the gridenroll that wrote them, or start afresh in another folder with --data-dir.",
        )
