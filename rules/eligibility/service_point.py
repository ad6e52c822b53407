"""What programs ask of the customer's service point and premise."""

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
from models.classifications import MeterType
from rules.alternatives import name_codes
from rules.eligibility.facts import EligibilityFacts
from rules.finding import RuleFinding, failed, passed, undecided

_POINTER = "/service_point"


def customer_class(facts: EligibilityFacts, rule: CustomerClassRule) -> RuleFinding:
    """The service point's class is one the program is made for."""
    mine = facts.site.customer_class
    if mine in rule.classes:
        return passed(rule.rule, "customer_class_fits", customer_class=mine)
    return failed(rule.rule, "customer_class_differs", _POINTER, customer_class=mine, classes=[*rule.classes])


def tariff(facts: EligibilityFacts, rule: TariffRule) -> RuleFinding:
    """The service point's tariff is accepted and not excluded."""
    mine = facts.site.tariff
    if mine not in rule.excluded and (not rule.accepted or mine in rule.accepted):
        return passed(rule.rule, "tariff_fits", tariff=mine)
    if not rule.accepted:
        return failed(rule.rule, "tariff_excluded", _POINTER, tariff=mine, excluded=[*rule.excluded])
    fitting = [tariff for tariff in rule.accepted if tariff not in rule.excluded]
    if fitting:
        return failed(rule.rule, "tariff_not_accepted", _POINTER, tariff=mine, accepted=[*fitting])
    return failed(rule.rule, "no_tariff_accepted", _POINTER, tariff=mine)


def premise_type(facts: EligibilityFacts, rule: PremiseTypeRule) -> RuleFinding:
    """The building is of a kind the program accepts."""
    mine = facts.site.premise_type
    if mine in rule.types:
        return passed(rule.rule, "premise_type_fits", premise_type=mine)
    return failed(rule.rule, "premise_type_differs", _POINTER, premise_type=mine, types=[*rule.types])


def interval_meter(facts: EligibilityFacts, rule: IntervalMeterRule) -> RuleFinding:
    """The meter reports intervals."""
    if facts.site.meter_type is MeterType.AMI:
        return passed(rule.rule, "meter_reports_intervals")
    return failed(rule.rule, "meter_reports_no_intervals", _POINTER)


def grid_location(facts: EligibilityFacts, rule: GridLocationRule) -> RuleFinding:
    """The service point lies in the part of the grid that the program serves."""
    site = facts.site
    inside = site.feeder in rule.feeders or site.substation in rule.substations or site.postal_code in rule.postal_codes
    if inside:
        return passed(rule.rule, "inside_program_area")
    area = {"feeders": rule.feeders, "substations": rule.substations, "postal_codes": rule.postal_codes}
    served = {kind: name_codes(codes) for kind, codes in area.items() if codes}
    return failed(rule.rule, "outside_program_area", _POINTER, area=served)


def feeder_known(facts: EligibilityFacts, rule: FeederKnownRule) -> RuleFinding:
    """The service point is connected to a feeder in our record."""
    if facts.site.feeder:
        return passed(rule.rule, "feeder_is_known")
    return failed(rule.rule, "feeder_is_unknown", _POINTER)


def phase_count(facts: EligibilityFacts, rule: PhaseCountRule) -> RuleFinding:
    """The service point has enough phases."""
    if facts.site.phase_count >= rule.minimum:
        return passed(rule.rule, "enough_phases", phases=facts.site.phase_count)
    return failed(rule.rule, "too_few_phases", _POINTER, phases=facts.site.phase_count, minimum=rule.minimum)


def not_critical(facts: EligibilityFacts, rule: NotCriticalRule) -> RuleFinding:
    """Nobody's health depends on the supply that would be controlled."""
    if not facts.site.critical:
        return passed(rule.rule, "service_point_not_critical")
    return failed(rule.rule, "service_point_is_critical", _POINTER)


def owner_consent(facts: EligibilityFacts, rule: OwnerConsentRule) -> RuleFinding:
    """A renter has the owner's consent."""
    if facts.site.owner_occupied:
        return passed(rule.rule, "customer_owns_premise")
    if facts.application is None:
        return undecided(rule.rule, "owner_consent_to_be_asked")
    if facts.application.answers.get(rule.answer, "").lower() in ("yes", "true"):
        return passed(rule.rule, "owner_consents")
    return failed(rule.rule, "owner_consent_missing", f"/answers/{rule.answer}", answer=rule.answer)
