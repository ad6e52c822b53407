"""The DERMS simulator's settings: DERMS_SIMULATOR_* variables, read at its start. Faults are set later, over HTTP."""

from pathlib import Path
from typing import Literal

from pydantic import AnyHttpUrl, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

AcknowledgeMode = Literal["at_once", "callback", "never"]


class Settings(BaseSettings):
    """Read once, by `__main__`."""

    model_config = SettingsConfigDict(env_prefix="DERMS_SIMULATOR_", frozen=True)

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8100, ge=0, le=65535, description="port to listen on")
    store: Path = Field(default=Path("derms-simulator.sqlite3"), description="the SQLite file that stores everything")
    callback_url: AnyHttpUrl = Field(
        default=AnyHttpUrl("http://127.0.0.1:8000/v1/derms/acknowledgements"),
        description="where the simulator posts acknowledgements",
    )
    secret: SecretStr = Field(
        default=SecretStr(""), description="shared secret of both directions; empty: nothing is signed or verified"
    )
    acknowledge: AcknowledgeMode = Field(
        default="callback", description="when it answers: in the response, by callback later, or never"
    )
    acknowledge_after: float = Field(default=0.2, ge=0, le=86_400, description="seconds from a message to its decision")
    seed: int | None = Field(
        default=None, description="seed of the random faults, which makes them the same on every run"
    )
