"""What the stack of gridenroll is made of, in the order of its start. Data for the supervisor."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stack.credentials import kept_credentials
from stack.data_dir import DataDir
from stack.environment import Addresses, Ports, outside_database, outside_temporal
from stack.health import answers
from stack.part import Chore, Part
from stack.ports import LOOPBACK, PortWanted, check_ports, kept_ports
from stack.postgres import Postgres
from stack.process import Program
from stack.supervisor import Step
from stack.temporal import Temporal

# Started from here, `-m` finds our packages, and not what lies in the folder of the person.
PACKAGES = Path(__file__).parents[1]


@dataclass(frozen=True)
class Command:
    """A command of ours that ends, as its arguments."""

    title: str
    arguments: Sequence[str]


@dataclass(frozen=True)
class Plan:
    """Steps to take, and where their results are found."""

    steps: Sequence[Step]
    addresses: Addresses


@dataclass(frozen=True)
class Wishes:
    """What the caller decides; the stack itself knows neither tables nor examples."""

    ports: Ports
    search_attributes: Mapping[str, str]
    before_api: Sequence[Command] = ()
    after_all: Sequence[Command] = ()


def plan(data: DataDir, wishes: Wishes) -> Plan:
    """Everything is checked that can be before anything is started."""
    ports = wishes.ports
    wanted = _wanted(ports)
    check_ports(wanted)
    kept = kept_ports(data.ports, ["postgresql", "worker_health"], avoid=[want.port for want in wanted])
    credentials = kept_credentials(data)
    postgres = Postgres(
        data.postgresql, data.logs / "postgresql.log", kept["postgresql"], credentials.postgresql_password
    )
    addresses = Addresses(
        ports=replace(ports, worker_health=kept["worker_health"]),
        database_url=outside_database() or postgres.url,
        credentials=credentials,
        temporal_is_outside=bool(outside_temporal()),
    )
    steps: list[Step] = [
        [
            *([] if outside_database() else [postgres_part(postgres)]),
            *([] if outside_temporal() else [_temporal(data, wishes)]),
            _simulator(data, addresses),
            _head_end(data, addresses),
        ],
        *(_chore(data, addresses, command) for command in wishes.before_api),
        [_api(data, addresses), _worker(data, addresses)],
        *(_chore(data, addresses, command) for command in wishes.after_all),
    ]
    return Plan(steps, addresses)


def _wanted(ports: Ports) -> list[PortWanted]:
    temporal = [
        PortWanted("Temporal", ports.temporal, "--temporal-port"),
        PortWanted("the Temporal UI", ports.temporal_ui, "--ui-port"),
    ]
    return [
        PortWanted("the API", ports.api, "--api-port"),
        *([] if outside_temporal() else temporal),
        PortWanted("the DERMS simulator", ports.derms, "--derms-port"),
        PortWanted("the head-end simulator", ports.head_end, "--head-end-port"),
    ]


def postgres_part(postgres: Postgres) -> Part:
    """Returns the part that serves the record, which is given much time to stop."""
    return Part(
        "postgresql",
        "PostgreSQL",
        postgres.prepare,
        postgres.accepts_connections,
        # A kill would only move that work to the next start, which would have to recover first.
        stop_within=300.0,
        while_stopping="it writes its last checkpoint; a second Ctrl-C ends it at once, then the next start is slow",
    )


def _temporal(data: DataDir, wishes: Wishes) -> Part:
    temporal = Temporal(
        data.temporal_database,
        data.logs / "temporal.log",
        wishes.ports.temporal,
        wishes.ports.temporal_ui,
        wishes.search_attributes,
    )
    return Part("temporal", "Temporal", temporal.prepare, temporal.serves)


def _simulator(data: DataDir, addresses: Addresses) -> Part:
    environment = addresses.environment() | {
        "DERMS_SIMULATOR_HOST": LOOPBACK,
        "DERMS_SIMULATOR_PORT": str(addresses.ports.derms),
        "DERMS_SIMULATOR_STORE": str(data.simulator_store),
        "DERMS_SIMULATOR_CALLBACK_URL": f"{addresses.api_url}/v1/derms/acknowledgements",
        "DERMS_SIMULATOR_SECRET": addresses.credentials.derms_secret,
    }
    program = _python(data, environment, "simulator", "simulator")
    return _http_part("simulator", "DERMS simulator", program, addresses.ports.derms, "/healthz")


def _head_end(data: DataDir, addresses: Addresses) -> Part:
    environment = addresses.environment() | {
        "HEAD_END_SIMULATOR_HOST": LOOPBACK,
        "HEAD_END_SIMULATOR_PORT": str(addresses.ports.head_end),
        "HEAD_END_SIMULATOR_STORE": str(data.head_end_store),
        "HEAD_END_SIMULATOR_CALLBACK_URL": f"{addresses.api_url}/v1/head-end/answers",
        "HEAD_END_SIMULATOR_SECRET": addresses.credentials.head_end_secret,
    }
    program = _python(data, environment, "head_end", "simulator.head_end")
    return _http_part("head_end", "Head-end simulator", program, addresses.ports.head_end, "/healthz")


def _chore(data: DataDir, addresses: Addresses, command: Command) -> Chore:
    return Chore(command.title, _python(data, addresses.environment(), "prepare", "cli.main", *command.arguments))


def _api(data: DataDir, addresses: Addresses) -> Part:
    program = _python(data, addresses.environment(), "api", "cli.main", "serve", "api")
    return _http_part("api", "API", program, addresses.ports.api, "/readyz")


def _worker(data: DataDir, addresses: Addresses) -> Part:
    program = _python(data, addresses.environment(), "worker", "cli.main", "serve", "worker")
    part = _http_part("worker", "Worker", program, addresses.ports.worker_health, "/healthz")
    # It lets the calls in flight finish for 20 s.
    return replace(part, stop_within=30.0, while_stopping="it lets calls to the DERMS and the head-end finish")


def _python(data: DataDir, environment: Mapping[str, str], name: str, module: str, *arguments: str) -> Program:
    return Program(
        name=name,
        command=(sys.executable, "-m", module, *arguments),
        log=data.logs / f"{name}.log",
        environment=environment,
        folder=PACKAGES,
    )


def _http_part(name: str, title: str, program: Program, port: int, path: str) -> Part:
    # They give themselves ten seconds to finish what they have begun.
    return Part(name, title, lambda: program, lambda _pid: answers(port, path), stop_within=30.0)
