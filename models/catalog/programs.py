"""Catalog entries about programs: what each offers, accepts, limits and asks."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, HttpUrl, model_validator

from models.catalog.devices import Specification
from models.catalog.eligibility import ConfiguredRule
from models.catalog.entry import CatalogEntry
from models.classifications import AssetOwnership, InstallationMethod, RemovalMethod
from models.values import Code, Line, Sentence, Value


class ProgramType(CatalogEntry):
    """Kind of program: which assets it can control and whether they need a place."""

    asset_types: Annotated[tuple[Code, ...], Field(min_length=1)]
    location_required: bool = False


class SubscriptionType(CatalogEntry):
    """What a subscription of a program looks like."""

    minimum_term_days: Annotated[int, Field(ge=0, le=3650)] = 0
    minimum_term: Literal["warn", "refuse"] = Field(default="refuse", description="what an earlier end comes to")


class AcceptedDevices(Value):
    """Which devices a program takes: every specification of an asset type, or those named."""

    asset_type: Code
    manufacturers: tuple[Line, ...] = ()
    specifications: tuple[Code, ...] = ()

    def accepts(self, specification: Specification) -> bool:
        """Whether this entry names the specification."""
        if specification.asset_type != self.asset_type:
            return False
        if self.specifications and specification.code not in self.specifications:
            return False
        return not self.manufacturers or specification.manufacturer in self.manufacturers


class ProgramOffer(Value):
    """A combination of installation method and ownership that a program offers."""

    installation_method: InstallationMethod
    asset_ownership: AssetOwnership


class EnrollmentWindow(Value):
    """The days on which one can apply, both included; open where not said."""

    opens: date | None = None
    closes: date | None = None


class CapacityLimits(Value):
    """How much a program takes; unlimited where not said."""

    customers: Annotated[int, Field(ge=0, le=100_000_000)] | None = None
    devices: Annotated[int, Field(ge=0, le=100_000_000)] | None = None
    kw: Annotated[Decimal, Field(ge=0, le=Decimal(10_000_000), decimal_places=3)] | None = None
    waitlist: bool = False


class DeviceLimits(Value):
    """How many devices one subscription has."""

    minimum: Annotated[int, Field(ge=1, le=1000)] = 1
    maximum: Annotated[int, Field(ge=1, le=1000)] = 1

    @model_validator(mode="after")
    def _limits_are_in_order(self) -> "DeviceLimits":
        if self.maximum < self.minimum:
            raise ValueError("maximum is below minimum")
        return self


class Terms(Value):
    """What the customer agrees to."""

    version: Line
    url: HttpUrl


class Question(Value):
    """A qualification question; some answers disqualify, others are kept for information."""

    code: Code
    text: Sentence
    choices: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    required: bool = True
    disqualifying: tuple[Line, ...] = ()

    @model_validator(mode="after")
    def _disqualifying_answers_are_choices(self) -> "Question":
        strangers = set(self.disqualifying) - set(self.choices)
        if self.choices and strangers:
            raise ValueError(f"disqualifying answers that are no choices: {', '.join(sorted(strangers))}")
        return self


class Program(CatalogEntry):
    """What customers enroll in."""

    name: Line
    program_type: Code
    subscription_type: Code
    enroll_task: Code
    unenroll_task: Code | None = None
    service_call_task: Code | None = None
    removal_method: RemovalMethod = Field(
        default=RemovalMethod.KEEP, description="of a device for which the unenrollment names none"
    )
    visits_customer_owned: bool = Field(default=False, description="whether a visit to a customer's own device is free")
    remove_first: bool = Field(default=False, description="a replaced device leaves the DERMS before the new one joins")
    sync_policy: Literal["immediate", "batched"] = "immediate"
    enrollment_window: EnrollmentWindow = EnrollmentWindow()
    offers: Annotated[tuple[ProgramOffer, ...], Field(min_length=1)]
    accepts: Annotated[tuple[AcceptedDevices, ...], Field(min_length=1)]
    devices: DeviceLimits = DeviceLimits()
    capacity: CapacityLimits = CapacityLimits()
    conflict_group: Code | None = Field(
        default=None, description="programs of one group exclude each other for a device; by default its program type"
    )
    terms: Terms
    questions: tuple[Question, ...] = ()
    eligibility: tuple[ConfiguredRule, ...] = ()
    incentive: Sentence | None = None

    @property
    def exclusion_group(self) -> str:
        """The group in which a device may be enrolled once."""
        return self.conflict_group or self.program_type

    def accepts_specification(self, specification: Specification) -> bool:
        """Whether the program takes devices of this make and model."""
        return any(entry.accepts(specification) for entry in self.accepts)
