"""All that the eligibility rules may know, gathered beforehand: rules read facts, never a database or a clock."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal

from models.catalog.devices import Specification
from models.catalog.programs import Program
from models.classifications import AccountStatus, CustomerClass, InstallationMethod, MeterType, PremiseType
from models.requests.enrollment import EnrollmentApplication, RequestedDevice
from models.states.device import DeviceState
from rules.capacity import CapacityNeed

_DELIVERING_METHODS = (InstallationMethod.UTILITY_INSTALLATION, InstallationMethod.SELF_INSTALLATION)


@dataclass(frozen=True, slots=True)
class ServicePointFacts:
    """The service point with its premise and account, as the CIS has them."""

    customer_id: str
    account: str
    account_status: AccountStatus
    service_point: str
    effective_from: date
    effective_to: date | None
    customer_class: CustomerClass
    tariff: str
    meter_type: MeterType
    phase_count: int
    feeder: str | None
    substation: str | None
    postal_code: str
    premise_type: PremiseType
    owner_occupied: bool
    critical: bool


@dataclass(frozen=True, slots=True)
class Participation:
    """One subscription at the service point, now or earlier, whoever lived there."""

    customer_id: str
    program: str
    exclusion: str
    open: bool
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device already in our record under the serial number asked for.

    `customers` may have it: who enrolled it last and, once it takes part in nothing, who has the service point where it
    was left. `exclusions_ending`: those of its `exclusions` that end as soon as the DERMS acknowledges its removal.
    """

    position: int
    state: DeviceState
    customers: frozenset[str]
    exclusions: frozenset[str] = frozenset()
    exclusions_ending: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ProgramUsage:
    """What the program holds, and how many wait in front of this application."""

    customers: int = 0
    devices: int = 0
    kw: Decimal = Decimal(0)
    waiting_ahead: int = 0


@dataclass(frozen=True, slots=True)
class EligibilityFacts:
    """`application` is None when somebody only asks what they could apply for.

    `today` is the date of `instant` at the premise, whose time zone is `zone`, `applied_on` that of the application:
    one that waited for its decision, or for a place, is not late for that. `specifications` run parallel to the
    application's devices, None where nothing in the catalog matches; `location_types` are the codes the catalog
    knows for each asset type, `catalog_specifications` all its specifications. `estimated_need` is what is
    reserved while nobody knows which device will be brought.
    """

    instant: datetime
    today: date
    applied_on: date
    site: ServicePointFacts
    program: Program
    zone: tzinfo = UTC
    location_required: bool = False
    application: EnrollmentApplication | None = None
    specifications: tuple[Specification | None, ...] = ()
    location_types: frozenset[tuple[str, str]] = frozenset()
    catalog_specifications: tuple[Specification, ...] = ()
    participations: tuple[Participation, ...] = ()
    known_devices: tuple[KnownDevice, ...] = ()
    usage: ProgramUsage = field(default_factory=ProgramUsage)
    estimated_need: CapacityNeed | None = None

    @property
    def awaits_device(self) -> bool:
        """Whether the utility brings the device, so that nobody can name it yet."""
        asked = self.application
        return asked is not None and not asked.devices and asked.installation_method in _DELIVERING_METHODS

    @property
    def need(self) -> CapacityNeed:
        """What the application takes of the program."""
        if self.estimated_need is not None:
            return self.estimated_need
        return CapacityNeed(devices=max(len(self.devices), self.program.devices.minimum), kw=self.requested_kw)

    @property
    def devices(self) -> tuple[RequestedDevice, ...]:
        """The devices asked for."""
        return self.application.devices if self.application else ()

    @property
    def requested_kw(self) -> Decimal:
        """Rated power of the devices asked for, together."""
        return sum((found.rated_kw for found in self.specifications if found), Decimal(0))
