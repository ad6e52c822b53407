"""The parts and jobs of the stack, in the order of their start."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stack.data.credentials import load_or_create_credentials
from stack.data.directory import DataDir
from stack.environment import Addresses, Ports, get_external_database_url, get_external_temporal_address
from stack.health import is_healthy
from stack.ports import LOOPBACK, PortRequest, check_ports, load_or_choose_ports
from stack.postgresql.server import Postgres
from stack.processes.part import Job, Part
from stack.processes.process import Program
from stack.processes.supervisor import Step
from stack.temporal import Temporal

# Programs start in this folder, so that `-m` finds our packages and not files in the person's folder.
SOURCE_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Command:
    """The arguments of a `gridenroll` command that ends."""

    title: str
    arguments: Sequence[str]


@dataclass(frozen=True)
class Plan:
    """The steps of the start, and the addresses that result."""

    steps: Sequence[Step]
    addresses: Addresses


@dataclass(frozen=True)
class StackOptions:
    """What the caller chooses. The stack itself knows neither tables nor examples."""

    ports: Ports
    search_attributes: Mapping[str, str]
    before_api: Sequence[Command] = ()
    after_all: Sequence[Command] = ()


def build_plan(data: DataDir, options: StackOptions) -> Plan:
    """Builds the plan, after all checks that are possible before anything starts."""
    requested = _list_requested_ports(options.ports)
    check_ports(requested)
    taken = [request.port for request in requested]
    chosen = load_or_choose_ports(data.ports, ["postgresql", "worker_health"], avoid=taken)
    credentials = load_or_create_credentials(data)
    log = data.logs / "postgresql.log"
    postgres = Postgres(data.postgresql, log, chosen["postgresql"], credentials.postgresql_password)
    addresses = Addresses(
        ports=replace(options.ports, worker_health=chosen["worker_health"]),
        database_url=get_external_database_url() or postgres.url,
        credentials=credentials,
        is_temporal_external=bool(get_external_temporal_address()),
    )
    return Plan(_list_steps(data, options, postgres, addresses), addresses)


def _list_steps(data: DataDir, options: StackOptions, postgres: Postgres, addresses: Addresses) -> list[Step]:
    return [
        [
            *([] if get_external_database_url() else [build_postgres_part(postgres)]),
            *([] if get_external_temporal_address() else [_build_temporal_part(data, options)]),
            _build_derms_part(data, addresses),
            _build_head_end_part(data, addresses),
        ],
        *(_build_job(data, addresses, command) for command in options.before_api),
        [_build_api_part(data, addresses), _build_worker_part(data, addresses)],
        *(_build_job(data, addresses, command) for command in options.after_all),
    ]


def _list_requested_ports(ports: Ports) -> list[PortRequest]:
    temporal = [
        PortRequest("Temporal", ports.temporal, "--temporal-port"),
        PortRequest("the Temporal UI", ports.temporal_ui, "--ui-port"),
    ]
    return [
        PortRequest("the API", ports.api, "--api-port"),
        *([] if get_external_temporal_address() else temporal),
        PortRequest("the DERMS simulator", ports.derms, "--derms-port"),
        PortRequest("the head-end simulator", ports.head_end, "--head-end-port"),
    ]


def build_postgres_part(postgres: Postgres) -> Part:
    """Builds the part that runs PostgreSQL, with much time to stop."""
    return Part(
        "postgresql",
        "PostgreSQL",
        postgres.prepare,
        postgres.is_accepting_connections,
        # After a kill, the next start would have to recover the database, which takes as long.
        stop_seconds=300.0,
        stop_note="it writes its last checkpoint; a second Ctrl-C ends it at once, then the next start is slow",
    )


def _build_temporal_part(data: DataDir, options: StackOptions) -> Part:
    temporal = Temporal(
        data.temporal_database,
        data.logs / "temporal.log",
        options.ports.temporal,
        options.ports.temporal_ui,
        options.search_attributes,
    )
    return Part("temporal", "Temporal", temporal.prepare, temporal.is_serving)


def _build_derms_part(data: DataDir, addresses: Addresses) -> Part:
    environment = addresses.build_environment() | {
        "DERMS_SIMULATOR_HOST": LOOPBACK,
        "DERMS_SIMULATOR_PORT": str(addresses.ports.derms),
        "DERMS_SIMULATOR_STORE": str(data.derms_store),
        "DERMS_SIMULATOR_CALLBACK_URL": f"{addresses.api_url}/v1/derms/acknowledgements",
        "DERMS_SIMULATOR_SECRET": addresses.credentials.derms_secret,
    }
    program = _build_python_program(data, environment, "simulator", "simulator.derms")
    return _build_http_part("simulator", "DERMS simulator", program, addresses.ports.derms, "/healthz")


def _build_head_end_part(data: DataDir, addresses: Addresses) -> Part:
    environment = addresses.build_environment() | {
        "HEAD_END_SIMULATOR_HOST": LOOPBACK,
        "HEAD_END_SIMULATOR_PORT": str(addresses.ports.head_end),
        "HEAD_END_SIMULATOR_STORE": str(data.head_end_store),
        "HEAD_END_SIMULATOR_CALLBACK_URL": f"{addresses.api_url}/v1/head-end/answers",
        "HEAD_END_SIMULATOR_SECRET": addresses.credentials.head_end_secret,
    }
    program = _build_python_program(data, environment, "head_end", "simulator.head_end")
    return _build_http_part("head_end", "Head-end simulator", program, addresses.ports.head_end, "/healthz")


def _build_job(data: DataDir, addresses: Addresses, command: Command) -> Job:
    return Job(
        command.title,
        _build_python_program(data, addresses.build_environment(), "prepare", "cli.main", *command.arguments),
    )


def _build_api_part(data: DataDir, addresses: Addresses) -> Part:
    program = _build_python_program(data, addresses.build_environment(), "api", "cli.main", "serve", "api")
    return _build_http_part("api", "API", program, addresses.ports.api, "/readyz")


def _build_worker_part(data: DataDir, addresses: Addresses) -> Part:
    program = _build_python_program(data, addresses.build_environment(), "worker", "cli.main", "serve", "worker")
    part = _build_http_part("worker", "Worker", program, addresses.ports.worker_health, "/healthz")
    # The worker waits up to 20 s for calls in flight.
    return replace(part, stop_seconds=30.0, stop_note="it waits for calls to the DERMS and the head-end")


def _build_python_program(
    data: DataDir, environment: Mapping[str, str], name: str, module: str, *arguments: str
) -> Program:
    return Program(
        name=name,
        command=(sys.executable, "-m", module, *arguments),
        log=data.logs / f"{name}.log",
        environment=environment,
        folder=SOURCE_ROOT,
    )


def _build_http_part(name: str, title: str, program: Program, port: int, path: str) -> Part:
    # These parts take up to ten seconds to finish their work.
    return Part(name, title, lambda: program, lambda _pid: is_healthy(port, path), stop_seconds=30.0)
