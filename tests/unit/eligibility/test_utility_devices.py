"""A device that the utility provides: what is checked before it is known, and what after its installation."""

from decimal import Decimal

import pytest

from models.catalog.devices import Specification
from models.catalog.eligibility import RatedPowerRule
from models.catalog.programs import Program
from models.decision import Verdict
from rules.capacity import estimate_largest_need
from rules.eligibility import devices
from rules.eligibility.decide import find_device_failures
from tests.unit.conftest import PROGRAM, SPECIFICATION

BROUGHT = {"installation_method": "utility_installation", "asset_ownership": "utility_owned", "devices": []}


def _specification(code: str, rated_kw: str, **changes: str) -> Specification:
    return Specification.model_validate({**SPECIFICATION, "code": code, "rated_kw": rated_kw, **changes})


@pytest.mark.parametrize(
    "rule",
    [devices.specification_accepted, devices.serial_once, devices.serial_free, devices.device_location],
)
def test_rules_about_the_device_are_left_open(eligible_facts, rule) -> None:
    assert rule(eligible_facts(application=BROUGHT)).verdict is Verdict.OPEN


def test_the_power_is_left_open(eligible_facts) -> None:
    rule = RatedPowerRule(rule="rated_power", minimum_kw=Decimal(3))
    assert devices.rated_power(eligible_facts(application=BROUGHT), rule).verdict is Verdict.OPEN


def test_no_device_need_be_named(eligible_facts) -> None:
    assert devices.device_count(eligible_facts(application=BROUGHT)).verdict is Verdict.PASSED


def test_a_technician_installs_one_device(eligible_facts) -> None:
    two = [{"specification": "wallbox-40", "serial_number": serial} for serial in ("WB-1", "WB-2")]
    program = {"devices": {"minimum": 1, "maximum": 3}}
    finding = devices.device_count(eligible_facts(program=program, application={**BROUGHT, "devices": two}))
    assert (finding.verdict, finding.pointers) == (Verdict.FAILED, ("/devices",))


def test_the_largest_accepted_is_reserved_before_it_is_known() -> None:
    program = Program.model_validate({**PROGRAM, "devices": {"minimum": 2, "maximum": 3}})
    sizes = [_specification("a", "7.4"), _specification("b", "9.6"), _specification("c", "50", asset_type="battery")]
    need = estimate_largest_need(program, sizes)
    assert (need.customers, need.devices, need.kw) == (1, 2, Decimal("19.2"))


def test_the_installed_device_must_have_the_power_that_the_program_wants(eligible_facts) -> None:
    facts = eligible_facts(program={"eligibility": [{"rule": "rated_power", "minimum_kw": 20}]})
    assert [finding.rule for finding in find_device_failures(facts)] == ["rated_power"]


def test_an_eligible_installed_device_is_accepted(eligible_facts) -> None:
    assert find_device_failures(eligible_facts()) == ()
