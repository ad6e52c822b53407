"""A stack of a real PostgreSQL and small stand-in programs, run as `gridenroll up` runs the real one.

Started by test_up_*.py as a program of its own, so that it can be sent signals. Arguments: data folder, API port,
then the number of seconds after which the stand-in for the worker ends by itself ("-" for never).
"""

import os
import sys
from functools import partial
from pathlib import Path

from stack.credentials import kept_credentials
from stack.data_dir import DataDir
from stack.environment import Addresses, Ports
from stack.health import answers
from stack.part import Chore, Part, Patience
from stack.plan import Plan, postgres_part
from stack.ports import PortWanted, check_ports, kept_ports
from stack.postgres import Postgres
from stack.process import Program
from stack.session import run
from stack.terminal import Terminal, guarded

IMPATIENT = Patience(deaths=3, within=600.0, first_pause=0.05)


def plan(data: DataDir, api_port: int, worker_life: str) -> Plan:
    check_ports([PortWanted("the API", api_port, "--api-port")])
    credentials = kept_credentials(data)
    port = kept_ports(data.ports, ["postgresql"])["postgresql"]
    log = data.logs / "postgresql.log"
    postgres = Postgres(data.postgresql, log, port, credentials.postgresql_password)
    steps = [
        [postgres_part(postgres)],
        Chore("Preparation", program(data, "prepare", "-c", "print('prepared')")),
        [http_server(data, api_port), worker(data, worker_life)],
    ]
    return Plan(steps, Addresses(Ports(api=api_port), postgres.url, credentials))


def http_server(data: DataDir, port: int) -> Part:
    served = program(data, "api", "-m", "http.server", "--bind", "127.0.0.1", str(port))
    return Part("api", "API", lambda: served, lambda _pid: answers(port, "/"))


def worker(data: DataDir, life: str) -> Part:
    sleep = "signal.pause()" if life == "-" else f"time.sleep({life}); sys.exit('no work left')"
    program_ = program(data, "worker", "-c", f"import signal, sys, time; {sleep}")
    return Part("worker", "Worker", lambda: program_, lambda _pid: True)


def program(data: DataDir, name: str, *arguments: str) -> Program:
    return Program(name, (sys.executable, *arguments), data.logs / f"{name}.log", dict(os.environ), data.logs)


if __name__ == "__main__":
    folder, api_port, worker_life = sys.argv[1:]
    terminal = Terminal()
    make_plan = partial(plan, api_port=int(api_port), worker_life=worker_life)
    sys.exit(guarded(partial(run, Path(folder), make_plan, terminal.say, terminal.welcome, IMPATIENT)))
