"""docker-compose.yml, the Dockerfile and .dockerignore agree with the settings, the command line and the wheel."""

import re
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest
import typer.main
import yaml

from settings.settings import Settings
from simulator.derms.settings import Settings as SimulatorSettings
from simulator.head_end.settings import Settings as HeadEndSettings

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
LASTING = ("postgres", "temporal", "simulator", "head-end", "api", "worker")
REQUIRED = re.compile(r"\$\{(\w+):\?[^}]+\}")


def _environment() -> Iterator[tuple[str, str, str]]:
    for service, content in SERVICES.items():
        for name, value in content.get("environment", {}).items():
            yield service, name, str(value)


def _names(prefix: str) -> set[str]:
    return {name.removeprefix(prefix).lower() for _, name, _ in _environment() if name.startswith(prefix)}


@pytest.fixture
def command_line() -> click.Command:
    # Not at the top: a command line that cannot be imported fails only the tests that need it.
    return typer.main.get_command(import_module("cli.main").app)


def test_service_dependencies_exist_and_have_no_cycles() -> None:
    graph = {name: set(content.get("depends_on", {})) for name, content in SERVICES.items()}
    assert set().union(*graph.values()) <= set(SERVICES)
    TopologicalSorter(graph).prepare()


def test_waiting_for_health_needs_a_health_check_and_waiting_for_an_end_needs_one() -> None:
    for content in SERVICES.values():
        for name, wait in content.get("depends_on", {}).items():
            if wait["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[name], name
            else:
                assert wait["condition"] == "service_completed_successfully"
                assert "restart" not in SERVICES[name], f"{name} would never end"


@pytest.mark.parametrize("name", LASTING)
def test_long_running_services_have_health_checks_and_restart(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize(
    ("service", "variable"),
    [
        ("api", "GRIDENROLL_API_PORT"),
        ("worker", "GRIDENROLL_WORKER_HEALTH_PORT"),
        ("simulator", "DERMS_SIMULATOR_PORT"),
        ("head-end", "HEAD_END_SIMULATOR_PORT"),
    ],
)
def test_health_checks_use_the_port_of_the_service(service: str, variable: str) -> None:
    port = SERVICES[service]["environment"][variable]
    assert f"http://127.0.0.1:{port}/healthz" in SERVICES[service]["healthcheck"]["test"][-1]


def test_images_are_pinned_to_a_version() -> None:
    for name, content in SERVICES.items():
        assert re.search(r":\d+\.\d+[\w.-]*$", content["image"]), f"{name}: {content['image']}"


def test_secrets_are_required_from_the_environment_and_never_written_down() -> None:
    secrets = [found for found in _environment() if re.search(r"PASSWORD|PWD|SECRET|TOKEN", found[1])]
    assert {service for service, _, _ in secrets} >= {"postgres", "temporal", "api", "worker", "simulator", "head-end"}
    for service, name, value in secrets:
        assert REQUIRED.fullmatch(value), f"{service}: {name}"
    for service, name, value in _environment():
        if name == "GRIDENROLL_DATABASE_URL":
            assert REQUIRED.search(value), f"{service}: the password in {name}"


def test_required_secrets_are_documented() -> None:
    page = (ROOT / "docs/operate/containers.md").read_text(encoding="utf-8")
    for _, _, value in _environment():
        for name in REQUIRED.findall(value):
            assert f"{name}=" in page


def test_every_gridenroll_variable_is_a_setting_or_a_command_line_variable() -> None:
    client = (ROOT / "cli/client.py").read_text(encoding="utf-8")
    read = {name.lower() for name in re.findall(r"GRIDENROLL_(\w+)", client)}
    assert _names("GRIDENROLL_") <= set(Settings.model_fields) | read


def test_every_simulator_variable_is_a_setting() -> None:
    assert _names("DERMS_SIMULATOR_") <= set(SimulatorSettings.model_fields)
    assert _names("HEAD_END_SIMULATOR_") <= set(HeadEndSettings.model_fields)


@pytest.mark.parametrize(
    "service", [name for name, content in SERVICES.items() if "build" in content and "entrypoint" not in content]
)
def test_every_gridenroll_command_exists(service: str, command_line: click.Command) -> None:
    command = command_line
    for word in SERVICES[service]["command"]:
        commands: dict[str, click.Command] = getattr(command, "commands", {})
        assert word in commands, f"gridenroll {' '.join(SERVICES[service]['command'])}"
        command = commands[word]


def test_the_worker_can_be_scaled() -> None:
    assert not {"container_name", "ports", "hostname"} & set(SERVICES["worker"])


def test_ports_are_published_on_loopback_only() -> None:
    for content in SERVICES.values():
        assert all(port.startswith("127.0.0.1:") for port in content.get("ports", []))


def test_volumes_and_configurations_in_use_are_declared() -> None:
    used = {volume.partition(":")[0] for content in SERVICES.values() for volume in content.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])
    configs = {config["source"] for content in SERVICES.values() for config in content.get("configs", [])}
    assert configs == set(COMPOSE["configs"])


def test_the_image_contains_everything_in_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    held = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"])
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"}
    assert held | {"pyproject.toml", "requirements.txt", project["project"]["readme"]} <= let_in


def test_packages_excluded_from_the_image_are_in_the_lock() -> None:
    recipe = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    left_out = re.findall(r"/\^\(([\w|-]+)\)==/", recipe)[0].split("|")
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert left_out == [name for name in left_out if re.search(rf"^{name}==", lock, re.MULTILINE)]
