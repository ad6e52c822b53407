"""Root and ordinary users may start the stack; PostgreSQL, which refuses root, works for both."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.ports import load_or_choose_ports
from stack.postgresql.owner import FALLBACK_USERS, SYSTEM_USER
from tests.e2e.running_program import RunningProgram

STAND_INS = Path(__file__).with_name("stand_in_stack.py")
NOBODY = 65534
# Keep the right to reach an environment that root has closed to others: only the user shall differ.
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
def test_postgresql_runs_as_an_ordinary_user_whoever_starts_the_stack(folder: Path, before: tuple[str, ...]) -> None:
    port = load_or_choose_ports(folder / "ports.json", ["api"])["api"]
    arguments = [str(STAND_INS), str(folder / "data"), str(port), "-"]
    with RunningProgram(arguments, {**os.environ, "HOME": str(folder)}, before=before) as up:
        up.wait_for_output("Try:")
        owners = {process.uids().effective for process in up.list_children() if process.name() == "postgres"}
        assert up.stop(signal.SIGTERM) == 0
    assert len(owners) == 1
    assert 0 not in owners
    assert (folder / "data").stat().st_uid == (NOBODY if before else os.geteuid())


MOUNTS = ("unshare", "--mount", "--propagation", "private")
ANOTHER_MACHINE = f"""
set -e
cp -a /etc "$0/etc"
sed -i '/^{SYSTEM_USER}:/d' "$0/etc/passwd" "$0/etc/shadow" "$0/etc/group"
mount --bind "$0/etc" /etc
"""
"""For this program alone: without PostgreSQL's user."""
NOBODY_CAN_BE_ADDED = """
for place in /usr/local/sbin /usr/sbin /sbin; do
    test ! -e $place/useradd || mount --bind /dev/null $place/useradd
done
"""


def may_mount() -> bool:
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return False
    return (
        subprocess.run([*MOUNTS, "mount", "--bind", "/tmp", "/tmp"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.skipif(not may_mount(), reason="only root, who may mount, can have a machine without the user")
@pytest.mark.parametrize("without_useradd", [False, True], ids=["useradd not on the PATH", "no useradd at all"])
def test_root_needs_neither_sbin_on_the_path_nor_useradd(folder: Path, *, without_useradd: bool) -> None:
    port = load_or_choose_ports(folder / "ports.json", ["api"])["api"]
    script = ANOTHER_MACHINE + (NOBODY_CAN_BE_ADDED if without_useradd else "") + 'exec "$@"'
    environment = {**os.environ, "HOME": str(folder), "PATH": "/usr/bin:/bin"}
    arguments = [str(STAND_INS), str(folder / "data"), str(port), "-"]
    with RunningProgram(arguments, environment, before=(*MOUNTS, "sh", "-c", script, str(folder))) as up:
        up.wait_for_output("Try:")
        owners = {process.uids().effective for process in up.list_children() if process.name() == "postgres"}
        assert up.stop(signal.SIGTERM) == 0
    added = f"{SYSTEM_USER}:" in (folder / "etc" / "passwd").read_text()
    assert added is not without_useradd
    assert len(owners) == 1
    assert 0 not in owners
    if without_useradd:
        assert owners <= {
            pwd.getpwnam(name).pw_uid for name in FALLBACK_USERS if f"{name}:" in Path("/etc/passwd").read_text()
        }
    assert {path.stat().st_uid for path in (folder / "data" / "postgresql").iterdir()} == owners
