"""Requirements of programs for the customer's service point and premise."""

import pytest

from models.catalog.eligibility import (
    CustomerClassRule,
    FeederKnownRule,
    GridLocationRule,
    IntervalMeterRule,
    NotCriticalRule,
    OwnerConsentRule,
    PhaseCountRule,
    PremiseTypeRule,
    TariffRule,
)
from models.classifications import CustomerClass, MeterType, PremiseType
from models.decision import Verdict
from rules.eligibility import service_point

PASSED, FAILED, OPEN = Verdict.PASSED, Verdict.FAILED, Verdict.OPEN


@pytest.mark.parametrize(
    ("classes", "verdict"),
    [
        (("residential",), PASSED),
        (("small_commercial", "residential"), PASSED),
        (("small_commercial", "large_commercial"), FAILED),
    ],
)
def test_the_customer_class_is_one_of_those_named(eligible_facts, ask, classes, verdict) -> None:
    rule = CustomerClassRule(rule="customer_class", classes=classes)
    facts = eligible_facts(site={"customer_class": CustomerClass.RESIDENTIAL})
    assert ask(service_point.customer_class, facts, rule).verdict is verdict


@pytest.mark.parametrize(
    ("accepted", "excluded", "verdict"),
    [
        ((), (), PASSED),
        (("E-1", "E-2"), (), PASSED),
        (("E-2",), (), FAILED),
        (("e-1",), (), FAILED),
        ((), ("E-2",), PASSED),
        ((), ("E-1",), FAILED),
        (("E-1",), ("E-2",), PASSED),
        (("E-1",), ("E-1",), FAILED),
        (("E-2",), ("E-3",), FAILED),
    ],
)
def test_the_tariff_is_accepted_and_not_excluded(eligible_facts, ask, accepted, excluded, verdict) -> None:
    rule = TariffRule(rule="tariff", accepted=accepted, excluded=excluded)
    assert ask(service_point.tariff, eligible_facts(site={"tariff": "E-1"}), rule).verdict is verdict


@pytest.mark.parametrize(
    ("accepted", "excluded", "wanted"),
    [(("E-2", "E-3"), (), "one of E-2, E-3"), ((), ("E-1", "E-9"), "another than E-1, E-9")],
)
def test_the_fix_names_the_accepted_tariffs(eligible_facts, ask, accepted, excluded, wanted) -> None:
    rule = TariffRule(rule="tariff", accepted=accepted, excluded=excluded)
    assert ask(service_point.tariff, eligible_facts(), rule).fix == f"Change the tariff to {wanted} first."


def test_an_excluded_tariff_is_never_suggested(eligible_facts, ask) -> None:
    rule = TariffRule(rule="tariff", accepted=("E-1", "E-2"), excluded=("E-1",))
    assert ask(service_point.tariff, eligible_facts(), rule).fix == "Change the tariff to one of E-2 first."


def test_no_tariff_is_suggested_if_none_is_accepted(eligible_facts, ask) -> None:
    rule = TariffRule(rule="tariff", accepted=("E-1",), excluded=("E-1",))
    assert ask(service_point.tariff, eligible_facts(), rule).fix == "Choose another program."


@pytest.mark.parametrize(
    ("types", "verdict"),
    [(("single_family",), PASSED), (("apartment", "single_family"), PASSED), (("apartment", "mobile_home"), FAILED)],
)
def test_the_premise_type_is_accepted(eligible_facts, ask, types, verdict) -> None:
    rule = PremiseTypeRule(rule="premise_type", types=types)
    facts = eligible_facts(site={"premise_type": PremiseType.SINGLE_FAMILY})
    assert ask(service_point.premise_type, facts, rule).verdict is verdict


@pytest.mark.parametrize(("meter", "verdict"), [(MeterType.AMI, PASSED), (MeterType.MANUAL, FAILED)])
def test_the_meter_reports_intervals(eligible_facts, ask, meter, verdict) -> None:
    rule = IntervalMeterRule(rule="interval_meter")
    assert ask(service_point.interval_meter, eligible_facts(site={"meter_type": meter}), rule).verdict is verdict


@pytest.mark.parametrize(
    ("area", "verdict"),
    [
        ({"feeders": ("F-7",)}, PASSED),
        ({"substations": ("SUB-3",)}, PASSED),
        ({"postal_codes": ("62701",)}, PASSED),
        ({"feeders": ("F-8",), "postal_codes": ("62701",)}, PASSED),
        ({"feeders": ("SUB-3",), "substations": ("F-7",)}, FAILED),
        ({"feeders": ("F-8",), "substations": ("SUB-4",), "postal_codes": ("62702",)}, FAILED),
    ],
)
def test_one_matching_grid_location_is_enough(eligible_facts, ask, area, verdict) -> None:
    rule = GridLocationRule(rule="grid_location", **area)
    assert ask(service_point.grid_location, eligible_facts(), rule).verdict is verdict


def test_the_reason_names_the_served_area(eligible_facts, ask) -> None:
    rule = GridLocationRule(rule="grid_location", feeders=("F-9", "F-8"), postal_codes=tuple(map(str, range(30))))
    fix = ask(service_point.grid_location, eligible_facts(), rule).fix
    assert "feeders F-8, F-9; postal codes 0, 1," in fix
    assert fix.endswith(" and 10 more.")


def test_a_service_point_without_feeder_is_in_no_feeder_area(eligible_facts, ask) -> None:
    rule = GridLocationRule(rule="grid_location", feeders=("None",), substations=("None",))
    facts = eligible_facts(site={"feeder": None, "substation": None})
    assert ask(service_point.grid_location, facts, rule).verdict is FAILED


def test_an_empty_area_is_an_invalid_configuration() -> None:
    with pytest.raises(ValueError, match="grid_location"):
        GridLocationRule(rule="grid_location")


@pytest.mark.parametrize(("feeder", "verdict"), [("F-7", PASSED), (None, FAILED), ("", FAILED)])
def test_the_feeder_is_known(eligible_facts, ask, feeder, verdict) -> None:
    rule = FeederKnownRule(rule="feeder_known")
    assert ask(service_point.feeder_known, eligible_facts(site={"feeder": feeder}), rule).verdict is verdict


@pytest.mark.parametrize(
    ("phases", "minimum", "verdict"),
    [(1, 1, PASSED), (1, 2, FAILED), (2, 2, PASSED), (2, 3, FAILED), (3, 3, PASSED), (3, 1, PASSED)],
)
def test_there_are_enough_phases(eligible_facts, ask, phases, minimum, verdict) -> None:
    rule = PhaseCountRule(rule="phase_count", minimum=minimum)
    assert ask(service_point.phase_count, eligible_facts(site={"phase_count": phases}), rule).verdict is verdict


@pytest.mark.parametrize(("critical", "verdict"), [(False, PASSED), (True, FAILED)])
def test_the_service_point_is_not_critical(eligible_facts, ask, critical, verdict) -> None:
    rule = NotCriticalRule(rule="not_critical")
    assert ask(service_point.not_critical, eligible_facts(site={"critical": critical}), rule).verdict is verdict


@pytest.mark.parametrize(
    ("owner_occupied", "answers", "verdict"),
    [
        (True, {}, PASSED),
        (True, {"owner_consent": "no"}, PASSED),
        (False, {}, FAILED),
        (False, {"owner_consent": "no"}, FAILED),
        (False, {"owner_consent": ""}, FAILED),
        (False, {"another": "yes"}, FAILED),
        (False, {"owner_consent": "yes"}, PASSED),
        (False, {"owner_consent": " YES "}, PASSED),
        (False, {"owner_consent": "true"}, PASSED),
    ],
)
def test_a_renter_has_the_owners_consent(eligible_facts, ask, owner_occupied, answers, verdict) -> None:
    rule = OwnerConsentRule(rule="owner_consent")
    facts = eligible_facts(site={"owner_occupied": owner_occupied}, application={"answers": answers})
    assert ask(service_point.owner_consent, facts, rule).verdict is verdict


def test_the_owners_consent_is_read_from_the_configured_answer(eligible_facts, ask) -> None:
    rule = OwnerConsentRule(rule="owner_consent", answer="landlord")
    facts = eligible_facts(site={"owner_occupied": False}, application={"answers": {"owner_consent": "yes"}})
    assert ask(service_point.owner_consent, facts, rule).pointers == ("/answers/landlord",)


@pytest.mark.parametrize(("owner_occupied", "verdict"), [(True, PASSED), (False, OPEN)])
def test_a_preview_shows_a_renter_that_consent_is_required(eligible_facts, ask, owner_occupied, verdict) -> None:
    facts = eligible_facts(site={"owner_occupied": owner_occupied}, application=None)
    assert ask(service_point.owner_consent, facts, OwnerConsentRule(rule="owner_consent")).verdict is verdict


@pytest.mark.parametrize(
    ("check", "rule", "bad_site"),
    [
        (service_point.customer_class, CustomerClassRule(rule="customer_class", classes=("large_commercial",)), {}),
        (service_point.tariff, TariffRule(rule="tariff", accepted=("E-2",)), {}),
        (service_point.premise_type, PremiseTypeRule(rule="premise_type", types=("apartment",)), {}),
        (service_point.interval_meter, IntervalMeterRule(rule="interval_meter"), {"meter_type": MeterType.MANUAL}),
        (service_point.grid_location, GridLocationRule(rule="grid_location", feeders=("F-8",)), {}),
        (service_point.feeder_known, FeederKnownRule(rule="feeder_known"), {"feeder": None}),
        (service_point.phase_count, PhaseCountRule(rule="phase_count", minimum=3), {}),
        (service_point.not_critical, NotCriticalRule(rule="not_critical"), {"critical": True}),
    ],
)
def test_site_failures_point_to_the_service_point(eligible_facts, ask, check, rule, bad_site) -> None:
    finding = ask(check, eligible_facts(site=bad_site), rule)
    assert (finding.verdict, finding.pointers) == (FAILED, ("/service_point",))
    preview = ask(check, eligible_facts(site=bad_site, application=None), rule)
    assert preview == finding
