"""Which ports the stack listens on: those a person chose must be free, those nobody chose are found once and kept."""

import errno
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from stack.data.json_files import read_json, write_json
from stack.errors import StackError

LOOPBACK = "127.0.0.1"
# Below those that systems hand out to outgoing connections, which could hold a port of ours when a part restarts.
PORT_RANGE = range(20_000, 32_000)


@dataclass(frozen=True)
class PortRequest:
    """A port with the part that needs it and the flag that moves it."""

    part: str
    port: int
    flag: str


def check_ports(wanted: Iterable[PortRequest]) -> None:
    """All of them before anything starts, so that a person corrects them in one go."""
    problems = list(_list_problems(list(wanted)))
    if problems:
        raise StackError(problems[0], "\n".join(problems[1:]) or "Nothing was started.")


def _list_problems(wanted: list[PortRequest]) -> Iterable[str]:
    taken_by_us: dict[int, str] = {}
    for want in wanted:
        move = f"Choose another with {want.flag}."
        if want.port in taken_by_us:
            yield f"Port {want.port} is wanted by both {taken_by_us[want.port]} and {want.part}. {move}"
        elif not 1 <= want.port <= 65535:
            yield f"Port {want.port} for {want.part} does not exist. {move}"
        elif reason := explain_port_conflict(want.port):
            yield f"Port {want.port} for {want.part} {reason}. {move}"
        taken_by_us[want.port] = want.part


def explain_port_conflict(port: int) -> str:
    """Why nobody can listen there now; empty when one can."""
    with socket.socket() as probe:
        # Without it, a port that was in use a minute ago counts as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            return "needs more rights" if error.errno == errno.EACCES else f"is taken by {_describe_listener(port)}"
    with socket.socket() as visitor:
        visitor.settimeout(1)
        # macOS lets two processes listen when one took all addresses and the other took this one.
        return f"is taken by {_describe_listener(port)}" if visitor.connect_ex((LOOPBACK, port)) == 0 else ""


def _describe_listener(port: int) -> str:
    try:
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:2] == (port,) and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return "another process (of another user, so its name is hidden)"


def load_or_choose_ports(path: Path, names: Iterable[str], avoid: Iterable[int] = ()) -> dict[str, int]:
    """The ports of the last time while they are free, new ones where they are not."""
    before = read_json(path)
    taken = set(avoid)
    chosen: dict[str, int] = {}
    for name in names:
        port = before.get(name)
        while not isinstance(port, int) or port in taken or explain_port_conflict(port):
            port = secrets.choice(PORT_RANGE)
        chosen[name] = port
        taken.add(port)
    write_json(path, {**before, **chosen})
    return chosen
