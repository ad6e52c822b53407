"""The faults a test can have a simulator play, and whether one strikes now. In memory: a restart ends them."""

import math
import random
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from simulator.derms.settings import AcknowledgeMode


class EndpointFaults(BaseModel):
    """What strikes at the doors of any contract. Shares run from 0, never, to 1, always."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    refuse_connections_for_seconds: float = Field(default=0.0, ge=0, le=604_800)
    error_share: float = Field(default=0.0, ge=0, le=1)
    latency_seconds: float = Field(default=0.0, ge=0, le=600)
    lose_response_share: float = Field(default=0.0, ge=0, le=1)


class Faults(EndpointFaults):
    """All at rest, unless the settings say otherwise."""

    lost_acknowledgement_share: float = Field(default=0.0, ge=0, le=1)
    no_batches: bool = False
    duplicate_acknowledgements: bool = False
    reorder_acknowledgements: bool = False
    acknowledge: AcknowledgeMode
    acknowledge_after_seconds: float = Field(ge=0, le=86_400)


F = TypeVar("F", bound=EndpointFaults)


class FaultControl(Generic[F]):
    """The faults in force; tells those concerned when they change."""

    def __init__(self, defaults: F, seed: int | None) -> None:
        self._defaults = defaults
        self._random = random.Random(seed)  # noqa: S311 (chance, not secrecy)
        self._listeners: list[Callable[[], None]] = []
        self._refused_until = -math.inf
        self.current = defaults

    def describe(self) -> F:
        """With the seconds of refusal that remain, not those once asked for."""
        remaining = max(0.0, round(self._refused_until - time.monotonic(), 3))
        return self.current.model_copy(update={"refuse_connections_for_seconds": remaining})

    def change(self, named: dict[str, Any]) -> F:
        """Changes what is named, keeps the rest.

        Raises:
            pydantic.ValidationError: a name or a value that is none.
        """
        self.current = type(self._defaults).model_validate({**self.current.model_dump(), **named})
        if "refuse_connections_for_seconds" in named:
            self._refused_until = time.monotonic() + self.current.refuse_connections_for_seconds
        self._notify()
        return self.describe()

    def reset(self) -> F:
        self.current = self._defaults
        self._refused_until = -math.inf
        self._notify()
        return self.describe()

    def on_change(self, tell: Callable[[], None]) -> None:
        self._listeners.append(tell)

    def is_refusing(self) -> bool:
        return time.monotonic() < self._refused_until

    def should_inject(self, share: float) -> bool:
        """Whether a fault that happens in this share of cases happens now."""
        return share > 0 and self._random.random() < share

    def _notify(self) -> None:
        for tell in self._listeners:
            tell()
