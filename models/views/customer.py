"""The views of a customer and their service points."""

from datetime import date

from models.classifications import AccountStatus, CustomerClass, MeterType, PremiseType
from models.views.view import View


class ServicePointView(View):
    """A service point with its address."""

    service_point: str
    account: str
    account_status: AccountStatus
    premise: str
    address: str
    city: str
    region: str
    postal_code: str
    country: str
    time_zone: str
    premise_type: PremiseType
    owner_occupied: bool
    customer_class: CustomerClass
    tariff: str
    meter_type: MeterType
    phase_count: int
    feeder: str | None
    substation: str | None
    critical: bool
    effective_from: date
    effective_to: date | None


class CustomerSummary(View):
    """A customer in a list."""

    id: str
    cis_person_id: str
    name: str
    email: str | None
    phone: str | None
    language: str
    accounts: tuple[str, ...]


class CustomerView(CustomerSummary):
    """A customer with the places served."""

    service_points: tuple[ServicePointView, ...]
