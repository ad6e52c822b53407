"""The faults that a test can switch on, and whether one happens now. They are in memory: a restart ends them."""

import math
import random
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field


class EndpointFaults(BaseModel):
    """The faults of the endpoints of any contract. Shares run from 0, never, to 1, always."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    refuse_connections_for_seconds: float = Field(default=0.0, ge=0, le=604_800)
    error_share: float = Field(default=0.0, ge=0, le=1)
    latency_seconds: float = Field(default=0.0, ge=0, le=600)
    lose_response_share: float = Field(default=0.0, ge=0, le=1)


FaultsT = TypeVar("FaultsT", bound=EndpointFaults)


class FaultControl(Generic[FaultsT]):
    """Holds the current faults and notifies its listeners when they change."""

    def __init__(self, defaults: FaultsT, seed: int | None) -> None:
        self._defaults = defaults
        self._random = random.Random(seed)  # noqa: S311 (chance, not secrecy)
        self._listeners: list[Callable[[], None]] = []
        self._refused_until = -math.inf
        self.current = defaults

    def describe(self) -> FaultsT:
        """Returns the current faults with the seconds of refusal that remain, not those that were set."""
        remaining = max(0.0, round(self._refused_until - time.monotonic(), 3))
        return self.current.model_copy(update={"refuse_connections_for_seconds": remaining})

    def change(self, changes: dict[str, Any]) -> FaultsT:
        """Changes the faults that are named and keeps the rest.

        Raises:
            pydantic.ValidationError: a name or a value is invalid.
        """
        self.current = type(self._defaults).model_validate({**self.current.model_dump(), **changes})
        if "refuse_connections_for_seconds" in changes:
            self._refused_until = time.monotonic() + self.current.refuse_connections_for_seconds
        self._notify()
        return self.describe()

    def reset(self) -> FaultsT:
        """Goes back to the faults of the settings."""
        self.current = self._defaults
        self._refused_until = -math.inf
        self._notify()
        return self.describe()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Calls the listener after every change."""
        self._listeners.append(listener)

    def is_refusing(self) -> bool:
        return time.monotonic() < self._refused_until

    def should_inject(self, share: float) -> bool:
        """Returns whether a fault that happens in this share of cases happens now."""
        return share > 0 and self._random.random() < share

    def _notify(self) -> None:
        for listener in self._listeners:
            listener()
