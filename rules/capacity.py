"""How full a program may get: in customers, devices and kW; and who is next when a place becomes free."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from models.catalog import Capacity, Program


@dataclass(frozen=True, slots=True)
class Need:
    """What one enrolment takes of a program."""

    devices: int
    kw: Decimal
    customers: int = 1


class Held(Protocol):
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


def with_caps(program: Program, *, customers: int | None, devices: int | None, kw: Decimal | None) -> Program:
    """The program with today's caps in place of those of its catalogue version: places added since count for all."""
    today = {"customers": customers, "devices": devices, "kw": kw}
    return program.model_copy(update={"capacity": program.capacity.model_copy(update=today)})


def full_in(capacity: Capacity, held: Held, need: Need) -> tuple[str, ...]:
    """In which measures the need no longer fits; empty when there is room."""
    measures = (
        ("customers", capacity.customers, held.customers + need.customers),
        ("devices", capacity.devices, held.devices + need.devices),
        ("kW", capacity.kw, held.kw + need.kw),
    )
    return tuple(name for name, maximum, wanted in measures if maximum is not None and wanted > maximum)


def next_in_line(capacity: Capacity, held: Held, waiting: list[tuple[str, Need]]) -> list[str]:
    """Who of those waiting, in their order, fits now. The first who does not fit keeps the place for themselves."""
    customers, devices, kw = held.customers, held.devices, held.kw
    served: list[str] = []
    for name, need in waiting:
        now = Need(customers=customers, devices=devices, kw=kw)
        if full_in(capacity, now, need):
            break
        customers, devices, kw = customers + need.customers, devices + need.devices, kw + need.kw
        served.append(name)
    return served
