"""The ports of the stack: checks those that a person chose, and chooses the others once and keeps them."""

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
# Systems use higher ports for outgoing connections, which could take a port while its part restarts.
PORT_RANGE = range(20_000, 32_000)


@dataclass(frozen=True)
class PortRequest:
    """A port, the part that needs it, and the flag that changes it."""

    part: str
    port: int
    flag: str


def check_ports(requests: Iterable[PortRequest]) -> None:
    """Checks all ports before anything starts, so that a person sees all conflicts at once."""
    problems = list(_list_problems(requests))
    if problems:
        raise StackError(problems[0], "\n".join(problems[1:]) or "Nothing was started.")


def _list_problems(requests: Iterable[PortRequest]) -> Iterable[str]:
    parts: dict[int, str] = {}
    for request in requests:
        port, part, remedy = request.port, request.part, f"Choose another with {request.flag}."
        if port in parts:
            yield f"Port {port} is wanted by both {parts[port]} and {part}. {remedy}"
        elif not 1 <= port <= 65535:
            yield f"Port {port} for {part} does not exist. {remedy}"
        elif conflict := explain_port_conflict(port):
            yield f"Port {port} for {part} {conflict}. {remedy}"
        parts[port] = part


def explain_port_conflict(port: int) -> str:
    """Returns why no program can listen on this port now, as the end of a sentence; empty if one can."""
    with socket.socket() as probe:
        # Without this option, a port that was in use a minute ago counts as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            return "needs more rights" if error.errno == errno.EACCES else f"is taken by {_describe_listener(port)}"
    with socket.socket() as client:
        client.settimeout(1)
        # On macOS a second process can listen on this address while another listens on all addresses.
        return f"is taken by {_describe_listener(port)}" if client.connect_ex((LOOPBACK, port)) == 0 else ""


def _describe_listener(port: int) -> str:
    try:
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:2] == (port,) and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return "another process (of another user, so its name is hidden)"


def load_or_choose_ports(path: Path, names: Iterable[str], avoid: Iterable[int] = ()) -> dict[str, int]:
    """Returns the ports of the last start; a new port for each that is taken now."""
    previous = read_json(path)
    taken = set(avoid)
    chosen: dict[str, int] = {}
    for name in names:
        port = previous.get(name)
        while not isinstance(port, int) or port in taken or explain_port_conflict(port):
            port = secrets.choice(PORT_RANGE)
        chosen[name] = port
        taken.add(port)
    write_json(path, {**previous, **chosen})
    return chosen
