"""Runs PostgreSQL alone, for tests and tools that need a real database and nothing else of the stack."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from stack.data.credentials import load_or_create_credentials
from stack.data.directory import open_data_dir
from stack.errors import StackError
from stack.ports import load_or_choose_ports
from stack.postgresql.server import Postgres
from stack.processes.process import RunningProcess, start_process

READY_SECONDS = 180.0
STOP_SECONDS = 60.0


@contextmanager
def embedded_postgres(directory: Path, *, unsafe_fast: bool = False) -> Generator[str]:
    """Serves the database in a folder until the block ends, and returns its address.

        with tempfile.TemporaryDirectory() as folder, embedded_postgres(Path(folder), unsafe_fast=True) as url:
            connection = await asyncpg.connect(url)

    The address is `postgresql://postgres:<password>@127.0.0.1:<port>/gridenroll`. The database exists, and the role may
    create others. The folder has the layout of `gridenroll up`. Call this from the main thread.

    `unsafe_fast` makes it faster for tests; even a kill -9 may then lose the last commits. As root, do not use pytest's
    `tmp_path`: each pytest that starts makes the folders of all others inaccessible to PostgreSQL's ordinary user.
    """
    with open_data_dir(directory) as data:
        password = load_or_create_credentials(data).postgresql_password
        port = load_or_choose_ports(data.ports, ["postgresql"])["postgresql"]
        log = data.logs / "postgresql.log"
        postgres = Postgres(data.postgresql, log, port, password, unsafe_fast)
        running = start_process(postgres.prepare())
        try:
            _wait_until_ready(postgres, running)
            yield postgres.url
        finally:
            _stop(running)


def _wait_until_ready(postgres: Postgres, running: RunningProcess) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not postgres.is_accepting_connections(running.pid):
        if running.exit_code() is not None or time.monotonic() > deadline:
            raise StackError(
                "PostgreSQL did not start.", f"See {running.program.log}.", details=running.read_log_tail()
            )
        time.sleep(0.01)


def _stop(running: RunningProcess) -> None:
    running.request_stop()
    deadline = time.monotonic() + STOP_SECONDS
    while running.exit_code() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    running.kill()
