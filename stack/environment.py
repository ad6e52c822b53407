"""The addresses of a stack: as environment variables for its own programs, in stack.json for others."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from stack.data.credentials import Credentials
from stack.ports import LOOPBACK


@dataclass(frozen=True)
class Ports:
    """The ports that a person can choose, and the worker's health port, which the stack chooses."""

    api: int = 8000
    temporal: int = 7233
    temporal_ui: int = 8233
    derms: int = 8100
    head_end: int = 8110
    worker_health: int = 0


@dataclass(frozen=True)
class Addresses:
    """Everything that a program or a person needs to use the stack."""

    ports: Ports
    database_url: str
    credentials: Credentials = field(repr=False)
    is_temporal_external: bool = False

    @property
    def api_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports.api}"

    @property
    def derms_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports.derms}"

    @property
    def head_end_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports.head_end}"

    @property
    def temporal_address(self) -> str:
        return get_external_temporal_address() if self.is_temporal_external else f"{LOOPBACK}:{self.ports.temporal}"

    @property
    def temporal_ui_url(self) -> str:
        ours = f"http://{LOOPBACK}:{self.ports.temporal_ui}"
        return os.environ.get("GRIDENROLL_TEMPORAL_UI_URL", ours) if self.is_temporal_external else ours

    def build_environment(self) -> dict[str, str]:
        """Returns the variables of the stack's programs: those of the person, replaced by the stack's own addresses."""
        return _inherit_environment(self.is_temporal_external) | {
            "GRIDENROLL_API_HOST": LOOPBACK,
            "GRIDENROLL_API_PORT": str(self.ports.api),
            "GRIDENROLL_API_URL": self.api_url,
            "GRIDENROLL_API_TOKEN": self.credentials.api_token,
            "GRIDENROLL_DATABASE_URL": self.database_url,
            "GRIDENROLL_DERMS_SECRET": self.credentials.derms_secret,
            "GRIDENROLL_DERMS_URL": self.derms_url,
            "GRIDENROLL_HEAD_END_SECRET": self.credentials.head_end_secret,
            "GRIDENROLL_HEAD_END_URL": self.head_end_url,
            "GRIDENROLL_TEMPORAL_UI_URL": self.temporal_ui_url,
            "GRIDENROLL_WORKER_HEALTH_PORT": str(self.ports.worker_health),
            "TEMPORAL_ADDRESS": self.temporal_address,
            # A log in a buffer would be lost when its process is killed.
            "PYTHONUNBUFFERED": "1",
        }

    def describe(self, pids: Mapping[str, int]) -> dict[str, object]:
        """Returns the content of stack.json."""
        return {
            "api_url": self.api_url,
            "temporal_address": self.temporal_address,
            "temporal_ui_url": self.temporal_ui_url,
            "derms_url": self.derms_url,
            "head_end_url": self.head_end_url,
            "database_url": self.database_url,
            "token": self.credentials.api_token,
            "tokens": {"operator": self.credentials.api_token},
            "pids": {**pids, "up": os.getpid()},
        }


def get_external_database_url() -> str:
    """Returns the address of a database that the person runs; empty if the stack is to run one."""
    return os.environ.get("GRIDENROLL_DATABASE_URL", "")


def get_external_temporal_address() -> str:
    """Returns the address of a Temporal server that the person runs; empty if the stack is to run one."""
    return os.environ.get("TEMPORAL_ADDRESS", "")


def _inherit_environment(temporal_is_outside: bool) -> dict[str, str]:
    """Returns the person's variables, without those of another Temporal server if the stack runs its own."""
    if temporal_is_outside:
        return dict(os.environ)
    ours = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
    return ours | {"TEMPORAL_CONFIG_FILE": os.devnull, "TEMPORAL_NAMESPACE": "default"}
