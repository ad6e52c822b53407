"""Chooses the user that PostgreSQL runs as. It refuses to run as root, so root gives its data to an ordinary user."""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from stack.errors import StackError

SYSTEM_USER = "pgserver"
FALLBACK_USERS = ("postgres", "nobody")
"""Ordinary users of most systems, for a system on which no user can be added."""
ADMIN_PROGRAM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""The folders of programs for administrators, which `su` and many containers leave out of the PATH."""
OTHERS_READ = stat.S_IROTH
OTHERS_SEARCH = stat.S_IXOTH


@dataclass(frozen=True)
class Owner:
    """A user and a group; None for those of this process."""

    user: int | None = None
    group: int | None = None

    def assign(self, path: Path) -> None:
        """Makes this the owner of the path."""
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)


def prepare_owner(cluster: Path, programs: Path) -> Owner:
    """Returns the owner of the cluster: the current user, or for root an ordinary user.

    That user gets access to the folders of the data and the programs.
    """
    if os.geteuid() != 0:
        _require_user_name(os.geteuid())
        return Owner()
    owner = _get_current_owner(cluster) or _get_system_user()
    for folder in (cluster, programs):
        _allow_others_to_search(folder)
    _allow_others_to_read(programs.parent)
    return owner


def _require_user_name(user: int) -> None:
    try:
        pwd.getpwuid(user)
    except KeyError as error:
        raise StackError(
            f"PostgreSQL does not run as user {user}, who has no name on this machine.",
            "Run gridenroll as a user with an entry in /etc/passwd, or name a database in GRIDENROLL_DATABASE_URL.",
        ) from error


def _get_current_owner(cluster: Path) -> Owner | None:
    """Returns the ordinary user who owns the data already; None if there is none."""
    if not cluster.exists() or cluster.stat().st_uid == 0:
        return None
    return Owner(cluster.stat().st_uid, cluster.stat().st_gid)


def _get_system_user() -> Owner:
    """Returns PostgreSQL's own user, which is added if necessary, or an existing one if none can be added."""
    if not _user_exists(SYSTEM_USER):
        reason = _add_system_user()
        if reason and not any(map(_user_exists, FALLBACK_USERS)):
            raise _build_no_user_error(reason)
    entry = pwd.getpwnam(next(filter(_user_exists, (SYSTEM_USER, *FALLBACK_USERS))))
    return Owner(entry.pw_uid, entry.pw_gid)


def _user_exists(name: str) -> bool:
    """Returns whether this user exists and is not root under another name."""
    try:
        return pwd.getpwnam(name).pw_uid != 0
    except KeyError:
        return False


def _add_system_user() -> str:
    """Adds PostgreSQL's own user; returns why that failed, or an empty text."""
    places = os.pathsep.join((os.environ.get("PATH", os.defpath), *ADMIN_PROGRAM_FOLDERS))
    program = shutil.which("useradd", path=places)
    if program is None:
        return f"there is no useradd in {places}"
    command = (program, "--system", "--no-create-home", "--shell", "/bin/false", SYSTEM_USER)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    return "" if _user_exists(SYSTEM_USER) else done.stderr.strip() or f"useradd ended with exit code {done.returncode}"


def _build_no_user_error(reason: str) -> StackError:
    others = " or ".join(FALLBACK_USERS)
    return StackError(
        f"PostgreSQL does not run as root; the user {SYSTEM_USER} cannot be added ({reason}), nor is there {others}.",
        "Run gridenroll as an ordinary user, or add one of these users yourself.",
    )


def _allow_others_to_search(path: Path) -> None:
    """Allows other users to pass through the folders above a path, but not to list them."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & OTHERS_SEARCH:
            parent.chmod(stat.S_IMODE(mode) | OTHERS_SEARCH)


def _allow_others_to_read(installation: Path) -> None:
    """Allows other users to read the programs, which root may have installed with a strict umask."""
    for path in (installation, *installation.rglob("*")):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            continue
        missing = OTHERS_READ | (OTHERS_SEARCH if mode & stat.S_IXUSR else 0)
        if mode & missing != missing:
            path.chmod(stat.S_IMODE(mode) | missing)
