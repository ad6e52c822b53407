"""The head-end simulator's settings: HEAD_END_SIMULATOR_* variables. Faults and devices are set later, over HTTP."""

from pathlib import Path
from typing import Literal

from pydantic import AnyHttpUrl, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

AnswerMode = Literal["at_once", "callback", "never"]


class Settings(BaseSettings):
    """Read once, by `__main__`."""

    model_config = SettingsConfigDict(env_prefix="HEAD_END_SIMULATOR_", frozen=True)

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8110, ge=0, le=65535, description="port to listen on")
    store: Path = Field(
        default=Path("head-end-simulator.sqlite3"), description="the SQLite file that stores everything"
    )
    callback_url: AnyHttpUrl = Field(
        default=AnyHttpUrl("http://127.0.0.1:8000/v1/head-end/answers"), description="where the simulator posts answers"
    )
    secret: SecretStr = Field(
        default=SecretStr(""), description="shared secret of both directions; empty: nothing is signed or verified"
    )
    answer: AnswerMode = Field(
        default="callback", description="when it answers: in the response, by callback later, or never"
    )
    answer_after: float = Field(default=0.2, ge=0, le=86_400, description="seconds from a request to its answer")
    seed: int | None = Field(
        default=None, description="seed of the random faults, which makes them the same on every run"
    )
