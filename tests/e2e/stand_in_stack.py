"""A stack of a real PostgreSQL and small stand-in programs, run as `gridenroll up` runs the real one.

Tests start it as a program of its own, so that they can send signals to it. Arguments: the data folder, the API port,
and the number of seconds after which the stand-in for the worker exits ("-" for never).
"""

import os
import sys
from functools import partial
from pathlib import Path

from stack.data.credentials import load_or_create_credentials
from stack.data.directory import DataDir
from stack.environment import Addresses, Ports
from stack.health import is_healthy
from stack.plan import Plan, build_postgres_part
from stack.ports import PortRequest, check_ports, load_or_choose_ports
from stack.postgresql.server import Postgres
from stack.processes.part import Job, Part, RestartPolicy
from stack.processes.process import Program
from stack.session import run_stack
from stack.terminal import Terminal, run_reporting_errors

QUICK_RESTARTS = RestartPolicy(max_failures=3, window_seconds=600.0, first_delay_seconds=0.05)


def build_plan(data: DataDir, api_port: int, worker_life: str) -> Plan:
    check_ports([PortRequest("the API", api_port, "--api-port")])
    credentials = load_or_create_credentials(data)
    port = load_or_choose_ports(data.ports, ["postgresql"])["postgresql"]
    log = data.logs / "postgresql.log"
    postgres = Postgres(data.postgresql, log, port, credentials.postgresql_password)
    steps = [
        [build_postgres_part(postgres)],
        Job("Preparation", program(data, "prepare", "-c", "print('prepared')")),
        [http_server(data, api_port), worker(data, worker_life)],
    ]
    return Plan(steps, Addresses(Ports(api=api_port), postgres.url, credentials))


def http_server(data: DataDir, port: int) -> Part:
    served = program(data, "api", "-m", "http.server", "--bind", "127.0.0.1", str(port))
    return Part("api", "API", lambda: served, lambda _pid: is_healthy(port, "/"))


def worker(data: DataDir, life: str) -> Part:
    sleep = "signal.pause()" if life == "-" else f"time.sleep({life}); sys.exit('no work left')"
    program_ = program(data, "worker", "-c", f"import signal, sys, time; {sleep}")
    return Part("worker", "Worker", lambda: program_, lambda _pid: True)


def program(data: DataDir, name: str, *arguments: str) -> Program:
    return Program(name, (sys.executable, *arguments), data.logs / f"{name}.log", dict(os.environ), data.logs)


if __name__ == "__main__":
    folder, api_port, worker_life = sys.argv[1:]
    terminal = Terminal()
    make_plan = partial(build_plan, api_port=int(api_port), worker_life=worker_life)
    sys.exit(
        run_reporting_errors(
            partial(run_stack, Path(folder), make_plan, terminal.print_line, terminal.print_welcome, QUICK_RESTARTS)
        )
    )
