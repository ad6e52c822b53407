"""What programs ask of the devices, and that nobody enrols a device that another holds."""

from collections import Counter
from decimal import Decimal

from models.application import RequestedDevice
from models.decision import Finding
from models.eligibility import RatedPowerRule
from models.states import InstallationMethod
from models.values import normalised_serial
from rules.eligibility.facts import Facts
from rules.eligibility.finding import failed, passed, undecided


def _later(rule: str) -> Finding:
    return undecided(rule, "The utility brings the device; this is checked when it is installed.")


def _at(positions: list[int], field: str) -> tuple[str, ...]:
    return tuple(f"/devices/{position}/{field}" for position in positions)


def device_count(facts: Facts) -> Finding:
    """As many devices as the program wants on one subscription."""
    limits = facts.program.devices
    span = f"{limits.minimum}" if limits.minimum == limits.maximum else f"{limits.minimum} to {limits.maximum}"
    if facts.application is None:
        return undecided("device_count", f"The program takes {span} device(s).")
    if facts.awaits_device:
        return passed("device_count", "The utility brings the device.")
    count = len(facts.devices)
    if count > 1 and facts.application.installation_method is InstallationMethod.UTILITY_INSTALLATION:
        return failed(
            "device_count",
            f"{count} devices asked for; a technician installs one on a visit.",
            "Name the one device that shall be installed, or none if the technician brings it.",
            "/devices",
        )
    if limits.minimum <= count <= limits.maximum:
        return passed("device_count", f"{count} device(s) asked for; the program takes {span}.")
    return failed(
        "device_count", f"{count} device(s) asked for; the program takes {span}.", f"Name {span} device(s).", "/devices"
    )


def specification_accepted(facts: Facts) -> Finding:
    """Each device is of a make and model that the program takes."""
    if facts.application is None:
        return undecided("specification_accepted", "Depends on the device's make and model.")
    if facts.awaits_device:
        return _later("specification_accepted")
    unknown = [position for position, found in enumerate(facts.specifications) if found is None]
    if unknown:
        return failed(
            "specification_accepted",
            "The device's make and model are not in the catalogue.",
            "Name a specification of the catalogue, or its exact manufacturer and model.",
            *_at(unknown, "specification"),
        )
    strangers = [
        position
        for position, found in enumerate(facts.specifications)
        if found and not (found.active and facts.program.accepts_specification(found))
    ]
    if strangers:
        names = ", ".join(sorted({found.code for found in facts.specifications if found}))
        return failed(
            "specification_accepted",
            f"The program does not take every one of: {names}.",
            "Choose a program that takes this device; GET /v1/programs lists what each takes.",
            *_at(strangers, "specification"),
        )
    return passed("specification_accepted", "The program takes every device's make and model.")


def _identity(facts: Facts, position: int, device: RequestedDevice) -> tuple[str, str]:
    found = facts.specifications[position]
    maker = found.manufacturer if found else device.manufacturer or ""
    return maker.casefold(), normalised_serial(device.serial_number)


def serial_once(facts: Facts) -> Finding:
    """No device is named twice in one application."""
    if facts.application is None:
        return undecided("serial_once", "Depends on the serial numbers.")
    if facts.awaits_device:
        return _later("serial_once")
    identities = [_identity(facts, position, device) for position, device in enumerate(facts.devices)]
    counts = Counter(identities)
    twice = [position for position, identity in enumerate(identities) if counts[identity] > 1]
    if twice:
        return failed(
            "serial_once",
            "The same serial number is named twice.",
            "Name each device once; case and separators in a serial number do not count.",
            *_at(twice, "serial_number"),
        )
    return passed("serial_once", "Each serial number is named once.")


def serial_free(facts: Facts) -> Finding:
    """No device belongs to somebody else, or is already in a program of the kind."""
    if facts.application is None:
        return undecided("serial_free", "Depends on the serial numbers.")
    if facts.awaits_device:
        return _later("serial_free")
    others = [held.position for held in facts.held if held.customer_id != facts.site.customer_id]
    if others:
        return failed(
            "serial_free",
            "A device with this serial number is registered to another customer.",
            "Check the serial number on the device's label; if it is right, have the earlier owner unenrol it.",
            *_at(others, "serial_number"),
        )
    enrolled = [held.position for held in facts.held if facts.program.exclusion in held.exclusions]
    if enrolled:
        return failed(
            "serial_free",
            "The device already takes part in this or a conflicting program.",
            "Unenrol it there first.",
            *_at(enrolled, "serial_number"),
        )
    return passed("serial_free", "Nobody else holds these serial numbers.")


def device_location(facts: Facts) -> Finding:
    """Each device hangs in a place that fits its kind, where the program type needs to know it."""
    if facts.application is None:
        return undecided("device_location", "Depends on where the device hangs.")
    if facts.awaits_device:
        return _later("device_location")
    wrong: list[int] = []
    for position, (device, found) in enumerate(zip(facts.devices, facts.specifications, strict=True)):
        place = device.device_location_type
        missing = place is None and facts.location_required
        unfit = place is not None and found is not None and (place, found.asset_type) not in facts.location_types
        if missing or unfit:
            wrong.append(position)
    if wrong:
        return failed(
            "device_location",
            "The device's location is missing or does not fit its kind.",
            "Name a device location type that the catalogue has for this kind of device.",
            *_at(wrong, "device_location_type"),
        )
    return passed("device_location", "Every device's location is known or not needed.")


def _kw(power: Decimal) -> str:
    """To the watt, without zeros that say nothing."""
    return f"{power.normalize():f} kW"


def rated_power(facts: Facts, rule: RatedPowerRule) -> Finding:
    """The devices' power together is within the program's bounds."""
    bounds = f"at least {_kw(rule.minimum_kw)}" + (f" and at most {_kw(rule.maximum_kw)}" if rule.maximum_kw else "")
    if facts.application is None:
        return undecided(rule.rule, f"The devices together must have {bounds}.")
    if facts.awaits_device:
        return _later(rule.rule)
    power = facts.requested_kw
    if power >= rule.minimum_kw and (rule.maximum_kw is None or power <= rule.maximum_kw):
        return passed(rule.rule, f"The devices have {_kw(power)} together.")
    return failed(
        rule.rule,
        f"The devices have {_kw(power)} together; the program takes {bounds}.",
        "Enrol devices whose rated power together is within these bounds.",
        "/devices",
    )
