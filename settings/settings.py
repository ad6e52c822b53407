"""All settings, from GRIDENROLL_* variables; Temporal's from its own standard variables (TEMPORAL_ADDRESS and its kin).

Read by cli, worker.py and migrations only, and passed down from there.
"""

from datetime import timedelta
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What differs from one installation to another."""

    model_config = SettingsConfigDict(env_prefix="GRIDENROLL_", extra="ignore", frozen=True)

    database_url: SecretStr = Field(
        default=SecretStr("postgresql://postgres@127.0.0.1:5432/gridenroll"),
        description="PostgreSQL 15 or newer, as postgresql://user:password@host:port/database",
    )
    database_pool_size: int = Field(default=10, ge=1, le=200, description="connections each process may hold")
    api_host: str = Field(default="127.0.0.1", description="address the API listens on")
    api_port: int = Field(default=8000, ge=1, le=65535, description="port the API listens on")
    api_token: SecretStr = Field(
        default=SecretStr(""), description="bearer token of the operator; without one the API answers 401 to everyone"
    )
    temporal_ui_url: str = Field(default="http://127.0.0.1:8233", description="where people open the Temporal UI")
    worker_health_port: int = Field(
        default=0, ge=0, le=65535, description="port of the worker's /healthz and /metrics; 0 for none"
    )
    derms_url: str = Field(
        default="http://127.0.0.1:8100",
        description="base address of the DERMS; a web service of the catalog may name another",
    )
    derms_secret: SecretStr = Field(
        default=SecretStr(""), description="shared secret that signs messages to and acknowledgements from the DERMS"
    )
    derms_timeout: timedelta = Field(
        default=timedelta(seconds=10), description="how long one call to the DERMS may take"
    )
    head_end_url: str = Field(
        default="http://127.0.0.1:8110", description="base address of the head-end that talks to the devices"
    )
    head_end_secret: SecretStr = Field(
        default=SecretStr(""), description="shared secret that signs requests to and answers from the head-end"
    )
    head_end_timeout: timedelta = Field(
        default=timedelta(seconds=10), description="how long one call to the head-end may take"
    )
    head_end_answer_within: timedelta = Field(
        default=timedelta(minutes=15), description="how long to wait for a device to answer before asking its head-end"
    )
    acknowledgement_timeout: timedelta = Field(
        default=timedelta(minutes=15), description="how long to wait for an acknowledgement before asking the DERMS"
    )
    log_format: Literal["auto", "json", "console"] = Field(
        default="auto", description="json, console, or console on a terminal and json elsewhere"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="least level logged")
