"""What programs ask of the devices, and that nobody enrolls a device that another customer holds."""

from collections import Counter
from collections.abc import Iterable

from pydantic import JsonValue

from models.catalog.eligibility import RatedPowerRule
from models.classifications import InstallationMethod
from models.requests.enrollment import RequestedDevice
from models.states.device import DeviceState
from models.values import normalize_serial_number
from rules.alternatives import name_accepted_specifications, name_codes, name_location_types, name_power
from rules.eligibility.facts import EligibilityFacts
from rules.finding import RuleFinding, failed, passed, undecided


def _check_at_installation(rule: str) -> RuleFinding:
    return undecided(rule, "device_checked_at_installation")


def _pointers(positions: Iterable[int], field: str) -> tuple[str, ...]:
    return tuple(f"/devices/{position}/{field}" for position in positions)


def device_count(facts: EligibilityFacts) -> RuleFinding:
    """As many devices as the program wants on one subscription."""
    limits = facts.program.devices
    span: JsonValue = [limits.minimum, limits.maximum]
    if facts.application is None:
        return undecided("device_count", "device_count_to_be_checked", limits=span)
    if facts.awaits_device:
        return passed("device_count", "utility_brings_device")
    count = len(facts.devices)
    if count > 1 and facts.application.installation_method is InstallationMethod.UTILITY_INSTALLATION:
        return failed("device_count", "too_many_devices_for_visit", "/devices", count=count)
    if limits.minimum <= count <= limits.maximum:
        return passed("device_count", "device_count_fits", count=count, limits=span)
    return failed("device_count", "device_count_differs", "/devices", count=count, limits=span)


def specification_accepted(facts: EligibilityFacts) -> RuleFinding:
    """Each device is of one make and model, and the program accepts it."""
    if facts.application is None:
        return undecided("specification_accepted", "depends_on_specification")
    if facts.awaits_device:
        return _check_at_installation("specification_accepted")
    for fault in (
        _unknown_specifications(facts),
        _contradicting_specifications(facts),
        _unaccepted_specifications(facts),
    ):
        if fault is not None:
            return fault
    return passed("specification_accepted", "specifications_accepted")


def _unknown_specifications(facts: EligibilityFacts) -> RuleFinding | None:
    unknown = [position for position, found in enumerate(facts.specifications) if found is None]
    if not unknown:
        return None
    return failed(
        "specification_accepted",
        "specification_unknown",
        *_pointers(unknown, "specification"),
        accepted=name_accepted_specifications(facts.program, facts.catalog_specifications),
    )


def _contradicting_specifications(facts: EligibilityFacts) -> RuleFinding | None:
    """Who names a specification and another make or model beside it means one of the two: nobody guesses which."""
    wrong: list[str] = []
    meant: dict[str, JsonValue] = {}
    for position, (device, found) in enumerate(zip(facts.devices, facts.specifications, strict=True)):
        for field in ("manufacturer", "model"):
            named = getattr(device, field)
            if found and named and named.casefold() != getattr(found, field).casefold():
                wrong += _pointers([position], field)
                meant[found.code] = f"{found.manufacturer} {found.model}"
    if not wrong:
        return None
    return failed("specification_accepted", "specification_contradicted", *wrong, specifications=meant)


def _unaccepted_specifications(facts: EligibilityFacts) -> RuleFinding | None:
    refused = {
        position: found.code
        for position, found in enumerate(facts.specifications)
        if found and not (found.active and facts.program.accepts_specification(found))
    }
    if not refused:
        return None
    return failed(
        "specification_accepted",
        "specification_not_accepted",
        *_pointers(refused, "specification"),
        specifications=name_codes(refused.values()),
        accepted=name_accepted_specifications(facts.program, facts.catalog_specifications),
    )


def serial_once(facts: EligibilityFacts) -> RuleFinding:
    """No device is named twice in one application."""
    if facts.application is None:
        return undecided("serial_once", "depends_on_serial_numbers")
    if facts.awaits_device:
        return _check_at_installation("serial_once")
    identities = [_identity(facts, position, device) for position, device in enumerate(facts.devices)]
    counts = Counter(identities)
    twice = [position for position, identity in enumerate(identities) if counts[identity] > 1]
    if twice:
        return failed("serial_once", "serial_number_repeated", *_pointers(twice, "serial_number"))
    return passed("serial_once", "serial_numbers_differ")


def _identity(facts: EligibilityFacts, position: int, device: RequestedDevice) -> tuple[str, str]:
    found = facts.specifications[position]
    maker = found.manufacturer if found else device.manufacturer or ""
    return maker.casefold(), normalize_serial_number(device.serial_number)


def serial_free(facts: EligibilityFacts) -> RuleFinding:
    """No device belongs to somebody else, or takes part in a conflicting program already."""
    if facts.application is None:
        return undecided("serial_free", "depends_on_serial_numbers")
    if facts.awaits_device:
        return _check_at_installation("serial_free")
    others = [held.position for held in facts.known_devices if facts.site.customer_id not in held.customers]
    if others:
        return failed("serial_free", "device_of_other_customer", *_pointers(others, "serial_number"))
    retired = [held.position for held in facts.known_devices if held.state is DeviceState.RETIRED]
    if retired:
        return failed("serial_free", "device_is_retired", *_pointers(retired, "serial_number"))
    return _check_conflicting_participation(facts)


def _check_conflicting_participation(facts: EligibilityFacts) -> RuleFinding:
    group = facts.program.exclusion_group
    enrolled = [held.position for held in facts.known_devices if group in held.exclusions - held.exclusions_ending]
    if enrolled:
        return failed("serial_free", "device_already_enrolled", *_pointers(enrolled, "serial_number"))
    ending = [held.position for held in facts.known_devices if group in held.exclusions_ending]
    if ending:
        return failed("serial_free", "device_not_released_yet", *_pointers(ending, "serial_number"))
    return passed("serial_free", "serial_numbers_are_free")


def device_location(facts: EligibilityFacts) -> RuleFinding:
    """Each device is at a location that fits its asset type, where the program type needs to know it."""
    if facts.application is None:
        return undecided("device_location", "depends_on_location")
    if facts.awaits_device:
        return _check_at_installation("device_location")
    wrong = [position for position in range(len(facts.devices)) if not _has_valid_location(facts, position)]
    if not wrong:
        return passed("device_location", "locations_fit")
    pointers = _pointers(wrong, "device_location_type")
    kinds = sorted({found.asset_type for position in wrong if (found := facts.specifications[position])})
    if not kinds:
        return failed("device_location", "location_without_specification", *pointers)
    possible = {kind: name_location_types(kind, facts.location_types) for kind in kinds}
    return failed("device_location", "location_differs", *pointers, possible=possible)


def _has_valid_location(facts: EligibilityFacts, position: int) -> bool:
    place, found = facts.devices[position].device_location_type, facts.specifications[position]
    if place is None:
        return not facts.location_required
    return found is None or (place, found.asset_type) in facts.location_types


def rated_power(facts: EligibilityFacts, rule: RatedPowerRule) -> RuleFinding:
    """The devices' power together is within the program's bounds."""
    bounds: dict[str, JsonValue] = {"minimum": name_power(rule.minimum_kw)}
    if rule.maximum_kw:
        bounds["maximum"] = name_power(rule.maximum_kw)
    if facts.application is None:
        return undecided(rule.rule, "power_to_be_checked", bounds=bounds)
    if facts.awaits_device:
        return _check_at_installation(rule.rule)
    power = facts.requested_kw
    if power >= rule.minimum_kw and (rule.maximum_kw is None or power <= rule.maximum_kw):
        return passed(rule.rule, "power_fits", power=name_power(power))
    return failed(rule.rule, "power_differs", "/devices", power=name_power(power), bounds=bounds)
