"""All settings, from the GRIDENROLL_* environment variables. Temporal has its own standard variables.

Only cli, worker.py, migrations and bench read them, and pass them down.
"""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.time_limits import MAXIMUM_DERMS_CALL, MAXIMUM_HEAD_END_CALL, OWN_TRANSACTIONS_MARGIN

_POSITIVE = timedelta(milliseconds=1)


def _parse_plain_seconds(value: object) -> object:
    """Returns a text such as `900` as a number of seconds."""
    return float(value) if isinstance(value, str) and value.replace(".", "", 1).isdigit() else value


Duration = Annotated[timedelta, BeforeValidator(_parse_plain_seconds)]


class Settings(BaseSettings):
    """Everything that differs between installations."""

    model_config = SettingsConfigDict(env_prefix="GRIDENROLL_", extra="ignore", frozen=True)

    database_url: SecretStr = Field(
        default=SecretStr("postgresql://postgres@127.0.0.1:5432/gridenroll"),
        description="PostgreSQL 15 or newer, as postgresql://user:password@host:port/database",
    )
    database_pool_size: int = Field(
        default=10,
        ge=4,
        le=200,
        description="connections that each process may hold; health checks use one more",
    )
    api_host: str = Field(default="127.0.0.1", description="address that the API listens on")
    api_port: int = Field(default=8000, ge=1, le=65535, description="port that the API listens on")
    api_token: SecretStr = Field(
        default=SecretStr(""),
        description="bearer token of the operator; without one, the API answers 401 to every request",
    )
    temporal_ui_url: str = Field(
        default="http://127.0.0.1:8233", description="address of the Temporal UI in people's browsers"
    )
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
    derms_timeout: Duration = Field(
        default=timedelta(seconds=10), ge=_POSITIVE, description="how long one call to the DERMS may take"
    )
    head_end_url: str = Field(
        default="http://127.0.0.1:8110", description="base address of the head-end that talks to the devices"
    )
    head_end_secret: SecretStr = Field(
        default=SecretStr(""), description="shared secret that signs requests to and answers from the head-end"
    )
    head_end_timeout: Duration = Field(
        default=timedelta(seconds=10), ge=_POSITIVE, description="how long one call to the head-end may take"
    )
    head_end_answer_within: Duration = Field(
        default=timedelta(minutes=15),
        ge=_POSITIVE,
        description="how long to wait for a device to answer before asking its head-end",
    )
    acknowledgement_timeout: Duration = Field(
        default=timedelta(minutes=15),
        ge=_POSITIVE,
        description="how long to wait for an acknowledgement before asking the DERMS",
    )
    log_format: Literal["auto", "json", "console"] = Field(
        default="auto", description="json, console, or console on a terminal and json elsewhere"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="lowest level logged")

    @model_validator(mode="after")
    def _check_call_timeouts(self) -> Self:
        calls = (
            ("GRIDENROLL_DERMS_TIMEOUT", self.derms_timeout, MAXIMUM_DERMS_CALL),
            ("GRIDENROLL_HEAD_END_TIMEOUT", self.head_end_timeout, MAXIMUM_HEAD_END_CALL),
        )
        for name, timeout, maximum in calls:
            if timeout > maximum:
                raise ValueError(
                    f"{name} is {timeout.total_seconds():g} s and may be {maximum.total_seconds():g} s at most: "
                    "its activity and the shutdown of a worker time out a little later, "
                    f"and {OWN_TRANSACTIONS_MARGIN.total_seconds():g} s of that are for our own database"
                )
        return self
