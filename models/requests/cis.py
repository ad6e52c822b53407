"""A record of the CIS about one service point: customer, location and grid connection. It is one row of a file."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from models.classifications import AccountStatus, CustomerClass, MeterType, PremiseType
from models.values import Described, ExternalId, Line, PhoneNumber, Printable, Value

_TIME_ZONES = frozenset(available_timezones())


def _require_known_time_zone(zone: str) -> str:
    if zone not in _TIME_ZONES:
        raise ValueError("is not a time zone of the IANA database, such as America/Chicago")
    return zone


Email = Annotated[
    str,
    StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
    Described("an e-mail address such as maria@example.com"),
    Printable,
]
Language = Annotated[
    str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"), Described("a language tag such as en or es-MX")
]
Country = Annotated[
    str, StringConstraints(pattern=r"^[A-Z]{2}$"), Described("a country code of two letters, such as US")
]


FIELDS_BY_KEY: Mapping[str, tuple[str, ...]] = {
    "cis_person_id": ("name", "email", "phone", "language"),
    "cis_account_id": ("cis_person_id", "account_status"),
    "cis_premise_id": (
        *("address_line_1", "address_line_2", "city", "region", "postal_code", "country", "time_zone"),
        *("premise_type", "owner_occupied"),
    ),
    "cis_service_point_id": (
        *("cis_premise_id", "cis_account_id", "customer_class", "tariff", "meter_type", "phase_count"),
        *("feeder", "transformer", "substation", "latitude", "longitude", "critical", "effective_from", "effective_to"),
    ),
}
"""The fields of a record by the key of the entity that they describe."""


class CisRecord(Value):
    """A service point with its premise, account and customer."""

    cis_person_id: ExternalId
    name: Line
    email: Email | None = None
    phone: PhoneNumber | None = None
    language: Language = "en"
    cis_account_id: ExternalId
    account_status: AccountStatus = AccountStatus.ACTIVE
    cis_premise_id: ExternalId
    address_line_1: Line
    address_line_2: Line | None = None
    city: Line
    region: Line
    postal_code: Line
    country: Country
    time_zone: Annotated[str, AfterValidator(_require_known_time_zone)]
    premise_type: PremiseType
    owner_occupied: bool
    cis_service_point_id: ExternalId
    customer_class: CustomerClass
    tariff: Line
    meter_type: MeterType
    phase_count: Annotated[int, Field(ge=1, le=3)] = 1
    feeder: ExternalId | None = None
    transformer: ExternalId | None = None
    substation: ExternalId | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    critical: bool = False
    effective_from: date
    effective_to: date | None = None

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "CisRecord":
        if self.effective_to and self.effective_to < self.effective_from:
            raise ValueError("effective_to is before effective_from")
        return self
