"""What programs ask of the devices, and that nobody enrols a device that another holds."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from models.catalog.eligibility import RatedPowerRule
from models.classifications import InstallationMethod
from models.decision import Finding
from models.requests.enrollment import RequestedDevice
from models.states.device import DeviceState
from models.values import normalize_serial_number
from rules.alternatives import join_codes, list_accepted_specifications, list_location_types
from rules.eligibility.facts import EligibilityFacts
from rules.eligibility.finding import failed, passed, undecided


def _check_at_installation(rule: str) -> Finding:
    return undecided(rule, "The utility brings the device; this is checked when it is installed.")


def _pointers(positions: Iterable[int], field: str) -> tuple[str, ...]:
    return tuple(f"/devices/{position}/{field}" for position in positions)


def device_count(facts: EligibilityFacts) -> Finding:
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


def specification_accepted(facts: EligibilityFacts) -> Finding:
    """Each device is of one make and model, and the program takes it."""
    if facts.application is None:
        return undecided("specification_accepted", "Depends on the device's make and model.")
    if facts.awaits_device:
        return _check_at_installation("specification_accepted")
    for fault in (
        _unknown_specifications(facts),
        _contradicting_specifications(facts),
        _unaccepted_specifications(facts),
    ):
        if fault is not None:
            return fault
    return passed("specification_accepted", "The program takes every device's make and model.")


def _unknown_specifications(facts: EligibilityFacts) -> Finding | None:
    unknown = [position for position, found in enumerate(facts.specifications) if found is None]
    if not unknown:
        return None
    return failed(
        "specification_accepted",
        "The device's make and model are missing or not in the catalogue.",
        "Name a specification, or its exact manufacturer and model. "
        f"The program takes: {list_accepted_specifications(facts.program, facts.catalog_specifications)}.",
        *_pointers(unknown, "specification"),
    )


def _contradicting_specifications(facts: EligibilityFacts) -> Finding | None:
    """Who names a specification and another make or model beside it means one of the two: nobody guesses which."""
    wrong: list[str] = []
    meant: list[str] = []
    for position, (device, found) in enumerate(zip(facts.devices, facts.specifications, strict=True)):
        for field in ("manufacturer", "model"):
            named = getattr(device, field)
            if found and named and named.casefold() != getattr(found, field).casefold():
                wrong += _pointers([position], field)
                meant.append(f"{found.code} is {found.manufacturer} {found.model}")
    if not wrong:
        return None
    return failed(
        "specification_accepted",
        f"{join_codes(meant)}, but another manufacturer or model is named beside it.",
        "Leave manufacturer and model out where a specification is named, or name the specification of the device.",
        *wrong,
    )


def _unaccepted_specifications(facts: EligibilityFacts) -> Finding | None:
    strangers = {
        position: found.code
        for position, found in enumerate(facts.specifications)
        if found and not (found.active and facts.program.accepts_specification(found))
    }
    if not strangers:
        return None
    return failed(
        "specification_accepted",
        f"The program does not take {join_codes(strangers.values())}.",
        f"It takes: {list_accepted_specifications(facts.program, facts.catalog_specifications)}. "
        "GET /v1/programs lists what other programs take.",
        *_pointers(strangers, "specification"),
    )


def _identity(facts: EligibilityFacts, position: int, device: RequestedDevice) -> tuple[str, str]:
    found = facts.specifications[position]
    maker = found.manufacturer if found else device.manufacturer or ""
    return maker.casefold(), normalize_serial_number(device.serial_number)


def serial_once(facts: EligibilityFacts) -> Finding:
    """No device is named twice in one application."""
    if facts.application is None:
        return undecided("serial_once", "Depends on the serial numbers.")
    if facts.awaits_device:
        return _check_at_installation("serial_once")
    identities = [_identity(facts, position, device) for position, device in enumerate(facts.devices)]
    counts = Counter(identities)
    twice = [position for position, identity in enumerate(identities) if counts[identity] > 1]
    if twice:
        return failed(
            "serial_once",
            "The same serial number is named twice.",
            "Name each device once; case and separators in a serial number do not count.",
            *_pointers(twice, "serial_number"),
        )
    return passed("serial_once", "Each serial number is named once.")


def serial_free(facts: EligibilityFacts) -> Finding:
    """No device belongs to somebody else, or is already in a program of the kind."""
    if facts.application is None:
        return undecided("serial_free", "Depends on the serial numbers.")
    if facts.awaits_device:
        return _check_at_installation("serial_free")
    others = [held.position for held in facts.known_devices if facts.site.customer_id not in held.customers]
    if others:
        return failed(
            "serial_free",
            "A device with this serial number is registered to another customer.",
            "Check the serial number on the device's label; what an earlier resident left behind can be enrolled once "
            "they have left the program.",
            *_pointers(others, "serial_number"),
        )
    retired = [held.position for held in facts.known_devices if held.state is DeviceState.RETIRED]
    if retired:
        return failed(
            "serial_free",
            "A device with this serial number was taken out of service for good.",
            "Check the serial number on the device's label; if it is right, enrol another device.",
            *_pointers(retired, "serial_number"),
        )
    return _check_conflicting_participation(facts)


def _check_conflicting_participation(facts: EligibilityFacts) -> Finding:
    kind = facts.program.exclusion_group
    enrolled = [held.position for held in facts.known_devices if kind in held.exclusions - held.exclusions_ending]
    if enrolled:
        return failed(
            "serial_free",
            "The device already takes part in this or a conflicting program.",
            "Unenrol it there first.",
            *_pointers(enrolled, "serial_number"),
        )
    leaving = [held.position for held in facts.known_devices if kind in held.exclusions_ending]
    if leaving:
        return failed(
            "serial_free",
            "The device has left this or a conflicting program, but the DERMS has not let go of it yet.",
            "Apply again once it has: the unenrolment tells.",
            *_pointers(leaving, "serial_number"),
        )
    return passed("serial_free", "Nobody else holds these serial numbers.")


def device_location(facts: EligibilityFacts) -> Finding:
    """Each device hangs in a place that fits its kind, where the program type needs to know it."""
    if facts.application is None:
        return undecided("device_location", "Depends on where the device hangs.")
    if facts.awaits_device:
        return _check_at_installation("device_location")
    wrong = [position for position in range(len(facts.devices)) if not _has_valid_location(facts, position)]
    if wrong:
        kinds = sorted({found.asset_type for position in wrong if (found := facts.specifications[position])})
        possible = "; ".join(f"{kind}: {list_location_types(kind, facts.location_types)}" for kind in kinds)
        return failed(
            "device_location",
            "The device's location is missing or does not fit its kind.",
            f"Name a device location type. Possible for {possible}." if kinds else "Name the device's specification.",
            *_pointers(wrong, "device_location_type"),
        )
    return passed("device_location", "Every device's location is known or not needed.")


def _has_valid_location(facts: EligibilityFacts, position: int) -> bool:
    place, found = facts.devices[position].device_location_type, facts.specifications[position]
    if place is None:
        return not facts.location_required
    return found is None or (place, found.asset_type) in facts.location_types


def _format_kw(power: Decimal) -> str:
    """To the watt, without zeros that say nothing."""
    return f"{power.normalize():f} kW"


def rated_power(facts: EligibilityFacts, rule: RatedPowerRule) -> Finding:
    """The devices' power together is within the program's bounds."""
    bounds = f"at least {_format_kw(rule.minimum_kw)}" + (
        f" and at most {_format_kw(rule.maximum_kw)}" if rule.maximum_kw else ""
    )
    if facts.application is None:
        return undecided(rule.rule, f"The devices together must have {bounds}.")
    if facts.awaits_device:
        return _check_at_installation(rule.rule)
    power = facts.requested_kw
    if power >= rule.minimum_kw and (rule.maximum_kw is None or power <= rule.maximum_kw):
        return passed(rule.rule, f"The devices have {_format_kw(power)} together.")
    return failed(
        rule.rule,
        f"The devices have {_format_kw(power)} together; the program takes {bounds}.",
        "Enrol devices whose rated power together is within these bounds.",
        "/devices",
    )
