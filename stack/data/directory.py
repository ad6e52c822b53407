"""The data folder of the stack: its lock, its layout and the version that wrote it."""

import errno
import fcntl
import os
import shutil
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from stack.data.json_files import read_json, write_json
from stack.errors import StackError

FORMAT_VERSION = 1
POSTGRESQL_MAJOR = 18
DISK_FULL_ERRNOS = (errno.ENOSPC, errno.EDQUOT)
ACCESS_ERRNOS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR, errno.ELOOP)
MIN_FREE_BYTES = 200 * 1024 * 1024
VERSION_REMEDY = "Run the gridenroll that wrote it, or start afresh in another folder with --data-dir."


@dataclass(frozen=True)
class DataDir:
    """The paths of the files in the folder. No other module of the stack knows them."""

    root: Path

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def postgresql(self) -> Path:
        return self.root / "postgresql"

    @property
    def temporal_database(self) -> Path:
        return self.root / "temporal.sqlite"

    @property
    def head_end_store(self) -> Path:
        return self.root / "head-end-simulator.sqlite"

    @property
    def derms_store(self) -> Path:
        return self.root / "derms-simulator.sqlite"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets.json"

    @property
    def ports(self) -> Path:
        return self.root / "ports.json"

    @property
    def processes(self) -> Path:
        return self.root / "processes.json"

    @property
    def stack(self) -> Path:
        return self.root / "stack.json"


@contextmanager
def open_data_dir(root: Path) -> Generator[DataDir]:
    """Creates the folder if necessary, checks that it is usable, and locks it until the block ends."""
    data = DataDir(root.expanduser().absolute())
    with ExitStack() as lock:
        with explain_os_errors(data.root):
            data.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            data.logs.mkdir(mode=0o700, exist_ok=True)
            lock.enter_context(_lock(data))
            _check_version(data)
            _check_free_space(data)
        yield data


@contextmanager
def explain_os_errors(root: Path) -> Generator[None]:
    """Turns file system errors in the block into a StackError that explains what a person can do."""
    try:
        yield
    except OSError as error:
        raise _to_stack_error(root, error) from error


def _to_stack_error(root: Path, error: OSError) -> Exception:
    if error.errno in DISK_FULL_ERRNOS:
        return StackError(f"The disk is full: {error}.", "Free some space, or choose another disk with --data-dir.")
    if error.errno in ACCESS_ERRNOS:
        return StackError(
            f"Cannot use {error.filename or root}: {error.strerror}.",
            "Choose a folder that you may write to with --data-dir, or correct its owner.",
        )
    return error


@contextmanager
def _lock(data: DataDir) -> Generator[None]:
    """Holds a lock that cannot be stale: the system drops it when its process ends, however it ends."""
    path = data.root / "lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _acquire_lock(descriptor, data)
        yield
    finally:
        os.close(descriptor)


def _acquire_lock(descriptor: int, data: DataDir) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 20, 0).decode() or "unknown"
        raise StackError(
            f"A stack already runs on {data.root} (process {holder}).",
            "Use that one, stop it with Ctrl-C in its terminal, or choose another folder with --data-dir.",
        ) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)


def _check_version(data: DataDir) -> None:
    path = data.root / "version.json"
    supported_versions = {"format": FORMAT_VERSION, "postgresql": POSTGRESQL_MAJOR}
    found = read_json(path) or supported_versions
    for key, supported in supported_versions.items():
        version = found.get(key)
        if not isinstance(version, int) or version > supported:
            newer = f"The data in {data.root} is of a newer version"
            raise StackError(f"{newer} ({key} {version}, this gridenroll knows {supported}).", VERSION_REMEDY)
        if version < supported:
            older = f"The data in {data.root} is of an older version"
            raise StackError(f"{older} ({key} {version}, this gridenroll needs {supported}).", VERSION_REMEDY)
    if not path.exists():
        write_json(path, supported_versions)


def _check_free_space(data: DataDir) -> None:
    free = shutil.disk_usage(data.root).free
    if free < MIN_FREE_BYTES:
        raise StackError(
            f"The disk is full: {free >> 20} MB free at {data.root}, {MIN_FREE_BYTES >> 20} MB needed.",
            "Free some space, or choose another disk with --data-dir.",
        )
