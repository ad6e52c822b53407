"""Requirements of programs for devices; and nobody enrolls a device that another customer holds."""

from typing import Any

import pytest

from models.catalog.eligibility import RatedPowerRule
from models.decision import Verdict
from models.states.device import DeviceState
from rules.eligibility import devices
from rules.eligibility.facts import KnownDevice

PASSED, FAILED, OPEN = Verdict.PASSED, Verdict.FAILED, Verdict.OPEN


def named(*serials: str, **changes: str | None) -> dict[str, list[dict[str, str | None]]]:
    return {"devices": [{"specification": "wallbox-40", "serial_number": serial, **changes} for serial in serials]}


@pytest.mark.parametrize(
    ("minimum", "maximum", "count", "verdict"),
    [
        (1, 1, 0, FAILED),
        (1, 1, 1, PASSED),
        (1, 1, 2, FAILED),
        (2, 3, 1, FAILED),
        (2, 3, 2, PASSED),
        (2, 3, 3, PASSED),
        (2, 3, 4, FAILED),
    ],
)
def test_as_many_devices_as_the_program_takes(eligible_facts, ask, minimum, maximum, count, verdict) -> None:
    limits = {"minimum": minimum, "maximum": maximum}
    asked = named(*(f"WB-{number}" for number in range(count)))
    finding = ask(devices.device_count, eligible_facts(program={"devices": limits}, application=asked))
    assert finding.verdict is verdict
    assert finding.pointers == (("/devices",) if verdict is FAILED else ())


@pytest.mark.parametrize(
    ("accepts", "verdict"),
    [
        ([{"asset_type": "ev_charger"}], PASSED),
        ([{"asset_type": "battery"}], FAILED),
        ([{"asset_type": "battery"}, {"asset_type": "ev_charger"}], PASSED),
        ([{"asset_type": "ev_charger", "manufacturers": ["Wallbox"]}], PASSED),
        ([{"asset_type": "ev_charger", "manufacturers": ["Tesla"]}], FAILED),
        ([{"asset_type": "ev_charger", "specifications": ["wallbox-40"]}], PASSED),
        ([{"asset_type": "ev_charger", "specifications": ["wallbox-48"]}], FAILED),
        ([{"asset_type": "battery", "specifications": ["wallbox-40"]}], FAILED),
    ],
)
def test_the_program_accepts_the_make_and_model(eligible_facts, ask, accepts, verdict) -> None:
    finding = ask(devices.specification_accepted, eligible_facts(program={"accepts": accepts}))
    assert finding.verdict is verdict
    assert finding.pointers == (("/devices/0/specification",) if verdict is FAILED else ())


def test_an_inactive_specification_is_refused(eligible_facts, ask, specification) -> None:
    facts = eligible_facts(specifications=(specification(active=False),))
    assert ask(devices.specification_accepted, facts).verdict is FAILED


def test_devices_missing_from_the_catalog_are_reported(eligible_facts, ask, specification) -> None:
    facts = eligible_facts(application=named("A", "B", "C"), specifications=(None, specification(), None))
    finding = ask(devices.specification_accepted, facts)
    assert finding.pointers == ("/devices/0/specification", "/devices/2/specification")
    assert "catalog" in finding.reason


def test_only_refused_devices_are_reported(eligible_facts, ask, specification) -> None:
    battery = specification(code="powerwall", asset_type="battery")
    facts = eligible_facts(application=named("A", "B"), specifications=(specification(), battery))
    assert ask(devices.specification_accepted, facts).pointers == ("/devices/1/specification",)


@pytest.mark.parametrize("found", [None, {"code": "powerwall", "asset_type": "battery"}])
def test_the_fix_names_the_accepted_models(eligible_facts, ask, specification, found) -> None:
    catalogued = (
        specification(),
        specification(code="wallbox-48"),
        specification(code="wallbox-16", active=False),
        specification(code="powerwall", asset_type="battery"),
    )
    named = (specification(**found) if found else None,)
    finding = ask(
        devices.specification_accepted, eligible_facts(specifications=named, catalog_specifications=catalogued)
    )
    assert "takes: wallbox-40, wallbox-48." in finding.fix


@pytest.mark.parametrize(
    ("beside", "pointers"),
    [
        ({}, ()),
        ({"manufacturer": "WALLBOX", "model": "pulsar plus"}, ()),
        ({"manufacturer": "Tesla"}, ("/devices/0/manufacturer",)),
        ({"model": "Copper"}, ("/devices/0/model",)),
        ({"manufacturer": "Tesla", "model": "Copper"}, ("/devices/0/manufacturer", "/devices/0/model")),
    ],
)
def test_a_serial_number_cannot_have_two_specifications(eligible_facts, ask, beside, pointers) -> None:
    finding = ask(devices.specification_accepted, eligible_facts(application=named("A", **beside)))
    assert finding.pointers == pointers
    if pointers:
        assert "wallbox-40 is Wallbox Pulsar Plus" in finding.reason


@pytest.mark.parametrize(
    ("serials", "verdict"),
    [
        (("WB-1", "WB-2"), PASSED),
        (("WB-1", "WB-1"), FAILED),
        (("WB-1", "wb 1"), FAILED),
        (("wb:0:1", "WB/0.1"), FAILED),
        (("WB-10", "WB-1"), PASSED),
        ((), PASSED),
    ],
)
def test_a_serial_number_is_named_once_however_it_is_written(eligible_facts, ask, serials, verdict) -> None:
    assert ask(devices.serial_once, eligible_facts(application=named(*serials))).verdict is verdict


def test_every_duplicate_serial_number_is_reported(eligible_facts, ask) -> None:
    finding = ask(devices.serial_once, eligible_facts(application=named("A", "B", "a")))
    assert finding.pointers == ("/devices/0/serial_number", "/devices/2/serial_number")


def test_two_makers_may_use_one_serial_number(eligible_facts, ask, specification) -> None:
    specifications = (specification(), specification(manufacturer="Tesla"))
    facts = eligible_facts(application=named("A", "A"), specifications=specifications)
    assert ask(devices.serial_once, facts).verdict is PASSED


@pytest.mark.parametrize(("typed", "verdict"), [("WALLBOX", FAILED), ("Tesla", PASSED), (None, PASSED)])
def test_an_uncataloged_device_has_the_entered_manufacturer(eligible_facts, ask, specification, typed, verdict) -> None:
    asked = named("A", "A", manufacturer=typed)
    facts = eligible_facts(application=asked, specifications=(None, specification()))
    assert ask(devices.serial_once, facts).verdict is verdict


def _held(*customers: str, position: int = 0, state: DeviceState = DeviceState.INSTALLED, **kinds: Any) -> KnownDevice:
    return KnownDevice(position, state, frozenset(customers), **{name: frozenset(one) for name, one in kinds.items()})


@pytest.mark.parametrize(
    ("held", "verdict"),
    [
        ((), PASSED),
        ((_held("cus_1"),), PASSED),
        ((_held("cus_2"),), FAILED),
        ((_held("cus_2", "cus_1"),), PASSED),
        ((_held("cus_1", exclusions={"demand_response"}),), PASSED),
        ((_held("cus_1", exclusions={"demand_response", "ev_managed_charging"}),), FAILED),
        ((_held("cus_1", exclusions={"ev_managed_charging"}, exclusions_ending={"ev_managed_charging"}),), FAILED),
        ((_held("cus_2", exclusions={"ev_managed_charging"}),), FAILED),
        ((_held("cus_1", state=DeviceState.RETIRED),), FAILED),
    ],
)
def test_no_device_of_another_customer_or_of_a_program_of_the_kind(eligible_facts, ask, held, verdict) -> None:
    finding = ask(devices.serial_free, eligible_facts(known_devices=held))
    assert finding.verdict is verdict
    assert finding.pointers == (("/devices/0/serial_number",) if verdict is FAILED else ())


def test_an_unenrolled_device_is_distinguished_from_a_participating_one(eligible_facts, ask) -> None:
    kinds = {"exclusions": {"ev_managed_charging"}, "exclusions_ending": {"ev_managed_charging"}}
    finding = ask(devices.serial_free, eligible_facts(known_devices=(_held("cus_1", **kinds),)))
    assert (finding.reason.split(",")[0], finding.fix) == (
        "The device has left this or a conflicting program",
        "Apply again once it has: the unenrollment shows it.",
    )


def test_ownership_is_reported_before_participation(eligible_facts, ask) -> None:
    held = (_held("cus_1", exclusions={"ev_managed_charging"}), _held("cus_2", position=1))
    finding = ask(devices.serial_free, eligible_facts(application=named("A", "B"), known_devices=held))
    assert finding.pointers == ("/devices/1/serial_number",)
    assert "another customer" in finding.reason


@pytest.mark.parametrize(
    ("required", "place", "verdict"),
    [
        (False, None, PASSED),
        (True, None, FAILED),
        (True, "garage", PASSED),
        (False, "garage", PASSED),
        (False, "roof", FAILED),
        (True, "nowhere", FAILED),
    ],
)
def test_the_location_fits_the_device_where_one_is_named_or_needed(
    eligible_facts, ask, required, place, verdict
) -> None:
    asked = named("A", device_location_type=place)
    finding = ask(devices.device_location, eligible_facts(location_required=required, application=asked))
    assert finding.verdict is verdict
    assert finding.pointers == (("/devices/0/device_location_type",) if verdict is FAILED else ())


@pytest.mark.parametrize("place", [None, "roof"])
def test_the_fix_names_the_fitting_locations(eligible_facts, ask, place) -> None:
    fitting = frozenset({("garage", "ev_charger"), ("driveway", "ev_charger"), ("roof", "pv_inverter")})
    asked = named("A", device_location_type=place)
    facts = eligible_facts(location_required=True, application=asked, location_types=fitting)
    assert "ev_charger: driveway, garage." in ask(devices.device_location, facts).fix


@pytest.mark.parametrize(("place", "verdict"), [("roof", PASSED), (None, FAILED)])
def test_a_device_of_unknown_kind_only_has_to_be_somewhere(eligible_facts, ask, place, verdict) -> None:
    asked = named("A", device_location_type=place)
    facts = eligible_facts(location_required=True, application=asked, specifications=(None,))
    assert ask(devices.device_location, facts).verdict is verdict


@pytest.mark.parametrize(
    ("bounds", "rated", "verdict"),
    [
        ({}, ["0"], PASSED),
        ({"minimum_kw": 7.2}, ["7.2"], PASSED),
        ({"minimum_kw": 7.2}, ["7.199"], FAILED),
        ({"maximum_kw": 7.2}, ["7.2"], PASSED),
        ({"maximum_kw": 7.2}, ["7.201"], FAILED),
        ({"maximum_kw": 0.3}, ["0.1", "0.1", "0.1"], PASSED),
        ({"minimum_kw": 0.3}, ["0.1", "0.1", "0.1"], PASSED),
        ({"minimum_kw": 5, "maximum_kw": 10}, ["4", "4"], PASSED),
        ({"minimum_kw": 5, "maximum_kw": 10}, ["4", None], FAILED),
        ({"minimum_kw": 5, "maximum_kw": 10}, ["6", "6"], FAILED),
    ],
)
def test_the_power_of_all_devices_together_is_within_bounds(
    eligible_facts, ask, specification, bounds, rated, verdict
) -> None:
    found = tuple(specification(rated_kw=kw) if kw else None for kw in rated)
    facts = eligible_facts(application=named(*map(str, range(len(rated)))), specifications=found)
    finding = ask(devices.rated_power, facts, RatedPowerRule(rule="rated_power", **bounds))
    assert finding.verdict is verdict
    assert finding.pointers == (("/devices",) if verdict is FAILED else ())


def test_power_is_stated_to_the_watt(eligible_facts, ask, specification) -> None:
    rule = RatedPowerRule(rule="rated_power", maximum_kw=1000)
    facts = eligible_facts(specifications=(specification(rated_kw="1000.001"),))
    assert "1000.001 kW" in ask(devices.rated_power, facts, rule).reason


@pytest.mark.parametrize("bounds", [{"minimum_kw": 10, "maximum_kw": 5}, {"minimum_kw": float("inf")}])
def test_empty_bounds_are_an_invalid_configuration(bounds) -> None:
    with pytest.raises(ValueError, match="kw"):
        RatedPowerRule(rule="rated_power", **bounds)


@pytest.mark.parametrize(
    "rule",
    [
        devices.device_count,
        devices.specification_accepted,
        devices.serial_once,
        devices.serial_free,
        devices.device_location,
    ],
)
def test_a_preview_leaves_open_what_depends_on_the_devices(eligible_facts, ask, rule) -> None:
    assert ask(rule, eligible_facts(application=None, location_required=True)).verdict is OPEN


def test_a_preview_states_the_required_power(eligible_facts, ask) -> None:
    rule = RatedPowerRule(rule="rated_power", minimum_kw=5, maximum_kw=10)
    finding = ask(devices.rated_power, eligible_facts(application=None), rule)
    assert finding.verdict is OPEN
    assert finding.reason == "The devices together must have at least 5 kW and at most 10 kW."
