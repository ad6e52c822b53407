"""The configuration as one validated whole: what a program manager writes in catalog.yaml (docs/domain.md#catalog).

References between objects are checked by `rules.catalog.references`, with the path of each that leads nowhere.
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, HttpUrl, model_validator

from models.catalog.eligibility import ConfiguredRule
from models.catalog.panels import PanelSpec
from models.states.enrollment import AssetOwnership, Channel, InstallationMethod
from models.states.work_order import RemovalMethod
from models.values import Code, KilowattHours, Kilowatts, Line, Sentence, Value


class CatalogEntry(Value):
    """What every configuration object has."""

    code: Code
    description: Sentence
    active: bool = True
    effective_from: date | None = None
    effective_to: date | None = None

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "CatalogEntry":
        if self.effective_from and self.effective_to and self.effective_to < self.effective_from:
            raise ValueError("effective_to is before effective_from")
        return self


class ControllableAssetType(CatalogEntry):
    """Thermostat, EV charger, battery, PV inverter …"""


class HeadEndSystem(CatalogEntry):
    """The vendor cloud or control system that talks to the devices."""

    vendor: Line


class Specification(CatalogEntry):
    """Make and model of an asset type."""

    asset_type: Code
    manufacturer: Line
    model: Line
    rated_kw: Kilowatts
    capacity_kwh: KilowattHours | None = None
    communication: Line
    head_end: Code


class DeviceLocationType(CatalogEntry):
    """A place where a device hangs, such as the main living area's thermostat."""

    asset_types: Annotated[tuple[Code, ...], Field(min_length=1)]


class ProgramType(CatalogEntry):
    """Kind of program: which assets it can control and whether they need a place."""

    asset_types: Annotated[tuple[Code, ...], Field(min_length=1)]
    location_required: bool = False


class SubscriptionType(CatalogEntry):
    """What a subscription of a program looks like."""

    minimum_term_days: Annotated[int, Field(ge=0, le=3650)] = 0
    minimum_term: Literal["warn", "refuse"] = Field(default="refuse", description="what an earlier end comes to")


class SetupStep(StrEnum):
    """One thing done between acceptance and association."""

    WORK_ORDER = "work_order"
    DEVICE_STATUS_CHECK = "device_status_check"
    SHIP_DEVICE = "ship_device"


class DeviceSetup(Value):
    """Which steps set a device up, for one installation method and ownership."""

    installation_method: InstallationMethod
    asset_ownership: AssetOwnership
    steps: tuple[SetupStep, ...] = ()

    @model_validator(mode="after")
    def _steps_are_in_a_workable_order(self) -> "DeviceSetup":
        brings = [step for step in self.steps if step is not SetupStep.DEVICE_STATUS_CHECK]
        if len(brings) > 1:
            raise ValueError("a device is shipped or brought by a technician, once")
        if len(self.steps) > len(brings) + 1 or SetupStep.DEVICE_STATUS_CHECK in self.steps[:-1]:
            raise ValueError("the device is checked once, after everything else")
        return self


class ServiceLevel(Value):
    """How long field work and shipments may take, and how often a visit is tried."""

    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    remind_after_days: Annotated[int, Field(ge=1, le=365)] = 3
    escalate_after_days: Annotated[int, Field(ge=1, le=365)] = 14
    expire_after_days: Annotated[int, Field(ge=1, le=730)] = 180

    @model_validator(mode="after")
    def _deadlines_are_in_order(self) -> "ServiceLevel":
        if not self.remind_after_days <= self.escalate_after_days <= self.expire_after_days:
            raise ValueError("reminding comes before escalating, and that before expiring")
        return self


class UnenrollmentReason(Value):
    """Why a customer leaves, and what follows from it."""

    code: Code
    description: Sentence
    approval: bool = False
    stops_control_first: bool = Field(
        default=False, description="the DERMS is told before the hardware is fetched, as for life support"
    )
    ignores_minimum_term: bool = False
    channels: tuple[Channel, ...] = Field(default=(), description="who may give it; none named: everyone")


class KnownProblem(Value):
    """What can be wrong with a device, as a customer says it."""

    code: Code
    description: Sentence


class ServiceTaskType(CatalogEntry):
    """The configuration of a process flow."""

    process_flow: Literal["enroll", "unenroll", "service_call"]
    device_setup: tuple[DeviceSetup, ...] = ()
    service_level: ServiceLevel = ServiceLevel()
    draft_expires_after_days: Annotated[int, Field(ge=1, le=365)] = 30
    approval: bool = Field(default=False, description="a program manager approves each request")
    reason_required: bool = False
    reasons: tuple[UnenrollmentReason, ...] = ()
    problems: tuple[KnownProblem, ...] = ()
    panels: Annotated[tuple[PanelSpec, ...], Field(max_length=30)] = ()


class ExternalSystem(CatalogEntry):
    """A system we talk to."""

    kind: Literal["derms", "cis"]


class WebService(CatalogEntry):
    """How an external system is reached."""

    external_system: Code
    base_address: HttpUrl | None = Field(default=None, description="none: the address in the settings")
    batch_size: Annotated[int, Field(ge=1, le=100)] | None = Field(
        default=None, description="how many messages it takes in one; none: it takes them one by one"
    )


class MessageSender(CatalogEntry):
    """Who sends which message through which web service."""

    web_service: Code
    message: Literal["sync_message"]
    include_contact: bool = Field(default=True, description="whether e-mail and phone are told")


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
    """One way in: an installation method with an ownership."""

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
    """What customers enrol into."""

    name: Line
    program_type: Code
    subscription_type: Code
    enroll_task: Code
    unenroll_task: Code | None = None
    service_call_task: Code | None = None
    removal_method: RemovalMethod = Field(
        default=RemovalMethod.KEEP, description="of a device whose unenrolment names none"
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


class MasterConfiguration(Value):
    """The one record that says which system is the DERMS and how it is told."""

    derms: Code
    sync_message_sender: Code


class Catalog(Value):
    """All of it."""

    controllable_asset_types: tuple[ControllableAssetType, ...] = ()
    head_end_systems: tuple[HeadEndSystem, ...] = ()
    specifications: tuple[Specification, ...] = ()
    device_location_types: tuple[DeviceLocationType, ...] = ()
    program_types: tuple[ProgramType, ...] = ()
    subscription_types: tuple[SubscriptionType, ...] = ()
    service_task_types: tuple[ServiceTaskType, ...] = ()
    external_systems: tuple[ExternalSystem, ...] = ()
    web_services: tuple[WebService, ...] = ()
    message_senders: tuple[MessageSender, ...] = ()
    programs: tuple[Program, ...] = ()
    master_configuration: MasterConfiguration | None = None


CATALOG_LISTS = tuple(name for name in Catalog.model_fields if name != "master_configuration")
"""The names of the catalogue's lists, in the order in which they refer to each other."""
