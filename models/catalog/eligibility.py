"""The eligibility rules a program can ask for, as configuration: a closed union chosen by `rule`.

rules/eligibility decides them; this file lists the rules and their parameters.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from models.classifications import CustomerClass, PremiseType
from models.values import Code, Kilowatts, Line, Value

_Codes = Annotated[tuple[Line, ...], Field(min_length=1, max_length=500)]


class CustomerClassRule(Value):
    """Only customers of these classes (residential, small commercial …)."""

    rule: Literal["customer_class"]
    classes: Annotated[tuple[CustomerClass, ...], Field(min_length=1)]


class TariffRule(Value):
    """Only service points billed on these tariffs, or none of those named in `excluded`."""

    rule: Literal["tariff"]
    accepted: tuple[Line, ...] = ()
    excluded: tuple[Line, ...] = ()


class PremiseTypeRule(Value):
    """Only these kinds of building."""

    rule: Literal["premise_type"]
    types: Annotated[tuple[PremiseType, ...], Field(min_length=1)]


class IntervalMeterRule(Value):
    """The service point needs a meter that reports intervals (AMI)."""

    rule: Literal["interval_meter"]


class GridLocationRule(Value):
    """Only service points fed by these feeders or substations, or in these postal codes; any one match is enough."""

    rule: Literal["grid_location"]
    feeders: tuple[Line, ...] = ()
    substations: tuple[Line, ...] = ()
    postal_codes: tuple[Line, ...] = ()

    @model_validator(mode="after")
    def _names_a_location(self) -> "GridLocationRule":
        if not (self.feeders or self.substations or self.postal_codes):
            raise ValueError("grid_location names no feeder, substation or postal code, so nobody would qualify")
        return self


class FeederKnownRule(Value):
    """The DERMS models devices on a feeder, so the service point must have one."""

    rule: Literal["feeder_known"]


class PhaseCountRule(Value):
    """At least so many phases at the service point."""

    rule: Literal["phase_count"]
    minimum: Annotated[int, Field(ge=1, le=3)]


class NotCriticalRule(Value):
    """Not at a service point that feeds medical or life-support equipment."""

    rule: Literal["not_critical"]


class OwnerConsentRule(Value):
    """Where the customer does not own the premise, the owner's consent is needed, given in the answer of this code."""

    rule: Literal["owner_consent"]
    answer: Code = "owner_consent"


class CoolDownRule(Value):
    """No earlier participation in this program at the service point that ended less than so many days ago."""

    rule: Literal["cool_down"]
    days: Annotated[int, Field(ge=1, le=3650)]

    @property
    def period(self) -> timedelta:
        """The cool-down as a duration."""
        return timedelta(days=self.days)


class StartWithinRule(Value):
    """The requested start lies at most so many days ahead."""

    rule: Literal["start_within"]
    days: Annotated[int, Field(ge=0, le=730)]


class RatedPowerRule(Value):
    """The devices' rated power together lies between these bounds, in kW."""

    rule: Literal["rated_power"]
    minimum_kw: Kilowatts = Decimal(0)
    maximum_kw: Annotated[Kilowatts, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> "RatedPowerRule":
        if self.maximum_kw is not None and self.maximum_kw < self.minimum_kw:
            raise ValueError("maximum_kw is below minimum_kw")
        return self


ConfiguredRule = Annotated[
    CustomerClassRule
    | TariffRule
    | PremiseTypeRule
    | IntervalMeterRule
    | GridLocationRule
    | FeederKnownRule
    | PhaseCountRule
    | NotCriticalRule
    | OwnerConsentRule
    | CoolDownRule
    | StartWithinRule
    | RatedPowerRule,
    Field(discriminator="rule"),
]
