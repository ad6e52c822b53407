"""As whom PostgreSQL runs: it refuses to run as root, so root lends its data to an ordinary user."""

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from stack.errors import StackError

SYSTEM_USER = "pgserver"
OTHERS_READ = stat.S_IROTH
OTHERS_SEARCH = stat.S_IXOTH


@dataclass(frozen=True)
class Owner:
    """None means: whoever we are."""

    user: int | None = None
    group: int | None = None

    def give(self, path: Path) -> None:
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)


def owner_of(cluster: Path, programs: Path) -> Owner:
    """Ourselves, or the user to whom root leaves the data and who is then able to reach the data and the programs."""
    if os.geteuid() != 0:
        _check_name(os.geteuid())
        return Owner()
    owner = _present_owner(cluster) or _system_user()
    for folder in (cluster, programs):
        _let_others_reach(folder)
    _let_others_read(programs.parent)
    return owner


def _check_name(user: int) -> None:
    try:
        pwd.getpwuid(user)
    except KeyError as error:
        raise StackError(
            f"PostgreSQL does not run as user {user}, who has no name on this machine.",
            "Run gridenroll as a user with an entry in /etc/passwd, or name a database in GRIDENROLL_DATABASE_URL.",
        ) from error


def _present_owner(cluster: Path) -> Owner | None:
    """Data that an ordinary user made stay theirs when root starts the stack."""
    if not cluster.exists() or cluster.stat().st_uid == 0:
        return None
    return Owner(cluster.stat().st_uid, cluster.stat().st_gid)


def _system_user() -> Owner:
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        _add_system_user()
        entry = pwd.getpwnam(SYSTEM_USER)
    return Owner(entry.pw_uid, entry.pw_gid)


def _add_system_user() -> None:
    command = ("useradd", "--system", "--no-create-home", "--shell", "/bin/false", SYSTEM_USER)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise _no_user(str(error)) from error
    already_there = 9
    if done.returncode not in (0, already_there):
        raise _no_user(done.stderr.strip())


def _no_user(reason: str) -> StackError:
    return StackError(
        f"PostgreSQL does not run as root, and the user {SYSTEM_USER} cannot be added: {reason}.",
        "Run gridenroll as an ordinary user, or add that user yourself.",
    )


def _let_others_reach(path: Path) -> None:
    """Searchable, not readable: nobody can list a folder because of this."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & OTHERS_SEARCH:
            parent.chmod(stat.S_IMODE(mode) | OTHERS_SEARCH)


def _let_others_read(installation: Path) -> None:
    """A root with a strict umask installs packages that only root can read."""
    for path in (installation, *installation.rglob("*")):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            continue
        missing = OTHERS_READ | (OTHERS_SEARCH if mode & stat.S_IXUSR else 0)
        if mode & missing != missing:
            path.chmod(stat.S_IMODE(mode) | missing)
