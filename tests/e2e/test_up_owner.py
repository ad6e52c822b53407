"""Root and ordinary users alike may start the stack; PostgreSQL, which refuses root, serves both."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.ports import kept_ports
from tests.e2e.spoken import Spoken

STAND_INS = Path(__file__).with_name("up_stand_ins.py")
NOBODY = 65534
# Keeps the right to reach an environment that root has closed to others: only who we are is to differ.
BECOME_NOBODY = (
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    *("--inh-caps=+dac_override", "--ambient-caps=+dac_override"),
)
ROOT_MAY_BECOME_NOBODY = os.geteuid() == 0 and shutil.which("setpriv")
STARTERS = {"as we are": (), **({"as nobody": BECOME_NOBODY} if ROOT_MAY_BECOME_NOBODY else {})}


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        if ROOT_MAY_BECOME_NOBODY:
            Path(folder).chmod(0o777)
        yield Path(folder)


@pytest.mark.parametrize("before", STARTERS.values(), ids=STARTERS.keys())
def test_postgresql_runs_as_an_ordinary_user_whoever_starts_it(folder: Path, before: tuple[str, ...]) -> None:
    port = kept_ports(folder / "ports.json", ["api"])["api"]
    arguments = [str(STAND_INS), str(folder / "data"), str(port), "-"]
    with Spoken(arguments, {**os.environ, "HOME": str(folder)}, before=before) as up:
        up.says("Try:")
        owners = {process.uids().effective for process in up.family() if process.name() == "postgres"}
        assert up.ends(signal.SIGTERM) == 0
    assert len(owners) == 1
    assert 0 not in owners
    assert (folder / "data").stat().st_uid == (NOBODY if before else os.geteuid())
