"""The faults a test can have a simulator play, and whether one strikes now. In memory: a restart ends them."""

import math
import random
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from simulator.settings import Acknowledge


class DoorFaults(BaseModel):
    """What strikes at the doors of any contract. Shares run from 0, never, to 1, always."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    refuse_connections_for_seconds: float = Field(default=0.0, ge=0, le=604_800)
    error_share: float = Field(default=0.0, ge=0, le=1)
    latency_seconds: float = Field(default=0.0, ge=0, le=600)
    lose_response_share: float = Field(default=0.0, ge=0, le=1)


class Faults(DoorFaults):
    """All at rest, unless the settings say otherwise."""

    lost_acknowledgement_share: float = Field(default=0.0, ge=0, le=1)
    no_batches: bool = False
    duplicate_acknowledgements: bool = False
    reorder_acknowledgements: bool = False
    acknowledge: Acknowledge
    acknowledge_after_seconds: float = Field(ge=0, le=86_400)


F = TypeVar("F", bound=DoorFaults)


class FaultBoard(Generic[F]):
    """The faults in force; tells those concerned when they change."""

    def __init__(self, defaults: F, seed: int | None) -> None:
        self._defaults = defaults
        self._random = random.Random(seed)  # noqa: S311 (chance, not secrecy)
        self._concerned: list[Callable[[], None]] = []
        self._refused_until = -math.inf
        self.now = defaults

    def shown(self) -> F:
        """With the seconds of refusal that remain, not those once asked for."""
        remaining = max(0.0, round(self._refused_until - time.monotonic(), 3))
        return self.now.model_copy(update={"refuse_connections_for_seconds": remaining})

    def change(self, named: dict[str, Any]) -> F:
        """Changes what is named, keeps the rest.

        Raises:
            pydantic.ValidationError: a name or a value that is none.
        """
        self.now = type(self._defaults).model_validate({**self.now.model_dump(), **named})
        if "refuse_connections_for_seconds" in named:
            self._refused_until = time.monotonic() + self.now.refuse_connections_for_seconds
        self._tell()
        return self.shown()

    def reset(self) -> F:
        self.now = self._defaults
        self._refused_until = -math.inf
        self._tell()
        return self.shown()

    def when_changed(self, tell: Callable[[], None]) -> None:
        self._concerned.append(tell)

    def refuses(self) -> bool:
        return time.monotonic() < self._refused_until

    def strikes(self, share: float) -> bool:
        """Whether a fault that happens in this share of cases happens now."""
        return share > 0 and self._random.random() < share

    def _tell(self) -> None:
        for tell in self._concerned:
            tell()
