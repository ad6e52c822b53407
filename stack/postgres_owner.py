"""As whom PostgreSQL runs: it refuses to run as root, so root lends its data to an ordinary user."""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from stack.errors import StackError

SYSTEM_USER = "pgserver"
LENDERS = ("postgres", "nobody")
"""Ordinary users whom most systems have, for one on which no user can be added."""
SYSTEM_PROGRAMS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Where programs of the administrator are; `su` and many containers leave them out of the PATH."""
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
    """PostgreSQL's own user, added if need be; where none can be added, another ordinary one that exists."""
    if not _exists(SYSTEM_USER):
        reason = _add_system_user()
        if reason and not any(map(_exists, LENDERS)):
            raise _no_user(reason)
    entry = pwd.getpwnam(next(filter(_exists, (SYSTEM_USER, *LENDERS))))
    return Owner(entry.pw_uid, entry.pw_gid)


def _exists(name: str) -> bool:
    """Whether there is such a user, who is not root by another name."""
    try:
        return pwd.getpwnam(name).pw_uid != 0
    except KeyError:
        return False


def _add_system_user() -> str:
    """Adds it; returns why that cannot be done, or nothing."""
    places = os.pathsep.join((os.environ.get("PATH", os.defpath), *SYSTEM_PROGRAMS))
    program = shutil.which("useradd", path=places)
    if program is None:
        return f"there is no useradd in {places}"
    command = (program, "--system", "--no-create-home", "--shell", "/bin/false", SYSTEM_USER)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    return "" if _exists(SYSTEM_USER) else done.stderr.strip() or f"useradd ended with exit code {done.returncode}"


def _no_user(reason: str) -> StackError:
    others = " or ".join(LENDERS)
    return StackError(
        f"PostgreSQL does not run as root; the user {SYSTEM_USER} cannot be added ({reason}), nor is there {others}.",
        "Run gridenroll as an ordinary user, or add one of these users yourself.",
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
