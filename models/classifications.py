"""The fixed classifications that several aggregates use: channel, ownership, installation and removal method, and
what the CIS says of customers and premises.
"""

from enum import StrEnum


class Channel(StrEnum):
    """How a request came in."""

    CSR = "csr"
    SELF_SERVICE = "self_service"
    AGGREGATOR_API = "aggregator_api"
    AGGREGATOR_FILE = "aggregator_file"


class InstallationMethod(StrEnum):
    """How the device gets to its place."""

    BRING_YOUR_OWN = "bring_your_own"
    UTILITY_INSTALLATION = "utility_installation"
    SELF_INSTALLATION = "self_installation"
    RE_ENROLL = "re_enrol"
    """The value is part of the contract and of stored rows; requests may also say `re_enroll`."""

    @classmethod
    def _missing_(cls, value: object) -> "InstallationMethod | None":
        return cls.RE_ENROLL if value == "re_enroll" else None


class AssetOwnership(StrEnum):
    """Whose the device is."""

    CUSTOMER_OWNED = "customer_owned"
    UTILITY_OWNED = "utility_owned"


class AccountStatus(StrEnum):
    """Whether the CIS still bills the account."""

    ACTIVE = "active"
    CLOSED = "closed"


class PremiseType(StrEnum):
    """What kind of building it is."""

    SINGLE_FAMILY = "single_family"
    APARTMENT = "apartment"
    MOBILE_HOME = "mobile_home"
    SMALL_BUSINESS = "small_business"
    LARGE_BUSINESS = "large_business"


class CustomerClass(StrEnum):
    """The class a tariff is made for."""

    RESIDENTIAL = "residential"
    SMALL_COMMERCIAL = "small_commercial"
    LARGE_COMMERCIAL = "large_commercial"


class MeterType(StrEnum):
    """Whether the meter reports intervals by itself."""

    AMI = "ami"
    MANUAL = "manual"


class RemovalMethod(StrEnum):
    """What becomes of a device whose subscription ends."""

    KEEP = "keep"
    UTILITY_REMOVAL = "utility_removal"
    SHIP_BACK = "ship_back"
