"""How full a program may get: in customers, devices and kW; and who is next when a place becomes free."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from models.catalog.devices import Specification
from models.catalog.programs import CapacityLimits, Program


@dataclass(frozen=True, slots=True)
class CapacityNeed:
    """The capacity that one enrollment takes of a program."""

    devices: int
    kw: Decimal
    customers: int = 1


class CapacityInUse(Protocol):
    """What a program holds already."""

    @property
    def customers(self) -> int:
        """Customers enrolled."""
        ...

    @property
    def devices(self) -> int:
        """Devices enrolled."""
        ...

    @property
    def kw(self) -> Decimal:
        """Rated power enrolled, in kW."""
        ...


def with_current_limits(program: Program, *, customers: int | None, devices: int | None, kw: Decimal | None) -> Program:
    """Returns the program with today's limits instead of those of its catalog version: capacity added since counts for
    all."""
    today = {"customers": customers, "devices": devices, "kw": kw}
    return program.model_copy(update={"capacity": program.capacity.model_copy(update=today)})


def find_exceeded_limits(capacity: CapacityLimits, held: CapacityInUse, need: CapacityNeed) -> tuple[str, ...]:
    """In which measures the need no longer fits; empty when there is room."""
    measures = (
        ("customers", capacity.customers, held.customers + need.customers),
        ("devices", capacity.devices, held.devices + need.devices),
        ("kW", capacity.kw, held.kw + need.kw),
    )
    return tuple(name for name, maximum, wanted in measures if maximum is not None and wanted > maximum)


def select_from_waitlist(
    capacity: CapacityLimits, held: CapacityInUse, waiting: list[tuple[str, CapacityNeed]]
) -> list[str]:
    """Who of those waiting, in their order, fits now. The first who does not fit keeps the place for themselves."""
    customers, devices, kw = held.customers, held.devices, held.kw
    served: list[str] = []
    for name, need in waiting:
        now = CapacityNeed(customers=customers, devices=devices, kw=kw)
        if find_exceeded_limits(capacity, now, need):
            break
        customers, devices, kw = customers + need.customers, devices + need.devices, kw + need.kw
        served.append(name)
    return served


def estimate_largest_need(program: Program, specifications: Iterable[Specification]) -> CapacityNeed:
    """What is reserved before it is known which devices come: as many as it takes, each the largest accepted."""
    devices = program.devices.minimum
    accepted = (entry.rated_kw for entry in specifications if program.accepts_specification(entry))
    return CapacityNeed(devices=devices, kw=max(accepted, default=Decimal(0)) * devices)
